"""From an item to the settings in force."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from .items import InvalidSettings, Item, Problem
from .settings import DEFAULT_TRANSPORT_SECURITY, Settings, default_port

_RESOLVED = [field.name for field in dataclasses.fields(Settings)]


def settings_of(item: Item) -> Settings:
    """Applies the defaults. Raises InvalidSettings where attributes that need each other do not fit."""
    written: dict[str, Any] = {name: value for name in _RESOLVED if (value := getattr(item, name, None)) is not None}
    problems = list(_missing(written))
    if problems:
        raise InvalidSettings(*problems)
    security = written.get("transport_security", DEFAULT_TRANSPORT_SECURITY)
    defaults: dict[str, Any] = {"name": item.id, "port": default_port(security)}
    return Settings(**defaults | written)


def _missing(written: Mapping[str, Any]) -> list[Problem]:
    problems = []
    if "host" not in written:
        problems.append(Problem("host", f"is missing; allowed: {Item.model_fields['host'].description}"))
    method = written.get("authentication", "none")
    if method != "none" and "secret_id" not in written:
        allowed = Item.model_fields["secret_id"].description
        problems.append(Problem("secret_id", f"is missing, and authentication is {method}; allowed: {allowed}"))
    return problems

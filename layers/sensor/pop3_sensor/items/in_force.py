"""One sensor: its item and what is above it become the settings in force, or it is told what does not fit together."""

from collections.abc import Mapping
from typing import Any

from ..model import Channel, Settings
from ..model.channels import UNITS
from ..model.settings import BEARER, DEFAULT_TAGS, DEFAULT_TRANSPORT_SECURITY, default_port
from .inheritance import Inheritance
from .item import Item
from .problems import InvalidSettings, Problem, allowed

_OWN = ("name", "priority", "primary_channel", "graph_type", "stack_unit")


def settings_of(item: Item, above: Inheritance) -> Settings:
    """Raises InvalidSettings where attributes that need each other do not fit."""
    chain = above.below(item, item.tags if item.tags is not None else DEFAULT_TAGS)
    values = {**chain.values, **{name: value for name in _OWN if (value := getattr(item, name)) is not None}}
    if problems := [*_missing(values), *_unsafe(values), *_unfit(item)]:
        raise InvalidSettings(*problems)
    security = values.get("transport_security", DEFAULT_TRANSPORT_SECURITY)
    defaults: dict[str, Any] = {"name": item.id, "port": default_port(security)}
    settings = Settings(
        **defaults | values,
        id=item.id,
        tags=chain.tags,
        limits={Channel(name): item.limits[name].limits() for name in sorted(item.limits or {})} if item.limits else {},
        schedules=chain.schedules,
        maintenance_windows=chain.windows,
        paused=chain.paused,
        # A sensor on which its own group depends does not depend on itself.
        masters=tuple(
            dict.fromkeys([*(m for m in above.masters if m != item.id), *chain.masters[len(above.masters) :]])
        ),
        ancestors=above.path,
    )
    if problems := _unpublished(settings):
        raise InvalidSettings(*problems)
    return settings


def _missing(values: Mapping[str, Any]) -> list[Problem]:
    problems = []
    if "host" not in values:
        problems.append(Problem("host", f"is missing, here and in everything above; {allowed('host')}"))
    method = values.get("authentication", "none")
    if method != "none" and "secret_id" not in values:
        problems.append(Problem("secret_id", f"is missing, and authentication is {method}; {allowed('secret_id')}"))
    return problems


def _unsafe(values: Mapping[str, Any]) -> list[Problem]:
    method, check = values.get("authentication", "none"), values.get("certificate_check", "verify")
    if method not in BEARER or check == "verify":
        return []
    text = f"is {check}, but with authentication {method} a token is sent, and only where the certificate verifies"
    return [Problem("certificate_check", f"{text}; allowed: verify")]


def _unfit(item: Item) -> list[Problem]:
    if item.stack_unit is not None and item.graph_type != "stacked":
        return [Problem("stack_unit", f"is set, but graph_type is not stacked; {allowed('stack_unit')}")]
    return []


def _unpublished(settings: Settings) -> list[Problem]:
    problems = []
    channels = settings.published_channels
    if settings.primary_channel not in channels:
        text = f"{settings.primary_channel} is not among this sensor's channels: {', '.join(channels)}"
        problems.append(Problem("primary_channel", text))
    units = {UNITS[channel] for channel in channels}
    if settings.stack_unit is not None and settings.stack_unit not in units:
        text = f"{settings.stack_unit} is not among the units of this sensor's channels: {', '.join(sorted(units))}"
        problems.append(Problem("stack_unit", text))
    return problems

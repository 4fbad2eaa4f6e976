"""From everything that is written to what is in force: the one way, for whoever needs more than a single item."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..model import Settings
from .dependencies import with_masters
from .in_force import settings_of
from .inheritance import Branches, Written
from .item import Item
from .problems import InvalidSettings
from .reading import item_or_problems


@dataclass(frozen=True, slots=True)
class Resolved:
    """`sensors`: by id, in the order of the items, the settings of each, or what is wrong with it or above it."""

    written: Written
    branches: Branches
    sensors: Mapping[str, Settings | InvalidSettings]


def read_all(items: Iterable[Mapping[str, Any]]) -> Written:
    return {str(attributes.get("id")): item_or_problems(attributes) for attributes in items}


def resolve_all(written: Written) -> Resolved:
    branches = Branches(written)
    sensors = {
        item_id: item if isinstance(item, InvalidSettings) else _settings(item, branches)
        for item_id, item in written.items()
        if not item.is_branch
    }
    return Resolved(written, branches, with_masters(sensors, written))


def _settings(item: Item, branches: Branches) -> Settings | InvalidSettings:
    try:
        return settings_of(item, branches.above(item))
    except InvalidSettings as error:
        return error

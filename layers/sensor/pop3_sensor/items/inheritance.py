"""What comes from above: along `parent` links the nearest value wins; tags, pauses and dependencies add up.

Each device and group is worked out once, however many sensors are below it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ..model.calendars import MaintenanceWindow, Schedule
from .attributes import merge_tags
from .item import Item
from .problems import InvalidSettings, Problem, allowed

ROOT = "root"

# The nearest value wins. All other attributes are the item's own, or add up.
INHERITED = (
    "host",
    "port",
    "timeout",
    "transport_security",
    "authentication",
    "username",
    "secret_id",
    "secret_key",
    "cleartext_login",
    "certificate_check",
    "trusted_ca",
    "ip_version",
    "result_handling",
    "channels",
    "interval",
    "warning_scans",
    "dependency_delay",
)

Written = Mapping[str, Item | InvalidSettings]  # by id


@dataclass(frozen=True, slots=True)
class Inheritance:
    """What holds below an item: its own share, and that of everything above it."""

    values: Mapping[str, Any] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)  # attribute -> id of the item that set it
    tags: tuple[str, ...] = ()
    schedules: tuple[Schedule, ...] = ()
    windows: tuple[MaintenanceWindow, ...] = ()
    paused: tuple[datetime | None, ...] = ()
    masters: tuple[str, ...] = ()
    path: tuple[str, ...] = ()

    def below(self, item: Item, tags: tuple[str, ...]) -> "Inheritance":
        own = {name: value for name in INHERITED if (value := getattr(item, name)) is not None}
        return Inheritance(
            values={**self.values, **own},
            sources={**self.sources, **dict.fromkeys(own, item.id)},
            tags=merge_tags(self.tags, tags),
            schedules=(*self.schedules, *([item.schedule.schedule()] if item.schedule else [])),
            windows=(*self.windows, *(written.window() for written in item.maintenance_windows or ())),
            paused=(*self.paused, *_pauses(item)),
            masters=(*self.masters, *([item.depends_on] if item.depends_on else [])),
            path=(item.id, *self.path),
        )


def _pauses(item: Item) -> tuple[datetime | None, ...]:
    if isinstance(item.paused, datetime):
        return (item.paused,)
    return (None,) if item.paused else ()


class Branches:
    """The devices and groups. `root`: the id of the one above all items that name no parent, where there is one."""

    def __init__(self, written: Written) -> None:
        self._written = written
        self._known: dict[str, Inheritance | InvalidSettings] = {}
        self.root = ROOT if ROOT in written and written[ROOT].is_branch else None

    def above(self, item: Item) -> Inheritance:
        """Raises InvalidSettings that names what is wrong above this item."""
        parent = self.parent_of(item)
        if parent is None:
            return Inheritance()
        climbed = self._climb(parent)
        if isinstance(climbed, InvalidSettings):
            raise climbed
        return climbed

    def parent_of(self, item: Item) -> str | None:
        """The id that is written, or that of the root; nobody looks whether it is a branch."""
        return item.parent or (self.root if item.id != self.root else None)

    def _climb(self, start: str) -> Inheritance | InvalidSettings:
        """Up to what is known, then down again: a loop, for a chain of parents may be long."""
        chain: dict[str, Item] = {}
        here: str | None = start
        wrong: InvalidSettings | None = None
        while here is not None and here not in self._known:
            item = self._written.get(here)
            wrong = _objection(here, item, list(chain))
            if wrong or not isinstance(item, Item):
                break
            chain[here] = item
            here = self.parent_of(item)
        found = wrong or (Inheritance() if here is None else self._known[here])
        for item in reversed(chain.values()):
            if isinstance(found, Inheritance):
                found = found.below(item, item.tags or ())
            self._known[item.id] = found
        return found


def _objection(here: str, item: Item | InvalidSettings | None, below: list[str]) -> InvalidSettings | None:
    """Why the item `here` cannot be a parent of the one that names it, the last of `below`."""
    who = f"{below[-1]}, above this sensor, " if below else ""
    if here in below:
        circle = " > ".join([*below[below.index(here) :], here])
        return _wrong(f"goes round in a circle: {circle}")
    if item is None:
        return _wrong(f"{who}names {here}, and there is no item with this id")
    if isinstance(item, InvalidSettings):
        return _wrong(f"{here}, above this sensor, is invalid: {item.problems[0]}")
    if item.kind == "sensor":
        return _wrong(f"{who}names {here}, which is a sensor")
    return None


def _wrong(text: str) -> InvalidSettings:
    return InvalidSettings(Problem("parent", f"{text}; {allowed('parent')}"))

"""From items to the settings in force: along `parent` links the nearest value wins, and pauses add up.

One pass: each device and group is resolved once, however many sensors are below it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ..model import Channel, Settings
from ..model.calendars import MaintenanceWindow, Schedule
from ..model.channels import UNITS
from ..model.settings import DEFAULT_TAGS, DEFAULT_TRANSPORT_SECURITY, default_port
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
_OWN = ("name", "priority", "primary_channel", "graph_type", "stack_unit")

Written = Mapping[str, Item | InvalidSettings]
Resolved = dict[str, Settings | InvalidSettings]


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


def resolve(written: Written) -> Resolved:
    """The settings of each sensor by id, or what is wrong: with it, or with something above it."""
    family = Family(written)
    resolved: Resolved = {}
    for sensor_id, item in written.items():
        if isinstance(item, InvalidSettings):
            resolved[sensor_id] = item
        elif item.kind == "sensor":
            try:
                resolved[sensor_id] = settings_of(item, family.above(item))
            except InvalidSettings as error:
                resolved[sensor_id] = error
    return resolved


def settings_of(item: Item, above: Inheritance) -> Settings:
    """Raises InvalidSettings where attributes that need each other do not fit."""
    chain = above.below(item, item.tags if item.tags is not None else DEFAULT_TAGS)
    values = {**chain.values, **{name: value for name in _OWN if (value := getattr(item, name)) is not None}}
    if problems := [*_missing(values), *_unfit(item)]:
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


class Family:
    """The devices and groups, each resolved once."""

    def __init__(self, written: Written) -> None:
        self._written = written
        self._known: dict[str, Inheritance | InvalidSettings] = {}
        self._root = ROOT if ROOT in written and written[ROOT].kind in ("device", "group") else None

    def above(self, item: Item) -> Inheritance:
        """Raises InvalidSettings that names what is wrong above this item."""
        parent = self._parent_of(item)
        if parent is None:
            return Inheritance()
        climbed = self._climb(parent)
        if isinstance(climbed, InvalidSettings):
            raise climbed
        return climbed

    def _parent_of(self, item: Item) -> str | None:
        return item.parent or (self._root if item.id != self._root else None)

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
            here = self._parent_of(item)
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


def _pauses(item: Item) -> tuple[datetime | None, ...]:
    if isinstance(item.paused, datetime):
        return (item.paused,)
    return (None,) if item.paused else ()


def _missing(values: Mapping[str, Any]) -> list[Problem]:
    problems = []
    if "host" not in values:
        problems.append(Problem("host", f"is missing, here and in everything above; {allowed('host')}"))
    method = values.get("authentication", "none")
    if method != "none" and "secret_id" not in values:
        problems.append(Problem("secret_id", f"is missing, and authentication is {method}; {allowed('secret_id')}"))
    return problems


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

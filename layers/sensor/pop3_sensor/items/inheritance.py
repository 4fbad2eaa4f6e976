"""What comes from above: along `parent` links the nearest value wins; tags, pauses and dependencies add up."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ..model.calendars import MaintenanceWindow, Schedule
from .attributes import MAX_PERIODS, MAX_TAGS, MAX_WINDOWS, merge_tags
from .item import Item

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

    @property
    def excess(self) -> dict[str, int]:
        """The attributes of which more came together than may: how many these are."""
        counts = (
            ("tags", len(self.tags), MAX_TAGS),
            ("schedule", sum(len(schedule.paused) for schedule in self.schedules), MAX_PERIODS),
            ("maintenance_windows", len(self.windows), MAX_WINDOWS),
        )
        return {attribute: count for attribute, count, most in counts if count > most}


NOTHING = Inheritance()  # above a sensor that has no parent


def _pauses(item: Item) -> tuple[datetime | None, ...]:
    if isinstance(item.paused, datetime):
        return (item.paused,)
    return (None,) if item.paused else ()

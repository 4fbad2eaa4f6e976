"""What the two tables hold, in the overview's terms: every item is a sensor or a branch, also a broken one."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..items import InvalidSettings, read_all, resolve_all
from ..model import PauseReason, Reason, Settings, State, Status
from ..model.settings import DEFAULT_PRIORITY, MAX_NAME
from ..model.text import printable


@dataclass(frozen=True, slots=True)
class Sensor:
    """If the settings are invalid, `settings` is None and `problem` says why. `state` is None before the first scan."""

    id: str
    name: str
    parent: str | None
    priority: int
    tags: tuple[str, ...]
    settings: Settings | None
    problem: str
    state: State | None

    @property
    def status(self) -> Status:
        return self.state.status if self.state and not self.problem else Status.UNKNOWN

    @property
    def reason(self) -> str:
        if self.problem:
            return Reason.SETTINGS_INVALID
        return self.state.reason if self.state else ""

    @property
    def phase(self) -> str:
        return self.state.phase if self.state and not self.problem else ""

    @property
    def message(self) -> str:
        if self.problem:
            return self.problem
        if self.state is None:
            return "not scanned yet"
        return "" if self.state.status is Status.PAUSED else self.state.message

    @property
    def pause_reasons(self) -> tuple[PauseReason, ...]:
        return self.state.pause_reasons if self.state and self.status is Status.PAUSED else ()

    @property
    def since(self) -> datetime | None:
        """None if nobody knows: before the first scan, and after the item became invalid until the next scan."""
        return self.state.since if self.state and self.state.status is self.status else None


@dataclass(frozen=True, slots=True)
class Branch:
    """A group or a device. `problem`: what is wrong with its item."""

    id: str
    name: str
    kind: str
    parent: str | None
    priority: int
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Survey:
    """By id, in the table's order. A parent may be missing among the branches."""

    sensors: Mapping[str, Sensor]
    branches: Mapping[str, Branch]


def survey(items: Iterable[Mapping[str, Any]], states: Mapping[str, State]) -> Survey:
    raw = {str(attributes.get("id")): attributes for attributes in items}
    resolved = resolve_all(read_all(raw.values()))
    parent_of = resolved.branches.parent_of
    sensors: dict[str, Sensor] = {}
    branches: dict[str, Branch] = {}
    for item_id, found in resolved.written.items():
        item = found.item if isinstance(found, InvalidSettings) else found
        if item.is_branch:
            branches[item_id] = Branch(
                id=item_id,
                name=_name(item_id, raw[item_id]),
                kind=item.kind,
                parent=parent_of(item),
                priority=item.priority or DEFAULT_PRIORITY,
                problem=found.line if isinstance(found, InvalidSettings) else "",
            )
            continue
        one = resolved.sensors[item_id]
        known = one.identity if isinstance(one, InvalidSettings) else one
        sensors[item_id] = Sensor(
            id=item_id,
            name=_name(item_id, raw[item_id]),
            parent=parent_of(item),
            priority=known.priority or DEFAULT_PRIORITY,
            tags=known.tags,
            settings=one if isinstance(one, Settings) else None,
            problem=one.line if isinstance(one, InvalidSettings) else "",
            state=states.get(item_id),
        )
    return Survey(sensors, branches)


def _name(item_id: str, attributes: Mapping[str, Any]) -> str:
    """The name as it is written, if it can be shown; also a name that is not allowed."""
    written = attributes.get("name")
    shown = printable(written, MAX_NAME) if isinstance(written, str) else ""
    return shown or printable(item_id, MAX_NAME) or "(an id that shows nothing)"

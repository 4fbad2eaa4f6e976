"""What the two tables hold, in the overview's terms: every item is a sensor or a branch, also a broken one."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..items import InvalidSettings, Item, read_all, resolve_all
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
    root = resolved.branches.root

    def parent_of(item_id: str) -> str | None:
        parent = raw[item_id].get("parent")
        return parent if isinstance(parent, str) else (root if item_id != root else None)

    sensors: dict[str, Sensor] = {}
    branches: dict[str, Branch] = {}
    for item_id, item in resolved.written.items():
        name, priority = _name(item_id, raw[item_id]), _priority(raw[item_id])
        if item.is_branch:
            problem = printable(str(item)) if isinstance(item, InvalidSettings) else ""
            branches[item_id] = Branch(item_id, name, str(item.kind), parent_of(item_id), priority, problem)
            continue
        found = resolved.sensors[item_id]
        sensors[item_id] = Sensor(
            id=item_id,
            name=name,
            parent=parent_of(item_id),
            priority=priority,
            tags=found.tags if isinstance(found, Settings) else _tags(item),
            settings=found if isinstance(found, Settings) else None,
            problem=printable(str(found)) if isinstance(found, InvalidSettings) else "",
            state=states.get(item_id),
        )
    return Survey(sensors, branches)


def _name(item_id: str, attributes: Mapping[str, Any]) -> str:
    """The name as it is written, if it can be shown; also that of an item in which something else is wrong."""
    written = attributes.get("name")
    shown = printable(written, MAX_NAME) if isinstance(written, str) else ""
    return shown or printable(item_id, MAX_NAME) or "(an id that shows nothing)"


def _priority(attributes: Mapping[str, Any]) -> int:
    written = attributes.get("priority")
    return written if isinstance(written, int) and 1 <= written <= 5 else DEFAULT_PRIORITY  # noqa: PLR2004 - the priorities


def _tags(item: Item | InvalidSettings) -> tuple[str, ...]:
    return (item.tags or ()) if isinstance(item, Item) else ()

"""The device tree: what is below what, in which order, and each branch's summary. Every item has a place in it."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from ..items.inheritance import ROOT
from ..model import Status
from .survey import Branch, Sensor, Survey

# The gravest first. Unknown comes before Up: it is the monitoring's own trouble, and somebody must see to it.
GRAVITY = (Status.DOWN, Status.WARNING, Status.UNKNOWN, Status.UP, Status.PAUSED)
TROUBLE = frozenset({Status.DOWN, Status.WARNING, Status.UNKNOWN})

_NUMBER = re.compile(r"([0-9]{1,18})")

TOP = ""  # the home of items without a parent; no item's id is empty


@dataclass(slots=True)
class Summary:
    """What is below a branch: how many sensors of each status, and how many of them the page shows."""

    counts: Counter[Status] = field(default_factory=Counter)
    shown: int = 0

    @property
    def gravest(self) -> Status | None:
        """None for a branch without sensors."""
        return next((status for status in GRAVITY if self.counts[status]), None)

    @property
    def statuses(self) -> list[tuple[Status, int]]:
        """The statuses that occur, the gravest first."""
        return [(status, self.counts[status]) for status in GRAVITY if self.counts[status]]


@dataclass(frozen=True, slots=True)
class Row:
    """A branch with its summary, or a sensor, or `more`: how many sensors below `home` the page leaves out."""

    depth: int
    branch: Branch | None = None
    summary: Summary | None = None
    sensor: Sensor | None = None
    more: int = 0
    home: str = TOP
    problem: str = ""


class Tree:
    def __init__(self, found: Survey) -> None:
        self._sensors = found.sensors
        self._branches = found.branches
        self.problems: dict[str, str] = {}  # by id: why an item is not where it says
        everything: list[Branch | Sensor] = [*found.branches.values(), *found.sensors.values()]
        self._homes = {one.id: self._home(one) for one in everything}
        self._break_circles()
        self._children: dict[str, list[str]] = {}
        for branch in sorted(found.branches.values(), key=_rank):
            self._children.setdefault(self._homes[branch.id], []).append(branch.id)

    def path(self, item_id: str) -> list[Branch]:
        """The branches above an item, the topmost first."""
        above: list[Branch] = []
        here = self._homes[item_id]
        while here != TOP:
            above.insert(0, self._branches[here])
            here = self._homes[here]
        return above

    def within(self, branch_id: str) -> list[Sensor]:
        """Every sensor below a branch, at whatever depth."""
        inside = set(self._downwards(branch_id))
        return [one for one in self._sensors.values() if self._homes[one.id] in inside]

    def rows(self, sensors: Collection[Sensor], *, below: str = TOP, limit: int, with_empty: bool) -> Iterator[Row]:
        """The tree below a branch with just these sensors. Every branch comes before what is below it.

        If there are more than `limit`, the gravest and most important are shown. `with_empty`: branches without
        sensors are shown too.
        """
        shown = {one.id for one in sorted(sensors, key=_importance)[:limit]}
        inhabitants: dict[str, list[Sensor]] = {}
        for sensor in sorted(sensors, key=_rank):
            inhabitants.setdefault(self._homes[sensor.id], []).append(sensor)
        summaries = self._summaries(inhabitants, shown, below)
        folding = len(shown) < len(sensors)
        stack: list[tuple[int, str]] = [(0, below)]
        while stack:
            depth, here = stack.pop()
            if here != below:
                branch, problem = self._branches[here], self.problems.get(here, "")
                yield Row(depth - 1, branch=branch, summary=summaries[here], problem=problem or branch.problem)
            own = inhabitants.get(here, [])
            yield from (Row(depth, sensor=one) for one in own if one.id in shown)
            left_out = sum(one.id not in shown for one in own)
            for child in reversed(self._children.get(here, [])):
                below_child = summaries[child]
                if below_child.shown or (not folding and (with_empty or below_child.counts)):
                    stack.append((depth + 1, child))
                else:
                    left_out += below_child.counts.total()
            if left_out:
                yield Row(depth, more=left_out, home=here)

    def _home(self, one: Branch | Sensor) -> str:
        if one.parent is None:
            return TOP
        if one.parent in self._branches:
            return one.parent
        is_sensor = one.parent in self._sensors
        self.problems[one.id] = f"its parent {one.parent} {'is a sensor' if is_sensor else 'does not exist'}"
        return TOP

    def _break_circles(self) -> None:
        """A circle of parents is not connected to the tree: the first of its ids moves to the top."""
        grounded = {TOP}
        for start in sorted(self._branches):
            walked: dict[str, None] = {}
            here = start
            while here not in grounded and here not in walked:
                walked[here] = None
                here = self._homes[here]
            if here in walked:
                steps = list(walked)
                first = min(steps[steps.index(here) :])
                self._homes[first] = TOP
                self.problems[first] = "its parents go round in a circle"
            grounded.update(walked)

    def _downwards(self, start: str) -> list[str]:
        """A branch and all branches below it; each comes after its parent."""
        found = [start]
        for here in found:
            found.extend(self._children.get(here, ()))
        return found

    def _summaries(
        self, inhabitants: Mapping[str, Iterable[Sensor]], shown: Collection[str], below: str
    ) -> dict[str, Summary]:
        order = self._downwards(below)
        summaries = {here: Summary() for here in order}
        for here in reversed(order):
            summary = summaries[here]
            for sensor in inhabitants.get(here, ()):
                summary.counts[sensor.status] += 1
                summary.shown += sensor.id in shown
            if here != below:
                above = summaries[self._homes[here]]
                above.counts.update(summary.counts)
                above.shown += summary.shown
        return summaries


Rank = tuple[bool, int, list[tuple[int, str]], str]


def _rank(one: Branch | Sensor) -> Rank:
    """The root first, then by priority, the highest first, then by name: Mail 2 before Mail 10."""
    parts = _NUMBER.split(one.name.casefold())
    name = [(int(part), "") if number % 2 else (0, part) for number, part in enumerate(parts)]
    return one.id != ROOT, -one.priority, name, one.id


def _importance(sensor: Sensor) -> tuple[int, Rank]:
    return GRAVITY.index(sensor.status), _rank(sensor)

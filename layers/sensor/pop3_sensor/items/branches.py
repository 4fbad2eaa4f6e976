"""The devices and groups: each is worked out once, however many sensors are below it."""

from collections.abc import Sequence

from .inheritance import NOTHING, ROOT, Inheritance
from .item import Item
from .problems import InvalidSettings, Problem, allowed
from .reading import Written
from .words import round_trip

MAX_LEVELS = 32


class Branches:
    """`root`: the id of the one above all items that name no parent, where there is one.

    `problems`: of those at which a way upwards ends that should go on, by id.
    """

    def __init__(self, written: Written) -> None:
        self._written = written
        self._known: dict[str, Inheritance | Problem] = {}
        self.root = ROOT if ROOT in written and written[ROOT].is_branch else None
        self.problems: dict[str, Problem] = {}
        for item in written.values():
            if isinstance(item, Item) and item.is_branch:
                self._climb(item.id)

    def parent_of(self, item: Item) -> str | None:
        """The id that is written, or that of the root; nobody looks whether it is a branch."""
        return item.parent or (self.root if item.id != self.root else None)

    def above(self, item: Item) -> Inheritance | Problem:
        """What comes from above a sensor or branch, or what is wrong there."""
        parent = self.parent_of(item)
        return NOTHING if parent is None else self._climb(parent)

    def _climb(self, start: str) -> Inheritance | Problem:
        """Up to what is known, then down again: a loop, for a chain of parents may be long."""
        way: dict[str, Item] = {}
        here: str | None = start
        while here is not None and here not in self._known:
            item = self._written.get(here)
            if here in way or not isinstance(item, Item) or not item.is_branch:
                break
            way[here] = item
            here = self.parent_of(item)
        if here is None:
            found: Inheritance | Problem = NOTHING
        elif here in self._known:
            found = self._known[here]
        else:
            found = self._end_of_the_way(list(way), here)
        for item in reversed(way.values()):
            if isinstance(found, Inheritance):
                found = self._below(found, item)
            self._known[item.id] = found
        return found

    def _end_of_the_way(self, way: Sequence[str], end: str) -> Problem:
        """Why `end` cannot be the parent of the last one on the way to it."""
        item = self._written.get(end)
        if isinstance(item, InvalidSettings):
            return Problem("parent", f"{end}, above this sensor, is invalid: {item.problems[0]}")
        if item is not None and item.is_branch:
            circle = list(way[way.index(end) :])
            problem = _wrong(f"goes round in a circle: {round_trip(circle)}")
            self.problems |= dict.fromkeys(circle, problem)
            return problem
        text = f"names {end}, {'which is a sensor' if item else 'and there is no item with this id'}"
        if not way:
            return _wrong(text)
        self.problems[way[-1]] = _wrong(text)
        return _wrong(f"{way[-1]}, above this sensor, {text}")

    def _below(self, above: Inheritance, item: Item) -> Inheritance | Problem:
        own = above.below(item, item.tags or ())
        if len(own.path) > MAX_LEVELS:
            text = f"has {len(above.path)} levels above it, and no more are allowed"
            self.problems[item.id] = Problem("parent", text)
            return Problem("parent", f"{item.id}, above this sensor, {text}")
        if own.excess:
            attribute, count = next(iter(own.excess.items()))
            self.problems[item.id] = too_much(attribute, count)
            return Problem("parent", f"{item.id}, above this sensor, is invalid: {self.problems[item.id]}")
        return own


def too_much(attribute: str, count: int) -> Problem:
    what = "periods" if attribute == "schedule" else "entries"
    return Problem(attribute, f"has {count} {what} with those of everything above; {allowed(attribute)}")


def _wrong(text: str) -> Problem:
    return Problem("parent", f"{text}; {allowed('parent')}")

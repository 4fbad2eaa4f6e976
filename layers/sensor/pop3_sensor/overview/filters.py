"""Which sensors a page shows: those with the tags and statuses that a form or the widget's parameters name."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from ..items.attributes import merge_tags
from ..model import Status
from ..model.settings import DEFAULT_TAGS
from .survey import Sensor
from .tree import GRAVITY, TROUBLE

NOT_WELL = "trouble"  # Down, Warning or Unknown
STATUS_WORDS = (NOT_WELL, *map(str, GRAVITY))

_SEPARATORS = re.compile(r"[\s,]+")


@dataclass(frozen=True, slots=True)
class Filter:
    """A sensor passes if it has all the tags, compared without case, and one of the statuses (if there are any)."""

    tags: tuple[str, ...] = ()
    statuses: frozenset[Status] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.tags or self.statuses)

    def passes(self, sensor: Sensor) -> bool:
        return (not self.statuses or sensor.status in self.statuses) and self.tagged(sensor)

    def tagged(self, sensor: Sensor) -> bool:
        return not self.tags or {tag.casefold() for tag in self.tags} <= {tag.casefold() for tag in sensor.tags}


def tags_of(written: str | Iterable[str]) -> tuple[str, ...]:
    """A text is split at commas and spaces, which no tag can hold."""
    parts = _SEPARATORS.split(written) if isinstance(written, str) else [str(tag).strip() for tag in written]
    return merge_tags(filter(None, parts))


def statuses_of(written: str | Iterable[str]) -> frozenset[Status]:
    """Raises ValueError that says what is allowed."""
    words = _SEPARATORS.split(written) if isinstance(written, str) else [str(word) for word in written]
    known = {str(status).casefold(): frozenset({status}) for status in GRAVITY} | {NOT_WELL: TROUBLE}
    found: frozenset[Status] = frozenset()
    for word in filter(None, words):
        if word.casefold() not in known:
            raise ValueError(f"holds {word[:100]!r}; allowed: {', '.join(STATUS_WORDS)}")
        found |= known[word.casefold()]
    return found


def tags_in_use(sensors: Iterable[Sensor], most: int) -> list[str]:
    """The most used tags, the most frequent first. The default tags are left out: they do not tell sensors apart."""
    uses: Counter[str] = Counter()
    spelling: dict[str, str] = {}
    for sensor in sensors:
        for tag in sensor.tags:
            uses[tag.casefold()] += 1
            spelling.setdefault(tag.casefold(), tag)
    telling = sorted(uses.keys() - set(DEFAULT_TAGS), key=lambda tag: (-uses[tag], tag))
    return [spelling[tag] for tag in telling[:most]]

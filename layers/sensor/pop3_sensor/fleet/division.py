"""Who scans what at a tick: this invocation as many sensors as it can time truthfully, others the rest."""

import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ..model import Settings, State
from ..model.settings import HALF_MINUTE
from ..ports import Batch
from ..status import pause_of
from .claims import CLAIMED_AFTER_SECONDS
from .due import is_due

INLINE = 200  # sensors that are due: a few seconds' work
BATCH = 500  # makes about one PutMetricData
SLOW_BATCH = 100  # of scans that may all last to their timeouts
# Batches rest in the queue so that they are scanned one after the other: a mail host sees no stampede, and few
# invocations at once are enough. Always in the same order, so that a sensor keeps its distance from scan to scan.
PACE_SECONDS = 0.75
LAST_START_SECONDS = 10.0
USUAL_TIMEOUT = 60

Family = list[Settings]  # whom dependencies tie together: masters before those that wait for them
States = Mapping[str, State]


@dataclass(frozen=True, slots=True)
class Division:
    """`due`: ids. `here`: masters first. A family too large to travel: its `masters` are scanned here, then `after`."""

    due: frozenset[str]
    here: list[Settings]
    batches: list[Batch] = field(default_factory=list)
    masters: list[Settings] = field(default_factory=list)
    after: list[Settings] = field(default_factory=list)

    def count(self, batches: Iterable[Batch]) -> int:
        """The sensors in them that are due: with a family travel also those who are not."""
        return sum(one.id in self.due for batch in batches for one in batch.sensors)


def divide(sensors: Sequence[Settings], states: States, at: datetime, now: datetime) -> Division:
    """`sensors` in the order of `masters_first`."""
    due = frozenset(one.id for one in sensors if _is_likely(one, states, at, now))
    if len(due) <= INLINE:
        return Division(due, list(sensors))
    here: set[str] = set()
    first: list[Settings] = []
    after: list[Settings] = []
    quick: list[Family] = []
    slow: list[Family] = []
    for family in families(sensors):
        if due.isdisjoint(one.id for one in family):
            here.update(one.id for one in family)  # nobody to scan, but perhaps somebody to pause
        elif len(family) > BATCH:
            masters = {master for one in family for master in one.masters}
            for one in family:
                (first if one.id in masters else after).append(one)
        else:
            (slow if any(_is_slow(one, states.get(one.id)) for one in family) else quick).append(family)
    room = INLINE
    while quick and room >= len(quick[0]):
        family = quick.pop(0)
        here.update(one.id for one in family)
        room -= len(family)
    return Division(
        due,
        [one for one in sensors if one.id in here],
        _batches(at, [*_packed(slow, SLOW_BATCH), *_packed(quick)], states),
        first,
        after,
    )


def half_minute(sensors: Iterable[Settings], tick: datetime, now: datetime) -> list[Batch]:
    """The schedule ticks once a minute: the half minute comes from the queue. Its states are read then."""
    again = [one for one in sensors if one.interval == HALF_MINUTE]
    at = tick + timedelta(seconds=HALF_MINUTE)
    # A tick that comes late must not meet its own half minute.
    delay = min(max((at - now).total_seconds(), CLAIMED_AFTER_SECONDS), HALF_MINUTE)
    return _batches(at, _packed(families(again)), {}, delay)


def travelling(at: datetime, found: Iterable[Family], states: States) -> list[Batch]:
    return _batches(at, _packed(found), states)


def _batches(at: datetime, groups: Sequence[Family], states: States, delay: float = 0.0) -> list[Batch]:
    batches = []
    pace = min(PACE_SECONDS, LAST_START_SECONDS / max(len(groups), 1))
    for number, group in enumerate(groups):
        ids = {one_id for one in group for one_id in (one.id, *one.masters)}
        known = {one: states[one] for one in ids if one in states}
        batches.append(Batch(at, tuple(group), known, round(delay + number * pace)))
    return batches


def families(sensors: Iterable[Settings]) -> list[Family]:
    """Those of one mail host far apart from each other."""
    family_of: dict[str, Family] = {}
    for settings in sensors:
        joined: Family = []
        for known in {id(one): one for master in settings.masters if (one := family_of.get(master))}.values():
            small, joined = sorted((known, joined), key=len)
            joined += small
            family_of.update((one.id, joined) for one in small)
        joined.append(settings)
        family_of[settings.id] = joined
    return _spread({id(family): family for family in family_of.values()}.values())


def _spread(found: Iterable[Family]) -> list[Family]:
    of_host: dict[str, list[Family]] = {}
    for family in found:
        of_host.setdefault(family[0].host, []).append(family)
    places = [
        ((zlib.crc32(host.encode()) / 2**32 + rank / len(same)) % 1, family)
        for host, same in of_host.items()
        for rank, family in enumerate(sorted(same, key=lambda one: one[0].id))
    ]
    return [family for _, family in sorted(places, key=lambda one: (one[0], one[1][0].id))]


def _packed(found: Iterable[Family], size: int | None = None) -> list[Family]:
    packed: list[Family] = []
    for family in found:
        if packed and len(packed[-1]) + len(family) <= (size or BATCH):
            packed[-1] += family
        else:
            packed.append(list(family))
    return packed


def _is_likely(settings: Settings, states: States, at: datetime, now: datetime) -> bool:
    state = states.get(settings.id)
    return is_due(settings, state, at) and not pause_of(settings, state, states, at, now).reasons


def _is_slow(settings: Settings, state: State | None) -> bool:
    """Kept apart, so that the quick ones' invocation soon ends."""
    return settings.timeout > USUAL_TIMEOUT or bool(state and state.failures)

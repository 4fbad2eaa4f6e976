"""Who scans what at a tick: this invocation as many sensors as it can time truthfully, others the rest."""

import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ..model import Settings, State
from ..model.settings import HALF_MINUTE, MINUTE
from ..ports import Batch
from ..status import pause_of
from .claims import CLAIMED_AFTER_SECONDS
from .due import is_due

INLINE = 200  # so many sensors that are due are scanned here: a few seconds' work
BATCH = 500  # sensors: their values make about one PutMetricData
SLOW_BATCH = 100  # sensors whose scans may all last until their timeouts
# The queue delays each batch a little more than the one before: no mail host is asked for all its sensors at once, and
# few invocations at a time are enough. The order is always the same, and so is the time between a sensor's scans.
PACE_SECONDS = 0.75
LAST_START_SECONDS = 10.0
USUAL_TIMEOUT = 60

Kin = list[Settings]  # sensors that dependencies tie together, masters before those that wait for them
States = Mapping[str, State]


@dataclass(frozen=True, slots=True)
class Division:
    """`due`: ids. `here`: masters first.

    Of kin too many for one batch the `masters` are scanned here, and those `after` are handed on then.
    """

    due: frozenset[str]
    here: list[Settings]
    batches: list[Batch] = field(default_factory=list)
    masters: list[Settings] = field(default_factory=list)
    after: list[Settings] = field(default_factory=list)

    def count(self, batches: Iterable[Batch]) -> int:
        """The sensors in them that are due: kin travel together, due or not."""
        return sum(one.id in self.due for batch in batches for one in batch.sensors)


def divide(sensors: Sequence[Settings], states: States, at: datetime, now: datetime) -> Division:
    """`sensors` in the order of `masters_first`."""
    due = frozenset(one.id for one in sensors if _is_likely(one, states, at, now))
    if len(due) <= INLINE:
        return Division(due, list(sensors))
    here: set[str] = set()
    first: list[Settings] = []
    after: list[Settings] = []
    quick: list[Kin] = []
    slow: list[Kin] = []
    for tied in tied_together(sensors):
        if due.isdisjoint(one.id for one in tied):
            here.update(one.id for one in tied)  # nobody to scan, but a pause may begin or end
        elif len(tied) > BATCH:
            masters = {master for one in tied for master in one.masters}
            for one in tied:
                (first if one.id in masters else after).append(one)
        else:
            (slow if any(_is_slow(one, states.get(one.id)) for one in tied) else quick).append(tied)
    room = INLINE
    while quick and room >= len(quick[0]):
        tied = quick.pop(0)
        here.update(one.id for one in tied)
        room -= len(tied)
    return Division(
        due,
        [one for one in sensors if one.id in here],
        [
            *_batches(at, _packed(quick), states, now),
            *_batches(at, _packed(slow, SLOW_BATCH), states, now, is_slow=True),
        ],
        first,
        after,
    )


def half_minute(sensors: Iterable[Settings], tick: datetime, now: datetime) -> list[Batch]:
    """The schedule ticks once a minute only. So the queue delays these sensors for half a minute; who takes them reads
    their states then.
    """
    again = [one for one in sensors if one.interval == HALF_MINUTE]
    at = tick + timedelta(seconds=HALF_MINUTE)
    # Where the tick came late its scans may last until then. The delay is long enough for those to be claimed.
    delay = min(max((at - now).total_seconds(), CLAIMED_AFTER_SECONDS), HALF_MINUTE)
    return _batches(at, _packed(tied_together(again)), {}, now, delay=delay)


def travelling(at: datetime, found: Iterable[Kin], states: States, now: datetime) -> list[Batch]:
    return _batches(at, _packed(found), states, now)


def _batches(
    at: datetime, kin: Sequence[Kin], states: States, now: datetime, *, delay: float = 0.0, is_slow: bool = False
) -> list[Batch]:
    """A batch expires a minute after it was due, or after it was handed on where the tick itself came late."""
    batches = []
    pace = min(PACE_SECONDS, LAST_START_SECONDS / max(len(kin), 1))
    expires = max(at, now) + timedelta(seconds=MINUTE)
    for number, tied in enumerate(kin):
        ids = {one_id for one in tied for one_id in (one.id, *one.masters)}
        known = {one: states[one] for one in ids if one in states}
        batches.append(Batch(at, tuple(tied), expires, known, round(delay + number * pace), is_slow))
    return batches


def tied_together(sensors: Iterable[Settings]) -> list[Kin]:
    """All kin. In the list those of one mail host stand far apart from each other."""
    kin_of: dict[str, Kin] = {}
    for settings in sensors:
        joined: Kin = []
        for known in {id(one): one for master in settings.masters if (one := kin_of.get(master))}.values():
            small, joined = sorted((known, joined), key=len)
            joined += small
            kin_of.update((one.id, joined) for one in small)
        joined.append(settings)
        kin_of[settings.id] = joined
    return _spread({id(tied): tied for tied in kin_of.values()}.values())


def _spread(found: Iterable[Kin]) -> list[Kin]:
    of_host: dict[str, list[Kin]] = {}
    for tied in found:
        of_host.setdefault(tied[0].host, []).append(tied)
    places = [
        ((zlib.crc32(host.encode()) / 2**32 + rank / len(same)) % 1, tied)
        for host, same in of_host.items()
        for rank, tied in enumerate(sorted(same, key=lambda one: one[0].id))
    ]
    return [tied for _, tied in sorted(places, key=lambda one: (one[0], one[1][0].id))]


def _packed(found: Iterable[Kin], size: int | None = None) -> list[Kin]:
    packed: list[Kin] = []
    for tied in found:
        if packed and len(packed[-1]) + len(tied) <= (size or BATCH):
            packed[-1] += tied
        else:
            packed.append(list(tied))
    return packed


def _is_likely(settings: Settings, states: States, at: datetime, now: datetime) -> bool:
    state = states.get(settings.id)
    return is_due(settings, state, at) and not pause_of(settings, state, states, at, now).reasons


def _is_slow(settings: Settings, state: State | None) -> bool:
    """Such sensors travel apart, so that they do not keep the invocation of the others alive."""
    return settings.timeout > USUAL_TIMEOUT or bool(state and state.failures)

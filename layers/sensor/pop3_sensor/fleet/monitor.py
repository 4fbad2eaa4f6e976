"""The use cases: a tick of the schedule, a batch that another invocation handed on, a scan by hand."""

import asyncio
import hashlib
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from ..model import Reason, Settings
from ..ports import Batch, Now, SensorSource
from ..status import Report, report_of_scan
from .counts import Counts
from .division import Division, divide, half_minute, tied_together, travelling
from .due import is_due
from .engine import Engine
from .job import unscanned
from .keyring import Keyring
from .publisher import Backlog, Outlets
from .reader import Fleet, FleetReader, Policy
from .round import Round
from .run import MakeEngine, Run, Tools

logger = logging.getLogger(__name__)

# Sensors that depend on each other may be too many for one batch. Their masters are scanned here, and the others wait
# this long for the masters' results before they are handed on.
MASTERS_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Results:
    """Of a scan by hand: one for each sensor, in the order asked for."""

    results: list[dict[str, Any]]
    failed_calls: int


class Monitor:
    """Lives as long as its process. `make_engine`, `now`: a simulation has other servers and another clock."""

    def __init__(
        self,
        sensors: SensorSource,
        outlets: Outlets,
        keyring: Keyring,
        policy: Policy,
        *,
        make_engine: MakeEngine = Engine,
        now: Now = lambda: datetime.now(UTC),
    ) -> None:
        reader = FleetReader(sensors, outlets.states, policy)
        self._tools = Tools(reader, outlets, Backlog(), keyring, policy, make_engine, now)
        self._states = outlets.states
        self._now = now

    def tick(self, at: datetime, seconds: float) -> Counts:
        """Scans what is due at this tick of the schedule, within `seconds`. Raises ServiceError for the tables."""
        counts = Counts(0)
        run = Run(self._tools, seconds, counts.note)
        fleet = run.read()
        counts.sensors = len(fleet)
        if run.claim_once(f"tick {at.astimezone(UTC).isoformat()}"):
            self._tick(run, fleet, counts, at)
            run.forget(fleet.gone)
        counts.failed_calls = len(run.failures)
        return counts

    def _tick(self, run: Run, fleet: Fleet, counts: Counts, at: datetime) -> None:
        counts.invalid = len(fleet.invalid)
        sensors = list(fleet.settings.values())
        division = divide(sensors, fleet.states, at, self._now())
        later = half_minute(sensors, at, self._now())
        refused = run.queue([*division.batches, *later])
        refused_now = [batch for batch in refused if batch.due == at]
        refused_later = [batch for batch in refused if batch.due != at]
        counts.handed_on = division.count(division.batches) - division.count(refused_now)
        counts.for_half_minute = _count(later) - _count(refused_later)
        left = [one for batch in refused_now for one in batch.sensors]  # nobody else will scan these
        here = [*division.masters, *division.here, *left]
        likely = [one for one in here if is_due(one, fleet.states.get(one.id), at)]
        go = partial(self._scan_here, run=run, division=division, left=left, at=at, counts=counts)
        run.execute(fleet, go, likely=likely, invalid=fleet.invalid)

    async def _scan_here(
        self, round_: Round, *, run: Run, division: Division, left: list[Settings], at: datetime, counts: Counts
    ) -> None:
        async with asyncio.TaskGroup() as group:
            masters = group.create_task(round_.tick(division.masters, at))
            group.create_task(round_.tick([*division.here, *left], at))
            if division.after:
                await asyncio.wait([masters], timeout=MASTERS_SECONDS)
                await self._follow_masters(run, division, at, counts, round_)

    async def _follow_masters(self, run: Run, division: Division, at: datetime, counts: Counts, round_: Round) -> None:
        """Hands on those that wait for masters, with the masters' fresh states."""
        batches = travelling(at, tied_together(division.after), round_.states, self._now())
        refused = await asyncio.to_thread(run.queue, batches)
        counts.handed_on += division.count(batches) - division.count(refused)
        left = [one for batch in refused for one in batch.sensors]
        await asyncio.to_thread(run.prepare, left)
        await round_.tick(left, at)

    def take(self, batch: Batch, seconds: float) -> Counts | None:
        """Scans what another invocation handed on; None where that is so late that the next tick has come."""
        counts = Counts(len(batch.sensors))
        if self._now() > batch.expires:
            logger.warning("a batch came too late and is dropped", extra={"due": batch.due.isoformat()})
            return None
        run = Run(self._tools, seconds, counts.note)
        if run.claim_once(_name_of(batch)):
            # A message may be anybody's: what the deployment imposes holds for its settings, too.
            sensors = [self._tools.policy.impose(one) for one in batch.sensors]
            ids = {one_id for one in sensors for one_id in (one.id, *one.masters)}
            states = batch.states or self._states.load(sorted(ids))
            fleet = Fleet({one.id: one for one in sensors}, states=states)
            go = partial(Round.tick, sensors=sensors, at=batch.due)
            run.execute(fleet, go, likely=sensors, invalid=())
        counts.failed_calls = len(run.failures)
        return counts

    def scan_now(self, sensor_ids: Iterable[str], seconds: float) -> Results:
        """Scans just these, due or not, paused or not. Raises ServiceError for the tables."""
        results: dict[str, dict[str, Any]] = {}

        def note(report: Report) -> None:
            results[report.sensor_id] = report.as_json()

        run = Run(self._tools, seconds, note)
        fleet = run.read()
        wanted = list(dict.fromkeys(sensor_ids))
        for sensor_id in wanted:
            if sensor_id not in fleet.settings and sensor_id not in fleet.invalid:
                seen = unscanned(Reason.SETTINGS_INVALID, "the Sensors table has no sensor with this id")
                note(report_of_scan(sensor_id, None, seen, None))
        invalid = [one for one in wanted if one in fleet.invalid]
        free: list[Settings] = []
        for settings in [fleet.settings[one] for one in wanted if one in fleet.settings]:
            state = fleet.states.get(settings.id)
            if state and state.is_claimed(self._now()):
                # The invocation that scans it reports it. This answer is no result: it is not published.
                seen = unscanned(Reason.NOT_RUN, "another invocation is scanning this sensor just now")
                note(report_of_scan(settings.id, settings, seen, state))
            else:
                free.append(settings)
        run.execute(fleet, partial(Round.now, sensors=free), likely=free, invalid=invalid)
        return Results([results[sensor_id] for sensor_id in wanted], len(run.failures))


def _name_of(batch: Batch) -> str:
    """The same for the same sensors at the same tick, in whatever message."""
    ids = "\n".join(one.id for one in batch.sensors)
    return f"batch {batch.due.astimezone(UTC).isoformat()} {hashlib.sha256(ids.encode()).hexdigest()}"


def _count(batches: Iterable[Batch]) -> int:
    return sum(len(batch.sensors) for batch in batches)

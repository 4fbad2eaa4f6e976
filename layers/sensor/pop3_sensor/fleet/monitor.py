"""The use case: load the sensors, scan those that are due or hand them on, publish what came out."""

import asyncio
import logging
import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from ..items import InvalidSettings
from ..model import Reason, Settings, Status
from ..model.authorities import trust
from ..model.settings import MINUTE
from ..ports import Batch, SensorSource
from ..scan import Credentials, Network
from ..status import Report, judged
from .claims import Claims
from .division import Division, divide, families, half_minute, travelling
from .due import is_due
from .engine import Engine, Job, Renew, Scanner, unscanned
from .keyring import Keyring
from .publisher import Outlets, Publisher
from .reader import Fleet, FleetReader, Policy
from .round import Now, Round

logger = logging.getLogger(__name__)

# So long those whose masters are too many's to travel with wait for their fresh results.
MASTERS_SECONDS = 10.0


@dataclass(slots=True)
class Tick:
    """The counts of one call. `statuses`: of the sensors that it attended to; `reasons`: why, where not Up."""

    sensors: int
    invalid: int = 0
    handed_on: int = 0
    again: int = 0  # handed on for the half minute
    statuses: Counter[Status] = field(default_factory=Counter)
    reasons: Counter[Reason] = field(default_factory=Counter)

    def note(self, report: Report) -> None:
        self.statuses[report.verdict.status] += 1
        if report.verdict.trouble:
            self.reasons[report.verdict.trouble.reason] += 1

    @property
    def scanned(self) -> int:
        attended = self.statuses.total() - self.statuses[Status.PAUSED] - self.invalid
        return attended - self.reasons[Reason.NOT_RUN]

    def as_json(self) -> dict[str, int]:
        """The summary of the contract (section 7)."""
        return {
            "sensors": self.sensors,
            "due": self.scanned + self.reasons[Reason.NOT_RUN] + self.handed_on,
            "scanned": self.scanned,
            "handed_on": self.handed_on + self.again,
            "paused": self.statuses[Status.PAUSED],
            "invalid": self.invalid,
            "up": self.statuses[Status.UP],
            "warning": self.statuses[Status.WARNING],
            "down": self.statuses[Status.DOWN],
            "unknown": self.statuses[Status.UNKNOWN],
        }


class Monitor:
    """`make_engine` and `now`: for a simulation, which has other servers and another clock."""

    def __init__(
        self,
        sensors: SensorSource,
        outlets: Outlets,
        keyring: Keyring,
        policy: Policy,
        *,
        make_engine: Callable[[Sequence[Network], Renew, float], Scanner] = Engine,
        now: Now = lambda: datetime.now(UTC),
    ) -> None:
        self._make_engine = make_engine
        self._now = now
        self._fleet = FleetReader(sensors, outlets.states, policy)
        self._states = outlets.states
        self._publisher = Publisher(outlets)
        self._keyring = keyring
        self._policy = policy
        # Schedule and queue deliver at least once; what another process did is not known here.
        self._done: deque[object] = deque(maxlen=1000)
        self._unclaimed: list[str] = []  # failures

    @property
    def failures(self) -> int:
        """How many calls to services failed in the last call, after the SDK's retries."""
        parts = (self._publisher.failures, self._fleet.failures, self._keyring.failures, self._unclaimed)
        return sum(map(len, parts))

    def tick(self, at: datetime, seconds: float) -> Tick:
        """Scans what is due at this tick of the schedule, within `seconds`. Raises ServiceError for the tables."""
        end = time.monotonic() + seconds
        self._begin()
        fleet = self._fleet.read()
        if not self._is_new(at):
            return Tick(len(fleet))
        sensors = list(fleet.settings.values())
        division = divide(sensors, fleet.states, at, self._now())
        again = half_minute(sensors, at, self._now())
        refused = self._publisher.hand_on([*division.batches, *again])
        refused_now = [batch for batch in refused if batch.due == at]
        left = [one for batch in refused_now for one in batch.sensors]  # nobody else will
        tick = Tick(len(fleet), len(fleet.invalid))
        tick.handed_on = division.count(division.batches) - division.count(refused_now)
        tick.again = _count(again) - (_count(refused) - len(left))

        async def go(round_: Round) -> None:
            async with asyncio.TaskGroup() as group:
                masters = group.create_task(round_.tick(division.masters, at))
                group.create_task(round_.tick([*division.here, *left], at))
                if division.after:
                    await asyncio.wait([masters], timeout=MASTERS_SECONDS)
                    tick.handed_on += await self._follow(division, round_, at)

        here = [*division.masters, *division.here, *left]
        likely = [one for one in here if is_due(one, fleet.states.get(one.id), at)]
        self._run(fleet, likely, fleet.invalid, go, end=end, note=tick.note)
        self._publisher.forget(fleet.gone)
        return tick

    async def _follow(self, division: Division, round_: Round, at: datetime) -> int:
        """How many were handed on after their masters, with these's fresh states."""
        batches = travelling(at, families(division.after), round_.states)
        refused = await asyncio.to_thread(self._publisher.hand_on, batches)
        left = [one for batch in refused for one in batch.sensors]
        await asyncio.to_thread(self._keyring.prepare, left)
        await round_.tick(left, at)
        return division.count(batches) - division.count(refused)

    def take(self, batch: Batch, seconds: float) -> Tick | None:
        """Scans what another invocation handed on; None where that is so late that the next tick has come."""
        end = time.monotonic() + seconds
        self._begin()
        late = self._now() - batch.due
        if late > timedelta(seconds=MINUTE):
            logger.warning("a batch came too late and is dropped", extra={"due": batch.due.isoformat()})
            return None
        tick = Tick(len(batch.sensors))
        if not self._is_new((batch.due, tuple(one.id for one in batch.sensors))):
            return tick
        ids = {one_id for one in batch.sensors for one_id in (one.id, *one.masters)}
        states = batch.states or self._states.load(sorted(ids))
        fleet = Fleet({one.id: one for one in batch.sensors}, states=states)
        sensors = list(batch.sensors)
        self._run(fleet, sensors, (), lambda round_: round_.tick(sensors, batch.due), end=end, note=tick.note)
        return tick

    def scan_now(self, sensor_ids: Iterable[str], seconds: float) -> list[dict[str, Any]]:
        """Scans just these, due or not, paused or not; a result for each, in the order asked for."""
        end = time.monotonic() + seconds
        self._begin()
        fleet = self._fleet.read()
        wanted = list(dict.fromkeys(sensor_ids))
        results: dict[str, dict[str, Any]] = {}
        for sensor_id in wanted:
            if sensor_id not in fleet.settings and sensor_id not in fleet.invalid:
                seen = unscanned(Reason.SETTINGS_INVALID, "the Sensors table has no sensor with this id")
                results[sensor_id] = judged(sensor_id, None, seen, None).as_json()

        def note(report: Report) -> None:
            results[report.sensor_id] = report.as_json()

        invalid = [one for one in wanted if one in fleet.invalid]
        known = [fleet.settings[one] for one in wanted if one in fleet.settings]
        # Who scans it just now reports it: what is said here is no result, and nothing to record or to tell of.
        for claimed in [one for one in known if (state := fleet.states.get(one.id)) and state.is_claimed(self._now())]:
            known.remove(claimed)
            seen = unscanned(Reason.NOT_RUN, "another invocation is scanning this sensor just now")
            results[claimed.id] = judged(claimed.id, claimed, seen, fleet.states[claimed.id]).as_json()
        self._run(fleet, known, invalid, lambda round_: round_.now(known), end=end, note=note)
        return [results[sensor_id] for sensor_id in wanted]

    def _begin(self) -> None:
        for failures in (self._fleet.failures, self._keyring.failures, self._unclaimed):
            failures.clear()
        self._publisher.begin()

    def _is_new(self, what: object) -> bool:
        if what in self._done:
            logger.info("repeated: nothing is scanned twice")
            return False
        self._done.append(what)
        return True

    def _run(
        self,
        fleet: Fleet,
        likely: list[Settings],
        invalid: Iterable[str],
        go: Callable[[Round], Awaitable[None]],
        *,
        end: float,
        note: Callable[[Report], None],
    ) -> None:
        """Publishes while it scans. `likely`: the sensors whose credentials are wanted."""
        started = self._keyring.now()
        self._keyring.prepare(likely)
        for trusted_ca in {one.trusted_ca for one in likely}:
            trust(trusted_ca)  # reading authorities takes milliseconds, which no scan beside it shall show

        renewing = asyncio.Lock()

        async def renew(job: Job) -> Credentials | None:
            if not isinstance(job.credentials, Credentials):
                return None
            async with renewing:  # a thread for all of them: those who publish need theirs
                return await asyncio.to_thread(self._keyring.renew, job.settings, job.credentials, started)

        async def run() -> None:
            reports: asyncio.Queue[Report | None] = asyncio.Queue()

            def take(report: Report) -> None:
                note(report)
                if report.state != report.previous:
                    self._fleet.remember(report.sensor_id, report.state)
                reports.put_nowait(report)

            async with asyncio.TaskGroup() as group:
                group.create_task(self._publisher.run(reports))
                states = dict(fleet.states)
                for sensor_id in invalid:
                    report = _invalid(sensor_id, fleet.invalid[sensor_id], fleet, self._now())
                    states[sensor_id] = report.state
                    take(report)
                engine = self._make_engine(self._policy.forbidden, renew, end - time.monotonic())
                claims = Claims(engine, self._states, self._now)
                self._unclaimed = claims.failures
                keeper = group.create_task(claims.keep())
                await go(Round(claims, self._job, states, take, self._now))
                keeper.cancel()
                reports.put_nowait(None)

        asyncio.run(run())

    def _job(self, settings: Settings) -> Job:
        return Job(settings, self._keyring.credentials(settings))


def _count(batches: Iterable[Batch]) -> int:
    return sum(len(batch.sensors) for batch in batches)


def _invalid(sensor_id: str, error: InvalidSettings, fleet: Fleet, at: datetime) -> Report:
    seen = replace(unscanned(Reason.SETTINGS_INVALID, str(error)), at=at)
    report = judged(sensor_id, None, seen, fleet.states.get(sensor_id))
    if report.state != report.previous:  # told once, not every minute
        problems = [str(problem) for problem in error.problems]
        logger.warning("settings are invalid", extra={"sensor_id": sensor_id, "problems": problems})
    return report

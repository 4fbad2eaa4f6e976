"""The use case: load the sensors, scan those that are due, publish what came out."""

import asyncio
import logging
import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from .batches import Batch, batches
from .certificates import trust
from .credentials import Credentials
from .due import is_due
from .engine import Engine, Job, Renew, unscanned
from .fleet import Fleet, FleetReader, Policy
from .keyring import Keyring
from .networks import Network
from .ports import SensorSource
from .problems import InvalidSettings
from .publisher import Outlets, Publisher
from .report import Report, judged
from .rounds import Now, Round, Scanner
from .settings import HALF_MINUTE, MINUTE, Settings
from .vocabulary import Reason, Status

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Tick:
    """The counts of one tick. `statuses`: of the sensors that it attended to; `reasons`: why, where not Up."""

    sensors: int
    invalid: int
    statuses: Counter[Status]
    reasons: Counter[Reason]
    handed_on: int = 0

    def as_json(self) -> dict[str, int]:
        """The summary of the contract (section 7)."""
        due = self.statuses.total() - self.statuses[Status.PAUSED] - self.invalid
        return {
            "sensors": self.sensors,
            "due": due,
            "scanned": due - self.reasons[Reason.NOT_RUN],
            "handed_on": self.handed_on,
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
        self._outlets = outlets
        self._keyring = keyring
        self._policy = policy
        self.failed_publishes = 0  # in the last call
        self._ticks: deque[datetime] = deque(maxlen=10)

    def tick(self, at: datetime, seconds: float) -> Tick:
        """Scans what is due at this tick of the schedule, within `seconds`. Raises ServiceError for the tables."""
        end = time.monotonic() + seconds
        fleet = self._fleet.read()
        statuses: Counter[Status] = Counter()
        reasons: Counter[Reason] = Counter()

        def note(report: Report) -> None:
            statuses[report.verdict.status] += 1
            if report.verdict.trouble:
                reasons[report.verdict.trouble.reason] += 1

        if at in self._ticks:  # the schedule delivers at least once
            logger.info("tick repeated: nothing is scanned twice", extra={"tick": at.isoformat()})
            return Tick(len(fleet), 0, statuses, reasons)
        self._ticks.append(at)
        sensors = list(fleet.settings.values())
        likely = [one for one in sensors if is_due(one, fleet.states.get(one.id), at)]
        publisher = Publisher(self._outlets)
        # The schedule ticks once a minute: the half minute comes from the queue.
        half_minute = [one for one in sensors if one.interval == HALF_MINUTE]
        again = at + timedelta(seconds=HALF_MINUTE)
        delay = round((again - self._now()).total_seconds())
        publisher.hand_on(list(batches(again, half_minute)), min(max(delay, 0), HALF_MINUTE))
        self._run(
            fleet,
            likely,
            fleet.invalid,
            lambda round_: round_.tick(sensors, at),
            end=end,
            note=note,
            publisher=publisher,
        )
        publisher.forget(fleet.gone)
        self.failed_publishes = publisher.failed
        return Tick(len(fleet), len(fleet.invalid), statuses, reasons, len(half_minute))

    def take(self, batch: Batch, seconds: float) -> None:
        """Scans what another invocation handed on, unless that is so late that the next tick has come."""
        end = time.monotonic() + seconds
        if self._now() - batch.due > timedelta(seconds=MINUTE):
            logger.warning("a batch came too late and is dropped", extra={"due": batch.due.isoformat()})
            return
        fleet = Fleet({one.id: one for one in batch.sensors}, states=self._outlets.states.load())
        sensors = list(batch.sensors)
        publisher = Publisher(self._outlets)
        self._run(
            fleet,
            sensors,
            (),
            lambda round_: round_.tick(sensors, batch.due, lambda *_: True),
            end=end,
            note=lambda _: None,
            publisher=publisher,
        )

    def scan_now(self, sensor_ids: Iterable[str], seconds: float) -> list[dict[str, Any]]:
        """Scans just these, due or not, paused or not; a result for each, in the order asked for."""
        end = time.monotonic() + seconds
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
        publisher = Publisher(self._outlets)
        self._run(fleet, known, invalid, lambda round_: round_.now(known), end=end, note=note, publisher=publisher)
        return [results[sensor_id] for sensor_id in wanted]

    def _run(
        self,
        fleet: Fleet,
        likely: list[Settings],
        invalid: Iterable[str],
        go: Callable[[Round], Awaitable[None]],
        *,
        end: float,
        note: Callable[[Report], None],
        publisher: Publisher,
    ) -> None:
        """Publishes while it scans. `likely`: the sensors whose credentials are wanted."""
        started = self._keyring.now()
        self._keyring.prepare(likely)
        for trusted_ca in {one.trusted_ca for one in likely}:
            trust(trusted_ca)  # reading authorities takes milliseconds, which no scan beside it shall show

        async def renew(job: Job) -> Credentials | None:
            if not isinstance(job.credentials, Credentials):
                return None
            return await asyncio.to_thread(self._keyring.renew, job.settings, job.credentials, started)

        async def run() -> None:
            reports: asyncio.Queue[Report | None] = asyncio.Queue()

            def take(report: Report) -> None:
                note(report)
                reports.put_nowait(report)

            async with asyncio.TaskGroup() as group:
                group.create_task(publisher.run(reports))
                states = dict(fleet.states)
                for sensor_id in invalid:
                    report = _invalid(sensor_id, fleet.invalid[sensor_id], fleet, self._now())
                    states[sensor_id] = report.state
                    take(report)
                engine = self._make_engine(self._policy.forbidden, renew, end - time.monotonic())
                await go(Round(engine, self._job, states, take, self._now))
                reports.put_nowait(None)

        asyncio.run(run())
        self.failed_publishes = publisher.failed

    def _job(self, settings: Settings) -> Job:
        return Job(settings, self._keyring.credentials(settings))


def _invalid(sensor_id: str, error: InvalidSettings, fleet: Fleet, at: datetime) -> Report:
    seen = replace(unscanned(Reason.SETTINGS_INVALID, str(error)), at=at)
    report = judged(sensor_id, None, seen, fleet.states.get(sensor_id))
    if report.state != report.previous:  # told once, not every minute
        problems = [str(problem) for problem in error.problems]
        logger.warning("settings are invalid", extra={"sensor_id": sensor_id, "problems": problems})
    return report

"""One invocation's work: sensors are scanned, and what comes out is published while the others are still scanned."""

import asyncio
import logging
import time
import uuid
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from ..items import InvalidSettings
from ..model import Observation, Reason, Settings, Trouble
from ..model.authorities import trust
from ..ports import Batch, Now, Patience, ServiceError
from ..scan import Credentials
from ..status import Report, report_of_scan
from .claims import Claims
from .engine import ScanOnce
from .failures import Failures
from .job import Job, Scanner
from .keyring import Keyring
from .publisher import Backlog, Outlets, Publisher
from .reader import Fleet, FleetReader, Policy
from .relogin import Relogin
from .round import Round

logger = logging.getLogger(__name__)


# So long a repeated tick or batch is known. EventBridge Scheduler and SQS give up after minutes.
CLAIM_KEPT = timedelta(hours=1)


class MakeEngine(Protocol):
    def __call__(self, scan: ScanOnce, seconds: float) -> Scanner:
        """An engine of an invocation that ends in so many seconds."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What every invocation of a process uses. `make_engine`, `now`: a simulation has other servers and a clock."""

    reader: FleetReader
    outlets: Outlets
    backlog: Backlog
    keyring: Keyring
    policy: Policy
    make_engine: MakeEngine
    now: Now


class Run:
    """`note` is told every report. The invocation ends in `seconds`."""

    def __init__(self, tools: Tools, seconds: float, note: Callable[[Report], None]) -> None:
        self.failures = Failures()
        self._tools = tools
        self._end = time.monotonic() + seconds
        self._note = note
        self._started = tools.keyring.now()
        self._renewing = asyncio.Lock()
        self._publisher = Publisher(tools.outlets, tools.backlog, self.failures)
        self._publisher.catch_up()

    def read(self) -> Fleet:
        """Raises ServiceError where a table cannot be read, and no earlier tick of this process could read it."""
        return self._tools.reader.read(self.failures)

    def claim_once(self, what: str) -> bool:
        """Schedule and queue deliver at least once, in whatever process: a tick or batch is scanned once.

        Where the claim cannot be written it counts as ours: to scan twice is better than not at all.
        """
        try:
            claimed = self._tools.outlets.states.claim_once(what, uuid.uuid4().hex, self._tools.now() + CLAIM_KEPT)
        except ServiceError as error:
            self.failures.note("could not claim a tick or batch", error)
            return True
        if not claimed:
            logger.info("repeated: nothing is scanned twice", extra={"what": what})
        return claimed

    def queue(self, batches: Sequence[Batch]) -> list[Batch]:
        """Gives batches to other invocations. Returns those that the queue did not take."""
        try:
            self._tools.outlets.queue.put(batches)
        except ServiceError as error:
            self.failures.note("could not hand sensors on", error)
            return list(error.rest)
        return []

    def prepare(self, sensors: Sequence[Settings]) -> None:
        """Fetches what these log in with."""
        self._tools.keyring.prepare(sensors, self.failures)

    def forget(self, sensor_ids: Iterable[str]) -> None:
        """The items of these sensors are gone: a new item with the same id starts anew."""
        patience = Patience()
        for sensor_id in sensor_ids:
            try:
                if not patience.is_over:  # the next tick finds it gone, too
                    self._tools.outlets.states.forget(sensor_id)
            except ServiceError as error:
                patience.fail()
                self.failures.note("could not forget a sensor", error)

    def execute(
        self,
        fleet: Fleet,
        go: Callable[[Round], Awaitable[None]],
        *,
        likely: Sequence[Settings],
        invalid: Iterable[str],
    ) -> None:
        """Publishes while `go` scans. `likely`: the sensors that will be scanned; `invalid`: those to tell of."""
        self.prepare(likely)
        for trusted_ca in {one.trusted_ca for one in likely}:
            trust(trusted_ca)  # reading authorities takes milliseconds, which no scan beside it shall show
        asyncio.run(self._execute(fleet, go, invalid))

    async def _execute(self, fleet: Fleet, go: Callable[[Round], Awaitable[None]], invalid: Iterable[str]) -> None:
        tools = self._tools
        reports: asyncio.Queue[Report | None] = asyncio.Queue()

        def take(report: Report) -> None:
            self._note(report)
            if report.state != report.previous:
                tools.reader.remember(report.sensor_id, report.state)
            reports.put_nowait(report)

        async with asyncio.TaskGroup() as group:
            group.create_task(self._publisher.run(reports))
            states = dict(fleet.states)
            for sensor_id in invalid:
                report = self._invalid(sensor_id, fleet.invalid[sensor_id], fleet)
                states[sensor_id] = report.state
                take(report)
            scan = Relogin(tools.policy.forbidden, self._renew).scan
            engine = tools.make_engine(scan, self._end - time.monotonic())
            claims = Claims(engine, tools.outlets.states, tools.now, self.failures)
            keeper = group.create_task(claims.keep())
            await go(Round(claims, self._job, states, take, tools.now))
            keeper.cancel()
            reports.put_nowait(None)

    def _job(self, settings: Settings) -> Job:
        return Job(settings, self._tools.keyring.credentials(settings))

    async def _renew(self, job: Job) -> Credentials | None:
        """Past the cache, at most once in this invocation for each secret, however many sensors share it."""
        if not isinstance(job.credentials, Credentials):
            return None
        keyring = self._tools.keyring
        async with self._renewing:  # one thread for all of them: publishing needs the others
            return await asyncio.to_thread(keyring.renew, job.settings, job.credentials, self._started, self.failures)

    def _invalid(self, sensor_id: str, error: InvalidSettings, fleet: Fleet) -> Report:
        seen = Observation(at=self._tools.now(), trouble=Trouble(Reason.SETTINGS_INVALID, None, error.line))
        report = report_of_scan(sensor_id, None, seen, fleet.states.get(sensor_id), error.identity)
        if report.state != report.previous:  # told once, not every minute
            problems = [str(problem) for problem in error.problems]
            logger.warning("settings are invalid", extra={"sensor_id": sensor_id, "problems": problems})
        return report

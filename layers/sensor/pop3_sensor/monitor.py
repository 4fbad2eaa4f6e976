"""The use case: load the sensors, scan those that are due, publish what came out."""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from .credentials import Credentials
from .due import is_due
from .engine import Engine, Job, unscanned
from .inheritance import settings_of
from .items import InvalidSettings, read_item
from .keyring import Keyring
from .networks import Network
from .observation import Observation
from .ports import SensorSource
from .publisher import Outlets, Publisher
from .report import Report, judged
from .settings import Settings
from .verdict import State
from .vocabulary import Reason, Status

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Policy:
    """What the deployment imposes on every sensor."""

    forbidden: Sequence[Network]
    refuse_cleartext_login: bool = False


@dataclass(frozen=True, slots=True)
class Fleet:
    """What an invocation read at its start, by sensor id."""

    settings: Mapping[str, Settings]
    invalid: Mapping[str, InvalidSettings]
    states: Mapping[str, State]


@dataclass(frozen=True, slots=True)
class Tick:
    """The counts of one tick; the statuses are those of the sensors that it scanned or found invalid."""

    sensors: int
    due: int
    invalid: int
    statuses: Counter[Status]
    not_run: int

    def as_json(self) -> dict[str, int]:
        """The summary of the contract (section 7)."""
        return {
            "sensors": self.sensors,
            "due": self.due,
            "scanned": self.due - self.not_run,
            "handed_on": 0,
            "paused": 0,
            "invalid": self.invalid,
            "up": self.statuses[Status.UP],
            "warning": self.statuses[Status.WARNING],
            "down": self.statuses[Status.DOWN],
            "unknown": self.statuses[Status.UNKNOWN],
        }


class Monitor:
    def __init__(self, sensors: SensorSource, outlets: Outlets, keyring: Keyring, policy: Policy) -> None:
        self._sensors = sensors
        self._outlets = outlets
        self._keyring = keyring
        self._policy = policy
        self.failed_publishes = 0  # in the last call

    def tick(self, at: datetime, seconds: float) -> Tick:
        """Scans what is due at this tick of the schedule, within `seconds`. Raises ServiceError for the tables."""
        end = time.monotonic() + seconds
        fleet = self._load()
        due = [s for s in fleet.settings.values() if is_due(s, fleet.states.get(s.id), at)]
        statuses: Counter[Status] = Counter()
        invalid = [self._invalid(sensor_id, error, fleet) for sensor_id, error in fleet.invalid.items()]
        not_run = 0

        def note(report: Report) -> None:
            nonlocal not_run
            statuses[report.verdict.status] += 1
            not_run += report.reason is Reason.NOT_RUN

        self._run(due, invalid, fleet, end, note)
        sensors = len(fleet.settings) + len(fleet.invalid)
        return Tick(sensors, len(due), len(fleet.invalid), statuses, not_run)

    def scan_now(self, sensor_ids: Iterable[str], seconds: float) -> list[dict[str, Any]]:
        """Scans just these, due or not: a result for each, in the order asked for."""
        end = time.monotonic() + seconds
        fleet = self._load()
        results: dict[str, dict[str, Any]] = {}
        wanted = list(dict.fromkeys(sensor_ids))
        for sensor_id in wanted:
            if sensor_id not in fleet.settings and sensor_id not in fleet.invalid:
                seen = unscanned(Reason.SETTINGS_INVALID, "the Sensors table has no sensor with this id")
                results[sensor_id] = judged(sensor_id, None, seen, None).as_json()
        invalid = [self._invalid(one, fleet.invalid[one], fleet) for one in wanted if one in fleet.invalid]
        known = [fleet.settings[one] for one in wanted if one in fleet.settings]
        self._run(known, invalid, fleet, end, lambda report: results.update({report.sensor_id: report.as_json()}))
        return [results[sensor_id] for sensor_id in wanted]

    def _load(self) -> Fleet:
        settings: dict[str, Settings] = {}
        invalid: dict[str, InvalidSettings] = {}
        for written in self._sensors.load():
            sensor_id = str(written.get("id"))
            try:
                item = read_item(written)
                if item.kind == "sensor":
                    settings[sensor_id] = self._imposed(settings_of(item))
            except InvalidSettings as error:
                invalid[sensor_id] = error
        return Fleet(settings, invalid, self._outlets.states.load())

    def _imposed(self, settings: Settings) -> Settings:
        return replace(settings, cleartext_login="refuse") if self._policy.refuse_cleartext_login else settings

    @staticmethod
    def _invalid(sensor_id: str, error: InvalidSettings, fleet: Fleet) -> Report:
        previous = fleet.states.get(sensor_id)
        report = judged(sensor_id, None, unscanned(Reason.SETTINGS_INVALID, str(error)), previous)
        if report.state != previous:  # told once, not every minute
            problems = [str(problem) for problem in error.problems]
            logger.warning("settings are invalid", extra={"sensor_id": sensor_id, "problems": problems})
        return report

    def _run(
        self,
        due: Sequence[Settings],
        invalid: Iterable[Report],
        fleet: Fleet,
        end: float,
        note: Callable[[Report], object],
    ) -> None:
        """Scans, and publishes meanwhile."""
        started = self._keyring.now()
        self._keyring.prepare(due)
        publisher = Publisher(self._outlets)

        async def renew(job: Job) -> Credentials | None:
            rejected = job.credentials
            if not isinstance(rejected, Credentials):
                return None
            return await asyncio.to_thread(self._keyring.renew, job.settings, rejected, started)

        async def run() -> None:
            reports: asyncio.Queue[Report | None] = asyncio.Queue()

            def take(report: Report) -> None:
                note(report)
                reports.put_nowait(report)

            def seen(job: Job, observation: Observation) -> None:
                sensor_id = job.settings.id
                take(judged(sensor_id, job.settings, observation, fleet.states.get(sensor_id)))

            async with asyncio.TaskGroup() as group:
                group.create_task(publisher.run(reports))
                for report in invalid:
                    take(report)
                jobs = [Job(settings, self._keyring.credentials(settings)) for settings in due]
                await Engine(self._policy.forbidden, renew).run(jobs, end - time.monotonic(), seen)
                reports.put_nowait(None)

        asyncio.run(run())
        self.failed_publishes = publisher.failed

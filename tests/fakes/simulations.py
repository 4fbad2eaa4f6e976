"""A monitor whose scans see what a test says, with a clock that the test sets."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from pop3_sensor.fleet import Keyring, Monitor, Outlets
from pop3_sensor.fleet.engine import ScanOnce
from pop3_sensor.fleet.job import Job
from pop3_sensor.model import Observation, Phase, Reason, Trouble
from tests.fakes.stacks import MemoryStack
from tests.samples import AT

UP = Observation(AT, "192.0.2.1", {Phase.LOOKUP: 1_000})
DOWN = Observation(AT, "192.0.2.1", trouble=Trouble(Reason.REFUSED, Phase.CONNECT, "nobody there"))
HOST = {"host": "mail.example.org", "warning_scans": 0}
MINUTE = timedelta(minutes=1)


@dataclass
class Scans:
    """Stands in for the engine. `seen`: what each sensor's scan sees; `done`: whose scans have ended, in this order.

    `turns`: how often a scan lets others go first. A sensor must not be scanned twice at once.
    """

    now: list[datetime]
    seen: dict[str, Observation] = field(default_factory=dict)
    turns: dict[str, int] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)
    started: list[str] = field(default_factory=list)
    under_way: set[str] = field(default_factory=set)

    def __call__(self, scan: ScanOnce, seconds: float) -> "Scans":  # noqa: ARG002 - these scans see what a test says
        return self

    async def scan(self, job: Job) -> Observation:
        sensor_id = job.settings.id
        assert sensor_id not in self.under_way
        self.started.append(sensor_id)
        self.under_way.add(sensor_id)
        for _ in range(self.turns.get(sensor_id, 0)):
            await asyncio.sleep(0)
        self.under_way.discard(sensor_id)
        self.done.append(sensor_id)
        return replace(self.seen.get(sensor_id, UP), at=self.now[0])


@dataclass
class Simulation(MemoryStack):
    """Its clock shows the tick's own time."""

    at: datetime = AT

    def make_monitor(self, outlets: Outlets) -> Monitor:
        self.now = [AT]
        self.scans = Scans(self.now)
        return Monitor(
            self.sensors,
            outlets,
            Keyring(self.secrets),
            self.policy,
            make_engine=self.scans,
            now=lambda: self.now[0],
        )

    def minute(self, **seen: Observation) -> list[str]:
        """Makes the next tick and gives the ids of the scanned sensors. `seen`: what these see from now on."""
        self.scans.seen.update({sensor_id.replace("_", "-"): one for sensor_id, one in seen.items()})
        self.scans.done.clear()
        self.now[0] = self.at + MINUTE
        self.tick()
        return list(self.scans.done)

    def told(self) -> list[tuple[str, str, str]]:
        """The events since the last call."""
        changes = [
            (change.detail["sensor_id"], change.detail["previous_status"], change.detail["status"])
            for change in self.events.changes
        ]
        self.events.changes.clear()
        return changes


def sensor(sensor_id: str, **attributes: Any) -> dict[str, Any]:
    return {"id": sensor_id, **HOST, **attributes}


def fleet(*items: Mapping[str, Any]) -> Simulation:
    return Simulation(list(items))

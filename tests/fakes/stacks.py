"""A monitor with all its ports in memory."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from pop3_sensor.fleet import Keyring, Monitor, Outlets, Policy
from tests.fakes.memory import Events, Metrics, Queue, Results, Secrets, Sensors, States
from tests.samples import AT


@dataclass
class MemoryStack:
    """A monitor with all its ports in memory."""

    items: Sequence[Mapping[str, Any]] = ()
    policy: Policy = field(default_factory=lambda: Policy(forbidden=()))
    secrets: Secrets = field(default_factory=Secrets)
    metrics: Metrics = field(default_factory=Metrics)
    states: States = field(default_factory=States)
    events: Events = field(default_factory=Events)
    queue: Queue = field(default_factory=Queue)
    results: Results = field(default_factory=Results)
    at: datetime = AT - timedelta(minutes=1)  # of the last tick
    failed_calls: int = 0  # of the last call

    def __post_init__(self) -> None:
        self.sensors = Sensors(self.items)
        outlets = Outlets(
            metrics=self.metrics, states=self.states, events=self.events, queue=self.queue, results=self.results
        )
        self.monitor = self.make_monitor(outlets)

    def make_monitor(self, outlets: Outlets) -> Monitor:
        return Monitor(self.sensors, outlets, Keyring(self.secrets), self.policy)

    def tick(self, at: datetime | None = None, seconds: float = 100) -> dict[str, int]:
        """The summary without its zeros. By default the tick is a minute after the last one."""
        at = self.at = at or self.at + timedelta(minutes=1)
        counts = self.monitor.tick(at, seconds)
        self.failed_calls = counts.failed_calls
        return {name: count for name, count in counts.as_json().items() if count}

    def scan_now(self, *sensor_ids: str) -> list[dict[str, Any]]:
        found = self.monitor.scan_now(sensor_ids, 100)
        self.failed_calls = found.failed_calls
        return found.results

    def statuses(self) -> dict[str, str]:
        return {sensor_id: str(state.status) for sensor_id, state in self.states.load().items()}

    def published(self) -> dict[str, dict[str, float]]:
        """The last value of each channel."""
        values: dict[str, dict[str, float]] = {}
        for point in self.metrics.points:
            values.setdefault(point.sensor_id, {})[point.channel] = point.value
        return values


def item(sensor_id: str, server: Any, **attributes: Any) -> dict[str, Any]:
    return {"id": sensor_id, "host": server.host, "port": server.port, **attributes}

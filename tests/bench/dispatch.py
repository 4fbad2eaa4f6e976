"""100,000 sensors, simulated: what the schedule's own invocation does with them, without tables, servers and queue."""

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from pop3_sensor.aws.scan_queue import encode
from pop3_sensor.fleet import Policy
from pop3_sensor.fleet.division import divide
from pop3_sensor.fleet.failures import Failures
from pop3_sensor.fleet.reader import FleetReader
from pop3_sensor.model import State, Status
from tests.bench.report import Section, median
from tests.root import ROOT

SIZES = (1_000, 10_000, 100_000)
PER_DEVICE = 10
RUNS = 3

T = TypeVar("T")


class Items:
    """A device for each ten sensors."""

    def __init__(self, size: int) -> None:
        self._items: list[dict[str, Any]] = [{"id": "root", "kind": "group", "tags": ["bench"]}]
        for number in range(size):
            device = f"device-{number // PER_DEVICE}"
            if not number % PER_DEVICE:
                self._items.append({"id": device, "kind": "device", "host": f"mail{number}.example.org"})
            self._items.append({"id": f"sensor-{number}", "parent": device, "transport_security": "tls_required"})

    def load(self) -> Sequence[Mapping[str, Any]]:
        return self._items


class States:
    """Everybody is well."""

    def __init__(self, size: int, at: datetime) -> None:
        self._states = {f"sensor-{number}": State(Status.UP, at, scanned_at=at) for number in range(size)}

    def load(self, sensor_ids: Collection[str] | None = None) -> Mapping[str, State]:
        return self._states if sensor_ids is None else {one: self._states[one] for one in sensor_ids}

    def save(self, sensor_id: str, state: State, previous: State | None) -> bool:
        raise NotImplementedError

    def claim(self, sensor_id: str, now: datetime, until: datetime) -> None:
        raise NotImplementedError

    def claim_once(self, what: str, by: str, until: datetime) -> bool:
        raise NotImplementedError

    def forget(self, sensor_id: str) -> None:
        raise NotImplementedError


def measure() -> Section:
    section = Section("dispatch", "the schedule's own invocation at 100,000 sensors, simulated")
    rows = []
    for size in SIZES:
        taken = [_run(size) for _ in range(RUNS)]
        figures = {name: median(one[name] for one in taken) for name in taken[0]}
        seconds = [f"{figures[name]:.2f}" for name in ("first", "next", "divide", "encode")]
        rows.append([f"{size:,}", *seconds, *(f"{figures[name]:.0f}" for name in ("messages", "kilobytes", "memory"))])
    section.say(
        "Items and states are in memory; scale measures how the tables are read and the messages sent. *first*: a new",
        "process understands every item; *next*: it does so at a later tick, when nobody has changed an item;",
        f"*division*: who scans what; *messages made*: the messages for that. Seconds; medians of {RUNS} fresh",
        "processes.",
    )
    head = ["sensors", "first", "next", "division", "messages made", "messages", "KB in all", "process, MiB"]
    section.table(head, rows)
    return section


def _run(size: int) -> dict[str, float]:
    command = [sys.executable, "-m", "tests.bench.dispatch", str(size)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


def _timed(work: Callable[[], T]) -> tuple[float, T]:
    started = time.perf_counter()
    result = work()
    return time.perf_counter() - started, result


def _dispatch(size: int) -> dict[str, float]:
    at = datetime.now(UTC)
    reader = FleetReader(Items(size), States(size, at - timedelta(minutes=1)), Policy(forbidden=()))
    first, _ = _timed(lambda: reader.read(Failures()))
    again, fleet = _timed(lambda: reader.read(Failures()))
    sensors = list(fleet.settings.values())
    divided, division = _timed(lambda: divide(sensors, fleet.states, at, at))
    encoded, messages = _timed(lambda: [encode(batch) for batch in division.batches])
    if len(division.here) + sum(len(batch.sensors) for batch in division.batches) != size:
        raise RuntimeError("a sensor is nobody's")
    return {
        "first": first,
        "next": again,
        "divide": divided,
        "encode": encoded,
        "messages": len(messages),
        "kilobytes": sum(map(len, messages)) / 1000,
        "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


if __name__ == "__main__":
    print(json.dumps(_dispatch(int(sys.argv[1]))))

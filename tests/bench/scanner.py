"""The scanning process: the real monitor with its tables in memory and a real CloudWatch client.

What it does for each sensor is the whole path: the item's settings parsed, the server scanned over a socket, the
status judged, the channels serialised, compressed, signed and sent by botocore.
"""

import functools
import resource
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3

from pop3_sensor.aws.calls import CONFIG
from pop3_sensor.aws.metrics import Metrics
from pop3_sensor.fleet import Keyring, Monitor, Outlets, Policy
from pop3_sensor.fleet.engine import CONCURRENCY, Engine
from pop3_sensor.model import Channel
from pop3_sensor.ports import Point
from tests.bench.child import Child, answer_requests, child
from tests.fakes import memory

SECRET = '{"username": "ann", "password": "tanstaaf-8472"}'


@dataclass(frozen=True, slots=True)
class Scanner:
    """Seen from outside."""

    process: Child

    def tick(self, items: Sequence[Mapping[str, Any]], concurrency: int = CONCURRENCY) -> dict[str, Any]:
        """Processor seconds (`cpu`), `wall` seconds, `statuses`, and each sensor's `response_times` in milliseconds."""
        found: dict[str, Any] = self.process.ask(items=items, concurrency=concurrency)
        return found


@contextmanager
def scanner(environment: Mapping[str, str]) -> Iterator[Scanner]:
    with child("scanner", environment) as process:
        yield Scanner(process)


@dataclass
class _Published:
    """Puts into CloudWatch, and keeps the response times."""

    sink: Metrics
    response_times: dict[str, float] = field(default_factory=dict)

    def put(self, points: Sequence[Point]) -> None:
        self.response_times |= {one.sensor_id: one.value for one in points if one.channel is Channel.RESPONSE_TIME}
        self.sink.put(points)


class _Process:
    def __init__(self) -> None:
        self._metrics = Metrics(boto3.client("cloudwatch", config=CONFIG), "Bench")
        self._states = memory.States()
        self._at = datetime(2026, 1, 31, 12, tzinfo=UTC)

    def tick(self, items: list[dict[str, Any]], concurrency: int) -> Mapping[str, object]:
        """Nothing is remembered from the tick before but the states, so every item is parsed anew."""
        self._at += timedelta(minutes=1)
        published = _Published(self._metrics)
        secrets = memory.Secrets({item["secret_id"]: SECRET for item in items if "secret_id" in item})
        before, started = _used(), time.perf_counter()
        outlets = Outlets(published, self._states, memory.Events(), memory.Queue(), memory.Results())
        monitor = Monitor(
            memory.Sensors(items),
            outlets,
            Keyring(secrets),
            Policy(forbidden=()),
            make_engine=functools.partial(Engine, concurrency=concurrency),
        )
        tick = monitor.tick(self._at, 800)
        used, wall = _used() - before, time.perf_counter() - started
        return {
            "cpu": used,
            "wall": wall,
            "statuses": tick.statuses,
            "response_times": published.response_times,
        }


def _used() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    answer_requests(_Process().tick)

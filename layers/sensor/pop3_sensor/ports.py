"""The ports: what the program needs from outside, how that fails, and how long to go on trying.

`fleet` and `overview` call them, `aws` implements them, and tests have them in memory (tests/fakes/memory.py).
"""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from pydantic import SecretStr

from .model import Channel, ScanError, Settings, State

Now = Callable[[], datetime]


class ServiceError(Exception):
    """A call to an outside service failed, also after the SDK's retries. The text says which call, and why.

    `is_lasting`: the same call would fail again, however often it is made.
    `rest`: of the things that were handed over, those that were not taken and are worth another try.
    """

    def __init__(self, text: str, rest: Sequence[Any] = (), *, is_lasting: bool = False) -> None:
        super().__init__(text)
        self.rest = rest
        self.is_lasting = is_lasting


class Patience:
    """Bounds the time that a failing service may cost: calls that time out one by one would outlast the invocation."""

    def __init__(self, seconds: float = 15.0) -> None:
        self._end = time.monotonic() + seconds
        self._failed = False

    def fail(self) -> None:
        self._failed = True

    @property
    def is_over(self) -> bool:
        """Whether to give up. Without a failure it never is, however long the calls take."""
        return self._failed and time.monotonic() >= self._end


# ---- what the fleet reads, writes and hands on


class Point(NamedTuple):
    """One value of one channel, in the unit of `model.channels.UNITS`."""

    sensor_id: str
    channel: Channel
    value: float
    at: datetime


class StatusChange(NamedTuple):
    """One status event. `detail` is in plain JSON types (docs/reference.md#status-event)."""

    detail: Mapping[str, Any]
    at: datetime


@dataclass(frozen=True, slots=True)
class Batch:
    """Sensors that another invocation is to scan, at the tick `due`; after `expires` it is too late for that.

    `states`: those of the sensors and of their masters; if empty, whoever takes the batch reads them from the table.
    `delay_seconds`: how long the queue keeps the message. `is_slow`: its scans may all last, so it must not take the
    place of others. The message itself holds neither.
    """

    due: datetime
    sensors: tuple[Settings, ...]
    expires: datetime
    states: Mapping[str, State] = field(default_factory=dict)
    delay_seconds: int = field(default=0, compare=False)
    is_slow: bool = field(default=False, compare=False)


class SensorSource(Protocol):
    def load(self) -> Sequence[Mapping[str, Any]]:
        """Every item, in plain Python values. An unchanged item is the same object as at the call before.

        Raises ServiceError.
        """


class StateStore(Protocol):
    def load(self, sensor_ids: Collection[str] | None = None) -> Mapping[str, State]:
        """The states of these sensors, or of all, by sensor id. Raises ServiceError."""

    def save(self, sensor_id: str, state: State, previous: State | None) -> bool:
        """False if somebody else wrote since `previous` was read; then nothing is saved. Raises ServiceError."""

    def claim(self, sensor_id: str, now: datetime, until: datetime) -> None:
        """Tells other invocations that this one scans the sensor until `until`; may be repeated with a later time.

        Raises ServiceError.
        """

    def claim_once(self, what: str, by: str, until: datetime) -> bool:
        """Whether `by` is the first to claim this tick or batch, until `until`. Raises ServiceError."""

    def forget(self, sensor_id: str) -> None:
        """Deletes the state of a sensor whose item is gone. Raises ServiceError."""


class EventBus(Protocol):
    def put(self, changes: Sequence[StatusChange]) -> None:
        """Raises ServiceError where some were not taken."""


class BatchQueue(Protocol):
    def put(self, batches: Sequence[Batch]) -> None:
        """Raises ServiceError where some were not taken."""


class SecretSource(Protocol):
    def fetch(self, secret_ids: Collection[str]) -> Mapping[str, SecretStr | ScanError]:
        """Each secret's string, or why there is none."""


class MetricSink(Protocol):
    def put(self, points: Sequence[Point]) -> None:
        """Raises ServiceError where some were not taken."""


class ResultStore(Protocol):
    def put(self, name: str, text: str) -> None:
        """Raises ServiceError."""


# ---- what the overview reads; nothing here writes


class StateSource(Protocol):
    def load(self) -> Mapping[str, State]:
        """By sensor id. Raises ServiceError."""


class Span(NamedTuple):
    """From `start` until `end`, in periods of `period` seconds. Both ends are multiples of the period."""

    start: datetime
    end: datetime
    period: int


class Wanted(NamedTuple):
    """One channel of one sensor."""

    sensor_id: str
    channel: Channel


class Value(NamedTuple):
    """The average over the period that begins at `at`, in the unit of `model.channels.UNITS`."""

    at: datetime
    value: float


class Readings(NamedTuple):
    """The oldest value first. Channels without values are left out. `complaint`: what could not be read, and why."""

    series: Mapping[Wanted, Sequence[Value]]
    complaint: str = ""


class MetricHistory(Protocol):
    def read(self, wanted: Collection[Wanted], span: Span) -> Readings:
        """Does not raise: what cannot be read is in the complaint, and the page is shown without it."""


class StoredResult(NamedTuple):
    """A sensor's result file: its name, its text (of a long file the beginning), and when it was written."""

    name: str
    text: str
    at: datetime


class ResultArchive(Protocol):
    def read(self, name: str) -> StoredResult | None:
        """None if there is no such file. Raises ServiceError."""

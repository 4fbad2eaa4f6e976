"""The membrane: what is needed from outside, in our own words, how it fails, and how long we are patient.

`fleet` and `overview` call it; `aws` implements it; a test stands in for it in memory.
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
    """A service outside failed, after the SDK's own retries; the text says which, at what, and how.

    `rest`: what it did not take, of several things, and may take later.
    """

    def __init__(self, text: str, rest: Sequence[Any] = ()) -> None:
        super().__init__(text)
        self.rest = rest


class Patience:
    """An invocation ends; a hundred calls that time out one after the other do not."""

    def __init__(self, seconds: float = 15.0) -> None:
        self._end = time.monotonic() + seconds
        self._failed = False

    def fail(self) -> None:
        self._failed = True

    @property
    def is_over(self) -> bool:
        """Never while all goes well."""
        return self._failed and time.monotonic() >= self._end


# ---- what the fleet reads, writes and hands on


class Point(NamedTuple):
    """One value of one channel; units in `channels.UNITS`."""

    sensor_id: str
    channel: Channel
    value: float
    at: datetime


class StatusChange(NamedTuple):
    """One status event; `detail` is the contract's (section 5), in plain JSON types."""

    detail: Mapping[str, Any]
    at: datetime


@dataclass(frozen=True, slots=True)
class Batch:
    """`due`: the tick. `states`: of these sensors and their masters, where nobody can have changed them meanwhile.

    `delay_seconds`: how long the message rests in the queue; not part of it.
    """

    due: datetime
    sensors: tuple[Settings, ...]
    states: Mapping[str, State] = field(default_factory=dict)
    delay_seconds: int = field(default=0, compare=False)


class SensorSource(Protocol):
    def load(self) -> Sequence[Mapping[str, Any]]:
        """Every item, in plain Python values; one that nobody changed is the very object of the call before.

        Raises ServiceError.
        """


class StateStore(Protocol):
    def load(self, sensor_ids: Collection[str] | None = None) -> Mapping[str, State]:
        """Of these sensors, or of all; by sensor id. Raises ServiceError."""

    def save(self, sensor_id: str, state: State, previous: State | None) -> bool:
        """False where another writer was there since `previous` was read. Raises ServiceError."""

    def claim(self, sensor_id: str, now: datetime, until: datetime) -> None:
        """Tells other invocations that this one scans the sensor, the first time or again. Raises ServiceError."""

    def forget(self, sensor_id: str) -> None:
        """Its item is gone. Raises ServiceError."""


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
    """From `start` until `end`, in `period` seconds; both ends are multiples of the period."""

    start: datetime
    end: datetime
    period: int


class Wanted(NamedTuple):
    """One channel of one sensor."""

    sensor_id: str
    channel: Channel


class Value(NamedTuple):
    """The average over one period, which begins `at`; units in `channels.UNITS`."""

    at: datetime
    value: float


class Readings(NamedTuple):
    """Oldest value first; channels without any are left out. `complaint`: what could not be read, and why."""

    series: Mapping[Wanted, Sequence[Value]]
    complaint: str = ""


class MetricHistory(Protocol):
    def read(self, wanted: Collection[Wanted], span: Span) -> Readings:
        """What can be read. What cannot is in the complaint: the page goes on without it."""


class StoredResult(NamedTuple):
    """A sensor's result file: its name, its text (the beginning, where it is long), when it was written."""

    name: str
    text: str
    at: datetime


class ResultArchive(Protocol):
    def read(self, name: str) -> StoredResult | None:
        """None where there is no such file. Raises ServiceError."""

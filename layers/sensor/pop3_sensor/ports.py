"""What a monitor needs from outside, in its own words. `aws` implements it."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from pydantic import SecretStr

from .batches import Batch
from .channels import Channel
from .observation import ScanError
from .verdict import State


class ServiceError(Exception):
    """A service outside failed, after the SDK's own retries; the text says which, at what, and how.

    `rest`: what it did not take, of several things, and may take later.
    """

    def __init__(self, text: str, rest: Sequence[Any] = ()) -> None:
        super().__init__(text)
        self.rest = rest


class Point(NamedTuple):
    """One value of one channel; units in `channels.UNITS`."""

    sensor_id: str
    channel: Channel
    value: float
    at: datetime


class SensorSource(Protocol):
    def load(self) -> Sequence[Mapping[str, Any]]:
        """Every item, in plain Python values; one that nobody changed is the very object of the call before.

        Raises ServiceError.
        """


class StatusChange(NamedTuple):
    """One status event; `detail` is the contract's (section 5), in plain JSON types."""

    detail: Mapping[str, Any]
    at: datetime


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


class HandOver(Protocol):
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

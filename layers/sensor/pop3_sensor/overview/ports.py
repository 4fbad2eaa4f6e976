"""What the overview reads from outside, beside the items; nothing here writes. `aws` implements it."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from ..channels import Channel
from ..verdict import State
from .spans import Span


class StateSource(Protocol):
    def load(self) -> Mapping[str, State]:
        """By sensor id. Raises ServiceError."""


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
    def summary(self, sensor_id: str) -> StoredResult | None:
        """None where the sensor stores none. Raises ServiceError."""

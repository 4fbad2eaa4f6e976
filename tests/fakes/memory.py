"""The ports in memory. The tests in `tests/aws` run them beside the real adapters, so that they behave alike.

`fault`: the error that every call raises instead of doing its work.
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from pydantic import SecretStr

from pop3_sensor.model import Reason, ScanError, State, Status
from pop3_sensor.ports import Batch, Point, ServiceError, StatusChange

# CloudWatch's rule for a dimension's value: ASCII without control characters, not blank, no leading colon.
_DIMENSION = re.compile(r"(?!:)(?=.*\S)[ -~]{1,1024}")


@dataclass
class Sensors:
    items: Sequence[Mapping[str, Any]] = ()
    fault: ServiceError | None = None

    def load(self) -> Sequence[Mapping[str, Any]]:
        if self.fault:
            raise self.fault
        return self.items


@dataclass
class States:
    saved: list[str] = field(default_factory=list)  # sensor ids, in the order of the writes
    fault: ServiceError | None = None  # raised by the calls that write
    unreadable: ServiceError | None = None
    once: dict[str, str] = field(default_factory=dict)  # of each tick and batch: who claimed it
    _kept: dict[str, State] = field(default_factory=dict)

    def load(self, sensor_ids: Collection[str] | None = None) -> Mapping[str, State]:
        if self.unreadable:
            raise self.unreadable
        return {one: state for one, state in self._kept.items() if sensor_ids is None or one in sensor_ids}

    def save(self, sensor_id: str, state: State, previous: State | None) -> bool:
        if self.fault:
            raise self.fault
        there = self._kept.get(sensor_id)
        own = state.scanned_at or state.since
        if there and there.scanned_at and there.scanned_at not in (previous and previous.scanned_at, own):
            return False
        self.saved.append(sensor_id)
        self._kept[sensor_id] = replace(state, scanned_at=own)
        return True

    def claim(self, sensor_id: str, now: datetime, until: datetime) -> None:
        if self.fault:
            raise self.fault
        there = self._kept.get(sensor_id) or State(Status.UNKNOWN, since=now, message="its first scan is under way")
        self._kept[sensor_id] = replace(there, claimed_until=until)

    def claim_once(self, what: str, by: str, until: datetime) -> bool:  # noqa: ARG002 - nothing expires here
        if self.fault:
            raise self.fault
        return by == self.once.setdefault(what, by)

    def forget(self, sensor_id: str) -> None:
        if self.fault:
            raise self.fault
        self._kept.pop(sensor_id, None)


@dataclass
class Secrets:
    """`asked`: what each call wanted."""

    texts: dict[str, str] = field(default_factory=dict)
    asked: list[set[str]] = field(default_factory=list)

    def fetch(self, secret_ids: Collection[str]) -> Mapping[str, SecretStr | ScanError]:
        self.asked.append(set(secret_ids))
        return {
            one: SecretStr(self.texts[one])
            if one in self.texts
            else ScanError(Reason.SECRET_MISSING, f"the secret {one} does not exist")
            for one in secret_ids
        }


@dataclass
class Metrics:
    """`on_put` gets the points before they are taken."""

    points: list[Point] = field(default_factory=list)
    fault: ServiceError | None = None
    on_put: Callable[[Sequence[Point]], object] = lambda _: None

    def put(self, points: Sequence[Point]) -> None:
        self.on_put(points)
        if self.fault:
            raise ServiceError(str(self.fault), points)
        # CloudWatch refuses the whole call because of one bad dimension; moto would take it.
        if refused := [point.sensor_id for point in points if not _DIMENSION.fullmatch(point.sensor_id)]:
            raise ServiceError(f"the value {refused[0]!r} of the dimension SensorId is invalid")
        self.points.extend(points)


@dataclass
class Events:
    changes: list[StatusChange] = field(default_factory=list)
    fault: ServiceError | None = None

    def put(self, changes: Sequence[StatusChange]) -> None:
        if self.fault:
            raise ServiceError(str(self.fault), changes)
        self.changes.extend(changes)


@dataclass
class Queue:
    handed_on: list[Batch] = field(default_factory=list)
    fault: ServiceError | None = None

    def put(self, batches: Sequence[Batch]) -> None:
        if self.fault:
            raise ServiceError(str(self.fault), batches)
        self.handed_on.extend(batches)


@dataclass
class Results:
    files: dict[str, str] = field(default_factory=dict)
    fault: ServiceError | None = None

    def put(self, name: str, text: str) -> None:
        if self.fault:
            raise self.fault
        self.files[name] = text

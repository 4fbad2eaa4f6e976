"""The report of one sensor: what a scan or a pause came to, as it is returned, published and stored."""

import functools
import re
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from ..model import CertificateFacts, Channel, Observation, Settings, State, Status
from ..model.channels import ALWAYS, measured, of_status
from ..model.settings import HOUR, ID_PATTERN, Identity
from .event_text import event_text
from .pauses import Pause
from .verdict import Verdict, judge, verdict_of_pause


@dataclass(frozen=True)
class Report:
    """`settings` is None where they are invalid, and then `identity` says whose they are, if anybody knows.

    `previous` is None before the first scan.
    """

    sensor_id: str
    settings: Settings | None
    seen: Observation
    verdict: Verdict
    previous: State | None
    identity: Identity | None = None

    @functools.cached_property
    def state(self) -> State:
        if self.settings is None:
            return self.verdict.state(self.previous, self.seen.at)
        return self.verdict.state(self.previous, self.seen.at, self.settings.fingerprint, self._last_scan)

    @property
    def _last_scan(self) -> datetime | None:
        """Kept where intervals are long, so that few writes come of it: a write for each scan."""
        if self.settings is None or self.settings.interval < HOUR or self.verdict.status is Status.PAUSED:
            return None
        return self.seen.at

    @property
    def status_before(self) -> Status | None:
        """None where this is the first: a row that only claims the sensor says Unknown, but nobody has judged it."""
        if self.previous is None or (self.previous.status is Status.UNKNOWN and self.previous.scanned_at is None):
            return None
        return self.previous.status

    @property
    def response_time(self) -> float | None:
        return self.seen.response_time if self.verdict.answered else None

    @property
    def channels(self) -> dict[Channel, float]:
        """The values to publish: of the channels that the sensor publishes, those that have a value."""
        if not re.fullmatch(ID_PATTERN, self.sensor_id):
            return {}  # CloudWatch refuses such an id as a dimension, and all other sensors' values of the same call
        values = measured(self.seen, answered=self.verdict.answered) | of_status(self.verdict.status)
        wanted = self.settings.published_channels if self.settings else ALWAYS
        return {channel: values[channel] for channel in wanted if channel in values}

    def change(self) -> dict[str, Any]:
        """The detail of the status event (docs/reference.md#status-event), in plain JSON types."""
        state = self.state
        known = self.settings or self.identity or Identity(name=self.sensor_id)
        detail = {
            "sensor_id": self.sensor_id,
            "name": known.name,
            "tags": list(known.tags),
            "priority": known.priority,
            "host": known.host,
            "port": known.port,
            "status": str(state.status),
            "previous_status": str(self.status_before or ""),
            "since": state.since.isoformat(),
            "phase": str(state.phase),
            "reason": str(state.reason),
            "message": state.message,
            "response_time_ms": self.response_time,
        }
        return {**detail, "text": event_text(detail)}

    def as_json(self) -> dict[str, Any]:
        """The result that the function returns (docs/reference.md#result-of-a-scan), in plain JSON types."""
        state, seen = self.state, self.seen
        return {
            "sensor_id": self.sensor_id,
            "status": str(state.status),
            "phase": str(state.phase),
            "reason": str(state.reason),
            "message": state.message,
            "response_time_ms": self.response_time,
            "channels": {str(channel): value for channel, value in self.channels.items()},
            "phases": {str(phase): micros / 1000 for phase, micros in seen.phases.items()},
            "address": seen.address,
            "tls": asdict(seen.tls) if seen.tls else {},
            "certificate": _certificate(seen.certificate, seen.at) if seen.certificate else {},
        }


def _certificate(facts: CertificateFacts, at: datetime) -> dict[str, Any]:
    return {
        "subject": facts.subject,
        "issuer": facts.issuer,
        "names": list(facts.names),
        "not_before": facts.not_before.isoformat() if facts.not_before else None,
        "not_after": facts.not_after.isoformat() if facts.not_after else None,
        "days_left": facts.days_left(at),
        "first_to_expire": facts.first_to_expire,
        "serial_number": facts.serial_number,
        "sha256": facts.sha256,
        "chain_length": facts.chain_length,
        "problem": str(facts.problem or ""),
        "problem_text": facts.problem_text,
    }


def report_of_pause(settings: Settings, found: Pause, previous: State | None, at: datetime) -> Report:
    """The observation is empty: nothing was scanned."""
    verdict = verdict_of_pause(found.reasons, found.masters_well_since)
    return Report(settings.id, settings, Observation(at=at), verdict, previous)


def report_of_scan(
    sensor_id: str,
    settings: Settings | None,
    seen: Observation,
    previous: State | None,
    identity: Identity | None = None,
) -> Report:
    """`identity`: of a sensor whose settings are invalid."""
    return Report(sensor_id, settings, seen, judge(settings, seen, previous), previous, identity)

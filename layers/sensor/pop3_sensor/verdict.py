"""Judges what was seen: pure, from the settings, the observation and the state before."""

from dataclasses import dataclass
from datetime import datetime

from .observation import Observation, Trouble
from .settings import Settings
from .vocabulary import ANSWERS, OWN_TROUBLE, Phase, Status


@dataclass(frozen=True, slots=True)
class State:
    """What the next scan needs to know: an item of the States table. `phase` and `reason` may be empty."""

    status: Status
    since: datetime
    phase: str = ""
    reason: str = ""
    message: str = ""
    failures: int = 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """`answered`: the scan has its Response Time."""

    status: Status
    trouble: Trouble | None
    failures: int
    answered: bool

    def state(self, previous: State | None, at: datetime) -> State:
        since = previous.since if previous and previous.status is self.status else at
        if self.trouble is None:
            return State(self.status, since, failures=self.failures)
        phase, reason = self.trouble.phase or "", self.trouble.reason
        return State(self.status, since, phase, reason, self.trouble.message, self.failures)


def judge(settings: Settings | None, seen: Observation, previous: State | None) -> Verdict:
    """`settings` is None for a sensor whose settings are invalid."""
    failures = previous.failures if previous else 0
    trouble = seen.trouble
    if trouble and trouble.reason in OWN_TROUBLE:
        return Verdict(Status.UNKNOWN, trouble, failures, answered=False)
    if settings is None:
        raise ValueError("a scan without settings has a trouble of its own")
    answered = trouble is None or trouble.reason in ANSWERS
    failures = 0 if answered else failures + 1
    down = failures > settings.warning_scans
    # Of several the gravest counts, then the first in the scan's order.
    warning = None if down else _certificate_warning(settings, seen)
    status = Status.DOWN if down else Status.WARNING if warning or trouble else Status.UP
    return Verdict(status, warning or trouble, failures, answered=answered)


def _certificate_warning(settings: Settings, seen: Observation) -> Trouble | None:
    facts = seen.certificate
    if facts is None or facts.problem is None or settings.certificate_check != "warn":
        return None
    return Trouble(facts.problem, Phase.SECURITY, facts.complaint)

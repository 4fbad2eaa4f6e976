"""Judges what a scan saw, from the settings, the observation and the state before."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from ..model import Observation, PauseReason, Phase, Reason, Settings, State, Status, Trouble
from ..model.channels import measured
from ..model.limits import violations
from ..model.text import printable
from ..model.vocabulary import ANSWERS, OWN_TROUBLE


@dataclass(frozen=True, slots=True)
class Verdict:
    """`answered`: the server answered, so the scan has a Response Time. `note`: a message that changes no status."""

    status: Status
    trouble: Trouble | None = None
    failures: int = 0
    answered: bool = False
    pause_reasons: tuple[PauseReason, ...] = ()
    masters_well_since: datetime | None = None
    note: str = ""

    def state(
        self, previous: State | None, at: datetime, fingerprint: str = "", last_scan: datetime | None = None
    ) -> State:
        trouble = self.trouble
        return State(
            status=self.status,
            since=previous.since if previous and previous.status is self.status else at,
            phase=(trouble.phase or "") if trouble else "",
            reason=trouble.reason if trouble else "",
            message=trouble.message if trouble else self.note,
            failures=self.failures,
            pause_reasons=self.pause_reasons,
            masters_well_since=self.masters_well_since,
            fingerprint=fingerprint,
            last_scan=last_scan,
            scanned_at=at,
        )


_GRAVITY = (Status.DOWN, Status.WARNING)


def judge(settings: Settings | None, seen: Observation, previous: State | None) -> Verdict:
    """`settings` is None for a sensor whose settings are invalid."""
    failures = previous.failures if previous else 0
    if seen.trouble and seen.trouble.reason in OWN_TROUBLE:
        return Verdict(Status.UNKNOWN, seen.trouble, failures)
    if settings is None:
        raise ValueError("a scan without settings has a trouble of its own")
    answered = seen.trouble is None or seen.trouble.reason in ANSWERS
    failures = 0 if answered else failures + 1
    # The gravest trouble counts. Among equally grave ones it is the first of the scan: sorting is stable.
    troubles = sorted(_troubles(settings, seen, failures), key=lambda one: _GRAVITY.index(one[0]))
    status, gravest = troubles[0] if troubles else (Status.UP, None)
    return Verdict(status, gravest, failures, answered, note=_note(settings))


def verdict_of_pause(reasons: tuple[PauseReason, ...], masters_well_since: datetime | None = None) -> Verdict:
    """A pause ends a row of failures: their count is zero."""
    note = f"paused: {', '.join(reasons)}"
    return Verdict(Status.PAUSED, pause_reasons=reasons, masters_well_since=masters_well_since, note=note)


def _troubles(settings: Settings, seen: Observation, failures: int) -> Iterator[tuple[Status, Trouble]]:
    """All that is wrong, in the order of the scan."""
    facts = seen.certificate
    if facts and facts.problem and settings.certificate_check == "warn":
        yield Status.WARNING, Trouble(facts.problem, Phase.SECURITY, facts.complaint)
    if seen.trouble:
        yield Status.DOWN if failures > settings.warning_scans else Status.WARNING, seen.trouble
    if not failures:  # a failed scan has no values to compare
        for status, message in violations(settings.limits, measured(seen, answered=True)):
            yield status, Trouble(Reason.LIMIT, None, printable(message))


def _note(settings: Settings) -> str:
    if not settings.vanished_masters:
        return ""
    gone = ", ".join(settings.vanished_masters)
    return printable(f"depends_on names {gone}, which does not exist: scanned regardless")

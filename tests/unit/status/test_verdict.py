"""What the judge says: from the state before, the settings and what was seen."""

from dataclasses import replace
from datetime import timedelta
from itertools import accumulate
from typing import Any

import pytest

from pop3_sensor.model import Observation, Phase, Reason, State, Status, Trouble
from pop3_sensor.status.verdict import Verdict, judge
from tests.samples import AT, CERTIFICATE, REFUSED, SEEN, SENSOR

EXPIRED = replace(CERTIFICATE, problem=Reason.CERTIFICATE_EXPIRED, problem_text="certificate has expired")
EXPIRED_TEXT = (
    "certificate has expired (certificate of CN=mail.example.org, valid from 2026-01-01 to 2026-04-01, "
    "issued by CN=Example CA)"
)
CERTIFICATE_TROUBLE = Trouble(Reason.CERTIFICATE_EXPIRED, Phase.SECURITY, EXPIRED_TEXT)
IN_USE = Trouble(Reason.MAILBOX_IN_USE, Phase.LOGIN, "the login was rejected: -ERR [IN-USE] locked")
DELAY = Trouble(Reason.LOGIN_DELAY, Phase.LOGIN, "the login was rejected: -ERR [LOGIN-DELAY] too soon")
REJECTED = Trouble(Reason.LOGIN_REJECTED, Phase.LOGIN, "the login was rejected: -ERR no")
NO_SECRET = Trouble(Reason.SECRET_MISSING, None, "the secret a does not exist")
INVALID = Trouble(Reason.SETTINGS_INVALID, None, "host: is missing")

EARLIER = AT - timedelta(hours=1)


def was(status: Status, failures: int = 0) -> State:
    return State(status, EARLIER, "connect", "refused", "as it was", failures)


def troubled(trouble: Trouble, **changes: Any) -> Observation:
    return replace(SEEN, trouble=trouble, **changes)


EXPIRED_CERTIFICATE = replace(SEEN, certificate=EXPIRED)
UP = Verdict(Status.UP, None, 0, answered=True)

# Settings that are not the default, the state before, what was seen, the verdict.
TABLE: dict[str, tuple[dict[str, Any], State | None, Observation, Verdict]] = {
    "a good first scan is Up": ({}, None, SEEN, UP),
    "a good scan after a good one is Up": ({}, was(Status.UP), SEEN, UP),
    "a good scan after many failures is Up at once": ({}, was(Status.DOWN, 7), SEEN, UP),
    "a good scan after a trouble of our own is Up": ({}, was(Status.UNKNOWN, 3), SEEN, UP),
    "a first scan that fails is a Warning": (
        {},
        None,
        REFUSED,
        Verdict(Status.WARNING, REFUSED.trouble, 1, answered=False),
    ),
    "a second failure is Down": (
        {},
        was(Status.WARNING, 1),
        REFUSED,
        Verdict(Status.DOWN, REFUSED.trouble, 2, answered=False),
    ),
    "failures are counted while Down": (
        {},
        was(Status.DOWN, 2),
        REFUSED,
        Verdict(Status.DOWN, REFUSED.trouble, 3, answered=False),
    ),
    "without patience the first failure is Down": (
        {"warning_scans": 0},
        was(Status.UP),
        REFUSED,
        Verdict(Status.DOWN, REFUSED.trouble, 1, answered=False),
    ),
    "a failure after a Warning that was an answer is the first of a row": (
        {},
        was(Status.WARNING, 0),
        REFUSED,
        Verdict(Status.WARNING, REFUSED.trouble, 1, answered=False),
    ),
    "patience that is taken back is gone at once": (
        {"warning_scans": 1},
        was(Status.WARNING, 2),
        REFUSED,
        Verdict(Status.DOWN, REFUSED.trouble, 3, answered=False),
    ),
    "a trouble of our own is Unknown, and neither a failure nor a success": (
        {},
        was(Status.WARNING, 1),
        replace(REFUSED, trouble=NO_SECRET),
        Verdict(Status.UNKNOWN, NO_SECRET, 1, answered=False),
    ),
    "a failure after a trouble of our own goes on with the row": (
        {},
        was(Status.UNKNOWN, 1),
        REFUSED,
        Verdict(Status.DOWN, REFUSED.trouble, 2, answered=False),
    ),
    "a mailbox in use is a Warning and an answer": (
        {},
        was(Status.UP),
        troubled(IN_USE),
        Verdict(Status.WARNING, IN_USE, 0, answered=True),
    ),
    "a mailbox in use ends a row of failures": (
        {"warning_scans": 0},
        was(Status.DOWN, 7),
        troubled(IN_USE),
        Verdict(Status.WARNING, IN_USE, 0, answered=True),
    ),
    "a login delay is a Warning and an answer": (
        {},
        was(Status.UP),
        troubled(DELAY),
        Verdict(Status.WARNING, DELAY, 0, answered=True),
    ),
    "a login delay ends a row of failures": (
        {"warning_scans": 0},
        was(Status.DOWN, 7),
        troubled(DELAY),
        Verdict(Status.WARNING, DELAY, 0, answered=True),
    ),
    "a bad certificate that is warned of is a Warning and an answer": (
        {"certificate_check": "warn"},
        was(Status.DOWN, 7),
        EXPIRED_CERTIFICATE,
        Verdict(Status.WARNING, CERTIFICATE_TROUBLE, 0, answered=True),
    ),
    "a bad certificate that is ignored is Up": ({"certificate_check": "off"}, None, EXPIRED_CERTIFICATE, UP),
    "a good certificate that would be warned of is Up": ({"certificate_check": "warn"}, None, SEEN, UP),
    "no certificate at all is nothing to warn of": (
        {"certificate_check": "warn"},
        None,
        replace(SEEN, certificate=None, tls=None),
        UP,
    ),
    "of two Warnings the one that came first in the scan counts": (
        {"certificate_check": "warn"},
        None,
        troubled(IN_USE, certificate=EXPIRED),
        Verdict(Status.WARNING, CERTIFICATE_TROUBLE, 0, answered=True),
    ),
    "of two Warnings the first counts, also where the second is a failure in grace": (
        {"certificate_check": "warn"},
        None,
        troubled(REJECTED, certificate=EXPIRED),
        Verdict(Status.WARNING, CERTIFICATE_TROUBLE, 1, answered=False),
    ),
    "Down is graver than a certificate that is warned of": (
        {"certificate_check": "warn", "warning_scans": 0},
        None,
        troubled(REJECTED, certificate=EXPIRED),
        Verdict(Status.DOWN, REJECTED, 1, answered=False),
    ),
    "a bad certificate that is ignored does not hide a failure": (
        {"certificate_check": "off"},
        None,
        troubled(REJECTED, certificate=EXPIRED),
        Verdict(Status.WARNING, REJECTED, 1, answered=False),
    ),
}


@pytest.mark.parametrize(("changes", "previous", "seen", "verdict"), TABLE.values(), ids=TABLE)
def test_verdicts(changes: dict[str, Any], previous: State | None, seen: Observation, verdict: Verdict) -> None:
    assert verdict == judge(replace(SENSOR, **changes), seen, previous)


GRACE = {
    0: "Down Down Down Down Down Down Down",
    1: "Warning Down Down Down Down Down Down",
    2: "Warning Warning Down Down Down Down Down",
    3: "Warning Warning Warning Down Down Down Down",
    4: "Warning Warning Warning Warning Down Down Down",
    5: "Warning Warning Warning Warning Warning Down Down",
}


@pytest.mark.parametrize("warning_scans", GRACE)
def test_seven_failures_in_a_row(warning_scans: int) -> None:
    def scan(previous: State | None, number: int) -> State:
        at = AT + timedelta(minutes=number)
        return judge(replace(SENSOR, warning_scans=warning_scans), replace(REFUSED, at=at), previous).state(
            previous, at
        )

    states = list(accumulate(range(7), scan, initial=was(Status.UP)))[1:]
    # `since` moves with the status, and only then.
    turning_points = {Status.WARNING: AT, Status.DOWN: AT + timedelta(minutes=warning_scans)}
    trouble = REFUSED.trouble
    assert trouble
    expected = [
        State(Status(status), turning_points[Status(status)], "connect", "refused", trouble.message, number)
        for number, status in enumerate(GRACE[warning_scans].split(), start=1)
    ]
    assert expected == states


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_its_status(reason: Reason) -> None:
    """Without patience, so that a Warning is never grace."""
    own = "address_forbidden secret_missing secret_denied secret_malformed settings_invalid not_run internal_error"
    statuses = dict.fromkeys(own.split(), Status.UNKNOWN) | dict.fromkeys(
        ["mailbox_in_use", "login_delay"], Status.WARNING
    )
    seen = replace(REFUSED, trouble=Trouble(reason, None, "no luck"))
    assert statuses.get(reason, Status.DOWN) == judge(replace(SENSOR, warning_scans=0), seen, None).status


def test_settings_that_are_invalid_are_a_trouble_of_our_own() -> None:
    expected = Verdict(Status.UNKNOWN, INVALID, 2, answered=False)
    assert expected == judge(None, Observation(AT, trouble=INVALID), was(Status.DOWN, 2))


@pytest.mark.parametrize("seen", [SEEN, REFUSED], ids=["good", "failed"])
def test_without_settings_nothing_else_can_be_judged(seen: Observation) -> None:
    with pytest.raises(ValueError, match="a scan without settings has a trouble of its own"):
        judge(None, seen, None)


# The verdict, the state before, the state after.
STATES: dict[str, tuple[Verdict, State | None, State]] = {
    "the first scan": (UP, None, State(Status.UP, AT)),
    "the same status: since does not move, what it was about does": (
        Verdict(Status.DOWN, REJECTED, 4, answered=False),
        was(Status.DOWN, 3),
        State(Status.DOWN, EARLIER, "login", "login_rejected", REJECTED.message, 4),
    ),
    "another status: since moves": (
        Verdict(Status.DOWN, REJECTED, 2, answered=False),
        was(Status.WARNING, 1),
        State(Status.DOWN, AT, "login", "login_rejected", REJECTED.message, 2),
    ),
    "Up again: nothing is left of the trouble": (UP, was(Status.DOWN, 3), State(Status.UP, AT)),
    "Up as before: nothing changes": (UP, State(Status.UP, EARLIER), State(Status.UP, EARLIER)),
    "no phase to blame": (
        Verdict(Status.UNKNOWN, NO_SECRET, 1, answered=False),
        was(Status.WARNING, 1),
        State(Status.UNKNOWN, AT, "", "secret_missing", NO_SECRET.message, 1),
    ),
}


@pytest.mark.parametrize(("verdict", "previous", "state"), STATES.values(), ids=STATES)
def test_states(verdict: Verdict, previous: State | None, state: State) -> None:
    assert state == verdict.state(previous, AT)

"""The four modes: when TLS is used, when a scan does without, and when it fails. Every case has a login to protect."""

import ssl
from collections.abc import Callable

import pytest

from pop3_sensor.model import Phase
from tests.fakes.clock import Clock
from tests.samples import PASSWORD, Changes, a_sensor
from tests.servers.certificates import YESTERDAY, Authority
from tests.servers.scripted import (
    Close,
    Drip,
    Expect,
    Hang,
    ReadSome,
    Script,
    Send,
    StartTls,
    answer,
    capa,
    greeting,
    login_user,
    quit_answer,
    scripted,
    stls,
)
from tests.wire.passing_time import PassingTime
from tests.wire.provoking import Answer, outcome, provoke, run_scan

LOG_IN = [*login_user("ann", PASSWORD), *quit_answer()]
KNOWN_LOG_IN = [*capa("USER"), *LOG_IN]
OFFERED = [*greeting(), *capa("STLS", "USER")]
UNKNOWN = [*greeting(), *answer("CAPA", "-ERR")]
BUSY = "-ERR [SYS/TEMP] busy"

# After the handshake no CAPA is remembered: it is asked for again, under TLS.
STARTTLS = "by STLS: good after lookup connect greeting security login"
CLEAR = "in the clear: good after lookup connect greeting security login"
IMPLICIT = "by implicit TLS: good after lookup connect security greeting login"
AGAIN = "in the clear: good after lookup security connect greeting login"

Scripts = Callable[[ssl.SSLContext], list[Script]]  # one for each connection
Modes = dict[str, tuple[Scripts, str]]

STARTTLS_IF_AVAILABLE: Modes = {
    "STLS is offered": (lambda tls: [[*OFFERED, *stls(tls), *KNOWN_LOG_IN]], STARTTLS),
    "STLS is not offered": (lambda _: [[*greeting(), *KNOWN_LOG_IN]], CLEAR),
    "CAPA is refused": (lambda _: [[*UNKNOWN, *LOG_IN]], CLEAR),
    "STLS is refused": (lambda _: [[*OFFERED, *answer("STLS", "-ERR not today"), *LOG_IN]], CLEAR),
    "STLS fails for now": (
        lambda _: [[*OFFERED, *answer("STLS", BUSY), *quit_answer()]],
        "in the clear: temporary_failure in security after lookup connect greeting",
    ),
    "STLS fails for good": (
        lambda _: [[*OFFERED, *answer("STLS", "-ERR [SYS/PERM] broken"), *quit_answer()]],
        "in the clear: permanent_failure in security after lookup connect greeting",
    ),
    "STLS is met by silence": (
        lambda _: [[*OFFERED, Expect("STLS"), Close()]],
        "in the clear: closed in security after lookup connect greeting",
    ),
    "the handshake fails": (
        lambda _: [[*OFFERED, *answer("STLS", "+OK"), Answer(b"-ERR\r\n")]],
        "in the clear: tls_failed in security after lookup connect greeting",
    ),
    "the handshake is cut off": (
        lambda _: [[*OFFERED, *answer("STLS", "+OK"), ReadSome(), Close()]],
        "in the clear: closed in security after lookup connect greeting",
    ),
    "USER is known under TLS only": (
        lambda tls: [[*greeting(), *capa("STLS"), *stls(tls), *KNOWN_LOG_IN]],
        STARTTLS,
    ),
    "USER is known in the clear only": (
        lambda tls: [[*OFFERED, *stls(tls), *capa("UIDL"), *quit_answer()]],
        "by STLS: method_not_offered in login after lookup connect greeting security",
    ),
}
STARTTLS_REQUIRED: Modes = STARTTLS_IF_AVAILABLE | {
    "STLS is not offered": (
        lambda _: [[*greeting(), *capa("USER"), *quit_answer()]],
        "in the clear: tls_not_offered in security after lookup connect greeting",
    ),
    "CAPA is refused": (lambda tls: [[*UNKNOWN, *stls(tls), *KNOWN_LOG_IN]], STARTTLS),
    "CAPA is refused, under TLS too": (
        lambda tls: [[*UNKNOWN, *stls(tls), *answer("CAPA", "-ERR"), *LOG_IN]],
        STARTTLS,
    ),
    "CAPA is refused, and STLS": (
        lambda _: [[*UNKNOWN, *answer("STLS", "-ERR what?"), *quit_answer()]],
        "in the clear: tls_not_offered in security after lookup connect greeting",
    ),
    "CAPA is refused, and STLS fails for now": (
        lambda _: [[*UNKNOWN, *answer("STLS", BUSY), *quit_answer()]],
        "in the clear: temporary_failure in security after lookup connect greeting",
    ),
    "STLS is refused": (
        lambda _: [[*OFFERED, *answer("STLS", "-ERR not today"), *quit_answer()]],
        "in the clear: tls_refused in security after lookup connect greeting",
    ),
}
TLS_IF_AVAILABLE: Modes = {
    "TLS": (lambda tls: [[StartTls(tls), *greeting(), *KNOWN_LOG_IN]], IMPLICIT),
    "plain POP3": (lambda _: [[*greeting(), ReadSome()], [*greeting(), *KNOWN_LOG_IN]], AGAIN),
    "plain POP3 after a pause": (lambda _: [[ReadSome(), *greeting()], [*greeting(), *KNOWN_LOG_IN]], AGAIN),
    "plain POP3 that offers STLS, which is another mode": (
        lambda _: [[*greeting(), ReadSome()], [*greeting(), *capa("STLS", "USER"), *LOG_IN]],
        AGAIN,
    ),
    "a refusal in plain POP3, once": (
        lambda _: [[Send(b"-ERR busy\r\n"), ReadSome()], [*greeting(), *KNOWN_LOG_IN]],
        AGAIN,
    ),
    "a refusal in plain POP3, again": (
        lambda _: [[Send(b"-ERR busy\r\n"), ReadSome()], [Send(b"-ERR busy\r\n"), *quit_answer()]],
        "in the clear: error_reply in greeting after lookup security connect",
    ),
    "a refusal with a code, again": (
        lambda _: [[Send(b"-ERR [SYS/TEMP]\r\n"), ReadSome()], [Send(b"-ERR [SYS/TEMP]\r\n"), *quit_answer()]],
        "in the clear: temporary_failure in greeting after lookup security connect",
    ),
    "silence, the second time": (
        lambda _: [[*greeting(), ReadSome()], [Close()]],
        "in the clear: closed in greeting after lookup security connect",
    ),
    "another protocol": (
        lambda _: [[Answer(b"220 mail ESMTP\r\n")]],
        "in the clear: tls_failed in security after lookup connect",
    ),
    "an alert": (
        lambda _: [[Answer(b"\x15\x03\x03\x00\x02\x02\x28")]],
        "in the clear: tls_failed in security after lookup connect",
    ),
    "POP3 once the handshake has begun": (
        lambda _: [[Answer(b"\x16\x03\x03\x00\x04\x0e\x00\x00\x00+OK ready\r\n")]],
        "in the clear: tls_failed in security after lookup connect",
    ),
    "a handshake that is cut off": (
        lambda _: [[ReadSome(), Close()]],
        "in the clear: closed in security after lookup connect",
    ),
}
TLS_REQUIRED: Modes = {
    name: TLS_IF_AVAILABLE[name] for name in ("TLS", "another protocol", "an alert", "a handshake that is cut off")
} | {
    "plain POP3": (
        lambda _: [[*greeting(), ReadSome()]],
        "in the clear: tls_not_supported in security after lookup connect",
    ),
    "a refusal in plain POP3": (
        lambda _: [[Send(b"-ERR busy\r\n"), ReadSome()]],
        "in the clear: tls_not_supported in security after lookup connect",
    ),
}
CASES = {
    f"{mode}: {name}": (mode, *case)
    for mode, cases in {
        "starttls_if_available": STARTTLS_IF_AVAILABLE,
        "starttls_required": STARTTLS_REQUIRED,
        "tls_if_available": TLS_IF_AVAILABLE,
        "tls_required": TLS_REQUIRED,
    }.items()
    for name, case in cases.items()
}


@pytest.mark.parametrize(("mode", "scripts", "expected"), CASES.values(), ids=CASES)
def test_mode(authority: Authority, tls: ssl.SSLContext, mode: str, scripts: Scripts, expected: str) -> None:
    changes: Changes = {"transport_security": mode, "authentication": "user_password", "trusted_ca": authority.pem}
    seen = provoke(*scripts(tls), **changes)
    encryption = {"STLS": "by STLS", "implicit": "by implicit TLS"}[seen.tls.started_by] if seen.tls else "in the clear"
    assert expected == f"{encryption}: {outcome(seen)}"


@pytest.mark.parametrize("mode", ["tls_if_available", "starttls_if_available"])
def test_a_bad_certificate_is_never_a_reason_to_do_without(authority: Authority, mode: str) -> None:
    context = authority.issue(not_after=YESTERDAY).server_context()
    by_mode: dict[str, Script] = {
        "tls_if_available": [StartTls(context)],
        "starttls_if_available": [*OFFERED, *stls(context), *quit_answer()],
    }
    seen = provoke(by_mode[mode], transport_security=mode, trusted_ca=authority.pem, authentication="user_password")
    assert seen.trouble
    assert "certificate_expired" == seen.trouble.reason


def test_the_second_connection_goes_to_the_same_address(resolver: list[str]) -> None:
    resolver += ["127.0.0.1", "127.0.0.2"]
    scripts = [*greeting(), ReadSome()], [*greeting(), *quit_answer()]
    seen = provoke(*scripts, host="mail.example.org", transport_security="tls_if_available")
    expected = ("good after lookup security connect greeting", "127.0.0.1", ["127.0.0.2"])
    assert expected == (outcome(seen), seen.address, resolver)


def test_what_the_first_connection_took_is_security() -> None:
    gap_seconds = 0.05
    slow = [Drip(b"+OK ready\r\n", gap_seconds)]  # three bytes tell that this is no TLS
    with scripted(slow, [*greeting(), *quit_answer()]) as server:
        seen = run_scan(a_sensor(port=server.port, transport_security="tls_if_available"))
    assert [] == server.failures
    assert "good after lookup security connect greeting" == outcome(seen)
    assert 3 * gap_seconds * 1_000_000 <= seen.phases[Phase.SECURITY]
    assert sum(seen.phases.values()) < 2 * seen.phases[Phase.SECURITY]


def test_the_second_connection_is_under_the_same_deadline(clock: Clock) -> None:
    passing = PassingTime(clock)
    with scripted([passing.of(30), *greeting(), ReadSome()], [passing.of(60), Hang()]) as server:
        settings = a_sensor(port=server.port, transport_security="tls_if_available")
        seen = run_scan(settings, seconds=60, loop_factory=passing.loop)
    assert [] == server.failures
    assert "timeout in greeting after lookup security connect" == outcome(seen)
    assert 60 <= passing.seconds < 70

"""Why a connection is not secured, apart from its certificate. No case has a login: none may come to one."""

import socket
import ssl
import warnings
from dataclasses import dataclass

import pytest

from tests.samples import Changes
from tests.servers.certificates import Authority
from tests.servers.scripted import (
    Connection,
    Expect,
    ReadSome,
    Script,
    Send,
    StartTls,
    Step,
    answer,
    capa,
    greeting,
    quit_answer,
)
from tests.wire.provoking import Answer, Case, FailTls, assert_case, outcome, provoke

IMPLICIT = "in security after lookup connect"
STARTTLS = "in security after lookup connect greeting"

TLS_REQUIRED: Changes = {"transport_security": "tls_required", "authentication": "user_password"}
STARTTLS_REQUIRED: Changes = {"transport_security": "starttls_required", "authentication": "user_password"}
IF_AVAILABLE: Changes = {"transport_security": "starttls_if_available", "authentication": "user_password"}

OFFERED = [*greeting(), *capa("STLS", "USER")]
BEGUN = [*OFFERED, *answer("STLS", "+OK begin TLS")]
FATAL_ALERT = b"\x15\x03\x03\x00\x02\x02\x28"  # handshake_failure, RFC 5246 section 7.2

REFUSALS = {
    "STLS is not among the capabilities": Case(
        [*greeting(), *capa("USER"), *quit_answer()], f"tls_not_offered {STARTTLS}", changes=STARTTLS_REQUIRED
    ),
    "CAPA is refused, and STLS": Case(
        [*greeting(), *answer("CAPA", "-ERR"), *answer("STLS", "-ERR what?"), *quit_answer()],
        f"tls_not_offered {STARTTLS}",
        "-ERR what?",
        STARTTLS_REQUIRED,
    ),
    "STLS is offered and refused": Case(
        [*OFFERED, *answer("STLS", "-ERR not today"), *quit_answer()],
        f"tls_refused {STARTTLS}",
        "-ERR not today",
        STARTTLS_REQUIRED,
    ),
    "plain POP3 where TLS is required": Case(
        [*greeting(), ReadSome()], f"tls_not_supported {IMPLICIT}", "+OK ready", TLS_REQUIRED
    ),
    "plain POP3, after a pause": Case(
        [ReadSome(), *greeting()], f"tls_not_supported {IMPLICIT}", "+OK ready", TLS_REQUIRED
    ),
    "a refusal in plain POP3": Case(
        [Send(b"-ERR go away\r\n"), ReadSome()], f"tls_not_supported {IMPLICIT}", "-ERR go away", TLS_REQUIRED
    ),
}


@pytest.mark.parametrize("case", REFUSALS.values(), ids=REFUSALS)
def test_the_server_has_no_tls(case: Case) -> None:
    assert_case(case, provoke(case.script, **case.changes))


FAILURES = {
    "another protocol": [Answer(b"HTTP/1.1 400 Bad Request\r\n\r\n")],
    "bytes that mean nothing": [Answer(b"\xff" * 100)],
    "an alert": [Answer(FATAL_ALERT)],
    "a handshake that breaks off into an alert": [Answer(b"\x16\x03\x03\x00\x04\x0e\x00\x00\x00" + FATAL_ALERT)],
    "a record that is too long": [Answer(b"\x16\x03\x03\xff\xff" + bytes(0xFFFF))],
}


@pytest.mark.parametrize("mode", ["tls_required", "tls_if_available"])
@pytest.mark.parametrize("steps", FAILURES.values(), ids=FAILURES)
def test_the_handshake_fails(steps: list[Step], mode: str) -> None:
    assert f"tls_failed {IMPLICIT}" == outcome(provoke(steps, transport_security=mode))


@pytest.mark.parametrize("mode", ["starttls_required", "starttls_if_available"])
@pytest.mark.parametrize(
    "steps", [*FAILURES.values(), [Answer(b"+OK injected\r\n")]], ids=[*FAILURES, "POP3 in the clear"]
)
def test_the_handshake_after_stls_fails(steps: list[Step], mode: str) -> None:
    assert f"tls_failed {STARTTLS}" == outcome(provoke([*BEGUN, *steps], transport_security=mode))


def test_another_protocol_is_quoted() -> None:
    seen = provoke([Answer(b"SSH-2.0-OpenSSH_9.2p1\r\n")], **TLS_REQUIRED)
    assert_case(Case((), f"tls_failed {IMPLICIT}", "SSH-2.0-OpenSSH_9.2p1"), seen)


@pytest.fixture
def old_tls(authority: Authority) -> ssl.SSLContext:
    context = authority.issue().server_context()
    context.set_ciphers("ALL:@SECLEVEL=0")  # OpenSSL 3 knows TLS 1.1 at this level only
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    return context


@pytest.fixture
def odd_tls(authority: Authority) -> ssl.SSLContext:
    context = authority.issue().server_context()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("AES128-SHA256")  # of another kind than the server's own key
    return context


@pytest.mark.parametrize("mode", ["tls_required", "tls_if_available"])
@pytest.mark.parametrize("kind", ["old_tls", "odd_tls"])
def test_no_common_ground(request: pytest.FixtureRequest, kind: str, mode: str) -> None:
    seen = provoke([FailTls(request.getfixturevalue(kind))], transport_security=mode)
    assert f"tls_failed {IMPLICIT}" == outcome(seen)


@pytest.mark.parametrize("mode", ["starttls_required", "starttls_if_available"])
@pytest.mark.parametrize("kind", ["old_tls", "odd_tls"])
def test_no_common_ground_after_stls(request: pytest.FixtureRequest, kind: str, mode: str) -> None:
    seen = provoke([*BEGUN, FailTls(request.getfixturevalue(kind))], transport_security=mode)
    assert f"tls_failed {STARTTLS}" == outcome(seen)


@dataclass(frozen=True)
class SendBeneathTls:
    data: bytes

    def play(self, connection: Connection) -> None:
        socket.socket.sendall(connection._socket, self.data)  # noqa: SLF001 - no honest server can do this


@dataclass(frozen=True)
class SendTogether:
    """All in one TCP segment: each of these its own TLS record, and bytes beneath TLS behind them."""

    records: tuple[bytes, ...]
    beneath: bytes = b""

    def play(self, connection: Connection) -> None:
        below = connection._socket  # noqa: SLF001 - the kernel holds the segment back, for these tests alone
        below.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
        for record in self.records:
            connection.write(record)
        socket.socket.sendall(below, self.beneath)
        below.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 0)


BROKEN = {
    "bytes that are no record": b"+OK ready\r\n",
    "a forged record": b"\x17\x03\x03\x00\x20" + bytes(32),
    "a forged alert": FATAL_ALERT,
}


@pytest.mark.parametrize("data", BROKEN.values(), ids=BROKEN)
def test_tls_is_broken_later(authority: Authority, tls: ssl.SSLContext, data: bytes) -> None:
    seen = provoke([StartTls(tls), SendBeneathTls(data)], trusted_ca=authority.pem, **TLS_REQUIRED)
    assert "tls_failed in greeting after lookup connect security" == outcome(seen)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=lambda one: one.name)
@pytest.mark.parametrize("data", BROKEN.values(), ids=BROKEN)
def test_tls_is_broken_before_we_speak(authority: Authority, data: bytes, version: ssl.TLSVersion) -> None:
    """We meet it as we write: what was read before that was good."""
    context = authority.issue().server_context()
    context.minimum_version = context.maximum_version = version
    script: Script = [StartTls(context), SendTogether((b"+OK ready <1.2@example.org>\r\n",), beneath=data)]
    seen = provoke(script, trusted_ca=authority.pem, **TLS_REQUIRED)
    assert "tls_failed in login after lookup connect security greeting" == outcome(seen)


# CVE-2011-0411 and its kin. Not even a ClientHello is sent.
INJECTED = {
    "a reply": b"+OK begin TLS\r\n+OK injected\r\n",
    "half a reply": b"+OK begin TLS\r\n+",
    "many replies": b"+OK begin TLS\r\n" + b"+OK\r\n" * 5,
    "a handshake of its own": b"+OK begin TLS\r\n\x16\x03\x03",
    "a line end": b"+OK begin TLS\r\n\r\n",
}


@pytest.mark.parametrize("changes", [STARTTLS_REQUIRED, IF_AVAILABLE], ids=lambda one: one["transport_security"])
@pytest.mark.parametrize("data", INJECTED.values(), ids=INJECTED)
def test_what_is_injected_behind_the_ok_to_stls(data: bytes, changes: Changes) -> None:
    seen = provoke([*OFFERED, Expect("STLS"), Send(data)], **changes)
    assert f"unexpected_data {STARTTLS}" == outcome(seen)


def test_an_answer_that_comes_before_the_question(authority: Authority, tls: ssl.SSLContext) -> None:
    """Otherwise the next command would be taken for answered, a login for accepted."""
    script: Script = [StartTls(tls), SendTogether((b"+OK ready <1.2@example.org>\r\n", b"+OK welcome\r\n"))]
    changes: Changes = {"transport_security": "tls_required", "authentication": "apop", "trusted_ca": authority.pem}
    seen = provoke(script, **changes)
    case = Case((), "unexpected_data in login after lookup connect security greeting", "+OK welcome")
    assert_case(case, seen)

"""Whatever a server holds back or pours out: a scan ends when its time is over, and not much later."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest

from pop3_sensor.model import Observation
from tests.fakes.clock import Clock
from tests.samples import PASSWORD, Changes, a_sensor
from tests.servers.certificates import Authority
from tests.servers.scripted import (
    Expect,
    Hang,
    ReadSome,
    Script,
    Send,
    StartTls,
    answer,
    capa,
    greeting,
    scripted,
    stls,
)
from tests.wire.passing_time import PassingTime
from tests.wire.provoking import outcome, run_scan

SECONDS = 60.0
# A QUIT that hangs, too, would take two seconds. What is left out of it is for a busy machine.
AT_MOST_LATER = 1.5
GREETING = "timeout in greeting after lookup connect"
SECURITY = "timeout in security after lookup connect greeting"
IMPLICIT = "timeout in security after lookup connect"
LOGIN = "timeout in login after lookup connect greeting security"

TLS: Changes = {"transport_security": "tls_required"}
LOG_IN: Changes = {"authentication": "user_password", "channels": ("MessageCount",)}
APOP: Changes = {"authentication": "apop"}
KNOWN = [*greeting("<1.2@example.org>"), *capa("USER")]
NAMED = [*KNOWN, *answer("USER ann", "+OK")]
SECURED = [*greeting(), *capa("STLS"), *answer("STLS", "+OK")]

# What the server says at first, and byte by byte after that, for ever.
HUNG: dict[str, tuple[Script, bytes, str, Changes]] = {
    "no greeting": ([], b"", GREETING, {}),
    "half a greeting": ([Send(b"+OK re")], b"", GREETING, {}),
    "a greeting byte by byte": ([], b"+OK " + b"x" * 1000, GREETING, {}),
    "no handshake": ([], b"", IMPLICIT, TLS),
    "half a record": ([Send(b"\x16\x03\x03\x00\x40")], b"", IMPLICIT, TLS),
    "a handshake byte by byte": ([], b"\x16\x03\x03\x40\x00\x02" + bytes(1000), IMPLICIT, TLS),
    "no answer to CAPA": ([*greeting(), Expect("CAPA")], b"", SECURITY, {}),
    "CAPA without an end": ([*greeting(), Expect("CAPA"), Send(b"+OK\r\nUSER\r\n")], b"", SECURITY, {}),
    "CAPA byte by byte": ([*greeting(), Expect("CAPA")], b"+OK\r\n" + b"X\r\n" * 1000, SECURITY, {}),
    "no answer to STLS": ([*greeting(), *capa("STLS"), Expect("STLS")], b"", SECURITY, {}),
    "no handshake after STLS": (SECURED, b"", SECURITY, {}),
    "no answer to USER": ([*KNOWN, Expect("USER ann")], b"", LOGIN, LOG_IN),
    "no answer to PASS": ([*NAMED, Expect(f"PASS {PASSWORD}")], b"", LOGIN, LOG_IN),
    "no answer to STAT": ([*NAMED, *answer(f"PASS {PASSWORD}", "+OK"), Expect("STAT")], b"", LOGIN, LOG_IN),
    "no answer to APOP": ([*KNOWN, ReadSome()], b"", LOGIN, APOP),
}


@pytest.mark.parametrize(("script", "rest", "expected", "changes"), HUNG.values(), ids=HUNG)
def test_hung(clock: Clock, script: Script, rest: bytes, expected: str, changes: Changes) -> None:
    passing = PassingTime(clock)
    with scripted([*script, passing.byte_by_byte(rest) if rest else passing.of(SECONDS), Hang()]) as server:
        seen = timed_out(passing, server.port, **changes)
    assert ([], expected) == (server.failures, outcome(seen))
    assert b"QUIT" not in server.received[0]  # there is no time left for it


UNDER_TLS: dict[str, tuple[Callable[[ssl.SSLContext], Script], str, Changes]] = {
    "no greeting": (lambda tls: [StartTls(tls)], "timeout in greeting after lookup connect security", TLS),
    "CAPA asked again": (lambda tls: [*greeting(), *capa("STLS"), *stls(tls), Expect("CAPA")], LOGIN, LOG_IN),
}


@pytest.mark.parametrize("case", UNDER_TLS.values(), ids=UNDER_TLS)
def test_hung_under_tls(
    clock: Clock,
    authority: Authority,
    tls: ssl.SSLContext,
    case: tuple[Callable[[ssl.SSLContext], Script], str, Changes],
) -> None:
    script, expected, changes = case
    passing = PassingTime(clock)
    with scripted([*script(tls), passing.of(SECONDS), Hang()]) as server:
        seen = timed_out(passing, server.port, trusted_ca=authority.pem, **changes)
    assert ([], expected) == (server.failures, outcome(seen))


def test_a_resolver_that_never_answers(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()
    passing = PassingTime(clock)

    def getaddrinfo(*_question: object) -> list[object]:
        clock.skip(SECONDS)
        passing.wake()
        over.wait(10)
        raise socket.gaierror(socket.EAI_AGAIN, "too late")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    try:
        seen = timed_out(passing, 110, host="mail.example.org")
    finally:
        over.set()
    assert "timeout in lookup after nothing" == outcome(seen)


def test_a_port_that_never_answers() -> None:
    with full_port() as port:
        seen = run_scan(a_sensor(port=port), seconds=0.2)
    assert ("timeout in connect after lookup", "127.0.0.1") == (outcome(seen), seen.address)


@contextmanager
def full_port() -> Iterator[int]:
    """Its queue is full of callers, so that Linux leaves further ones without an answer."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(3):
            caller = stack.enter_context(socket.socket())
            caller.setblocking(False)
            caller.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


def timed_out(passing: PassingTime, port: int, **changes: object) -> Observation:
    seen = run_scan(a_sensor(port=port, **changes), seconds=SECONDS, loop_factory=passing.loop)
    assert SECONDS <= passing.seconds <= SECONDS + AT_MOST_LATER
    return seen

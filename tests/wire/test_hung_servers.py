"""Whatever a server holds back or pours out: a scan ends when its time is over, and not much later."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest

from pop3_sensor.model import Observation
from tests.samples import PASSWORD, Changes, a_sensor
from tests.servers.certificates import Authority
from tests.servers.scripted import (
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
    scripted,
    stls,
)
from tests.wire.provoking import outcome, run_scan

SECONDS = 0.2
AT_MOST_LATER = 0.1
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
GAP_SECONDS = 0.02

HUNG: dict[str, tuple[Script, str, Changes]] = {
    "no greeting": ([Hang()], GREETING, {}),
    "half a greeting": ([Send(b"+OK re"), Hang()], GREETING, {}),
    "a greeting byte by byte": ([Drip(b"+OK " + b"x" * 1000, GAP_SECONDS)], GREETING, {}),
    "no handshake": ([Hang()], IMPLICIT, TLS),
    "half a record": ([Send(b"\x16\x03\x03\x00\x40"), Hang()], IMPLICIT, TLS),
    "a handshake byte by byte": ([Drip(b"\x16\x03\x03\x40\x00\x02" + bytes(1000), GAP_SECONDS)], IMPLICIT, TLS),
    "no answer to CAPA": ([*greeting(), Expect("CAPA"), Hang()], SECURITY, {}),
    "CAPA without an end": ([*greeting(), Expect("CAPA"), Send(b"+OK\r\nUSER\r\n"), Hang()], SECURITY, {}),
    "CAPA byte by byte": ([*greeting(), Expect("CAPA"), Drip(b"+OK\r\n" + b"X\r\n" * 1000, GAP_SECONDS)], SECURITY, {}),
    "no answer to STLS": ([*greeting(), *capa("STLS"), Expect("STLS"), Hang()], SECURITY, {}),
    "no handshake after STLS": ([*SECURED, Hang()], SECURITY, {}),
    "no answer to USER": ([*KNOWN, Expect("USER ann"), Hang()], LOGIN, LOG_IN),
    "no answer to PASS": ([*NAMED, Expect(f"PASS {PASSWORD}"), Hang()], LOGIN, LOG_IN),
    "no answer to STAT": ([*NAMED, *answer(f"PASS {PASSWORD}", "+OK"), Expect("STAT"), Hang()], LOGIN, LOG_IN),
    "no answer to APOP": ([*KNOWN, ReadSome(), Hang()], LOGIN, APOP),
}


@pytest.mark.parametrize(("script", "expected", "changes"), HUNG.values(), ids=HUNG)
def test_hung(script: Script, expected: str, changes: Changes) -> None:
    with scripted(script) as server:
        seen = timed_out(server.port, **changes)
    assert ([], expected) == (server.failures, outcome(seen))
    assert b"QUIT" not in server.received[0]  # there is no time left for it


UNDER_TLS: dict[str, tuple[Callable[[ssl.SSLContext], Script], str, Changes]] = {
    "no greeting": (lambda tls: [StartTls(tls), Hang()], "timeout in greeting after lookup connect security", TLS),
    "CAPA asked again": (
        lambda tls: [*greeting(), *capa("STLS"), *stls(tls), Expect("CAPA"), Hang()],
        LOGIN,
        LOG_IN,
    ),
}


@pytest.mark.parametrize(("script", "expected", "changes"), UNDER_TLS.values(), ids=UNDER_TLS)
def test_hung_under_tls(
    authority: Authority,
    tls: ssl.SSLContext,
    script: Callable[[ssl.SSLContext], Script],
    expected: str,
    changes: Changes,
) -> None:
    with scripted(script(tls)) as server:
        seen = timed_out(server.port, trusted_ca=authority.pem, **changes)
    assert ([], expected) == (server.failures, outcome(seen))


def test_a_resolver_that_never_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()

    def getaddrinfo(*_question: object) -> list[object]:
        over.wait(10)
        raise socket.gaierror(socket.EAI_AGAIN, "too late")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    try:
        seen = timed_out(110, host="mail.example.org")
    finally:
        over.set()
    assert "timeout in lookup after nothing" == outcome(seen)


def test_a_port_that_never_answers() -> None:
    with full_port() as port:
        seen = timed_out(port)
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


def timed_out(port: int, **changes: object) -> Observation:
    settings = a_sensor(port=port, **changes)
    started = time.monotonic()
    seen = run_scan(settings, seconds=SECONDS)
    assert SECONDS <= time.monotonic() - started <= SECONDS + AT_MOST_LATER
    return seen

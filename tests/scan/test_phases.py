"""Time goes to the phase that took it."""

import socket
import ssl
import threading
import time
from collections.abc import Callable

import pytest

from pop3_sensor.vocabulary import Phase
from tests.factories import PASSWORD, Changes, a_sensor
from tests.scan.provoking import provoke, run_scan
from tests.servers.certificates import Authority
from tests.servers.scripted import (
    Drip,
    Expect,
    Script,
    Send,
    StartTls,
    Step,
    answer,
    capa,
    greeting,
    login_user,
    quit_answer,
    scripted,
    stat,
    stls,
)

SLOW_OK = Drip(b"+OK 2 320\r\n", 0.01)
AT_LEAST = 100_000  # microseconds, for ten bytes and more


def slow(command: str, rest: bytes = b"") -> list[Step]:
    return [Expect(command), SLOW_OK, Send(rest)]


LOG_IN: Changes = {"authentication": "user_password", "channels": ("MessageCount",)}
IMPLICIT: Changes = {"transport_security": "tls_required"}
OFFERED = [*greeting(), *capa("STLS")]
KNOWN = [*greeting(), *capa("USER")]
LOGIN = login_user("ann", PASSWORD)
LEAVE = [*stat(2, 320), *quit_answer()]

SLOW: dict[str, tuple[Callable[[ssl.SSLContext], Script], Changes, Phase]] = {
    "the greeting": (lambda _: [SLOW_OK, *capa(), *quit_answer()], {}, Phase.GREETING),
    "the greeting under TLS": (lambda tls: [StartTls(tls), SLOW_OK, *quit_answer()], IMPLICIT, Phase.GREETING),
    "CAPA": (lambda _: [*greeting(), *slow("CAPA", b".\r\n"), *quit_answer()], {}, Phase.SECURITY),
    "STLS": (lambda tls: [*OFFERED, Expect("STLS"), SLOW_OK, StartTls(tls), *quit_answer()], {}, Phase.SECURITY),
    "CAPA under TLS": (
        lambda tls: [*OFFERED, *stls(tls), *slow("CAPA", b"USER\r\n.\r\n"), *LOGIN, *LEAVE],
        LOG_IN,
        Phase.LOGIN,
    ),
    "USER": (
        lambda _: [*KNOWN, *slow("USER ann"), *answer(f"PASS {PASSWORD}", "+OK"), *LEAVE],
        LOG_IN,
        Phase.LOGIN,
    ),
    "PASS": (
        lambda _: [*KNOWN, *answer("USER ann", "+OK"), *slow(f"PASS {PASSWORD}"), *LEAVE],
        LOG_IN,
        Phase.LOGIN,
    ),
    "STAT": (lambda _: [*KNOWN, *LOGIN, *slow("STAT"), *quit_answer()], LOG_IN, Phase.LOGIN),
}


@pytest.mark.parametrize(("script", "changes", "phase"), SLOW.values(), ids=SLOW)
def test_a_slow(
    authority: Authority,
    tls: ssl.SSLContext,
    script: Callable[[ssl.SSLContext], Script],
    changes: Changes,
    phase: Phase,
) -> None:
    seen = provoke(script(tls), trusted_ca=authority.pem, **changes)
    assert seen.trouble is None
    assert sum(seen.phases.values()) - seen.phases[phase] < AT_LEAST <= seen.phases[phase]


def test_a_slow_lookup(monkeypatch: pytest.MonkeyPatch) -> None:
    def getaddrinfo(*_question: object) -> list[tuple[object, ...]]:
        threading.Event().wait(AT_LEAST / 1_000_000)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 0))]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    seen = provoke([*greeting(), *capa(), *quit_answer()], host="mail.example.org")
    assert sum(seen.phases.values()) - seen.phases[Phase.LOOKUP] < AT_LEAST <= seen.phases[Phase.LOOKUP]


def test_a_slow_farewell_is_no_part_of_the_response_time() -> None:
    with scripted([*greeting(), *capa(), Expect("QUIT"), SLOW_OK]) as server:
        settings = a_sensor(port=server.port)
        started = time.perf_counter()
        seen = run_scan(settings)
        took = time.perf_counter() - started
    assert [] == server.failures
    assert seen.response_time < AT_LEAST / 1000 <= took * 1000 - seen.response_time


def test_a_failed_scan_has_the_time_of_what_it_finished() -> None:
    seen = provoke([SLOW_OK, Expect("CAPA"), Send(b"?\r\n")])
    assert [Phase.LOOKUP, Phase.CONNECT, Phase.GREETING] == list(seen.phases)
    assert seen.phases[Phase.GREETING] >= AT_LEAST

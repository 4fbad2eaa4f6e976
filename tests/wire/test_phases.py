"""Time goes to the phase that took it."""

import asyncio
import socket
import ssl
import threading
import time
from collections.abc import Callable

import pytest

from pop3_sensor.model import Observation, Phase
from pop3_sensor.scan import scan
from pop3_sensor.scan.stopwatch import keep_noting
from tests.samples import CREDENTIALS, PASSWORD, Changes, a_sensor
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
from tests.wire.provoking import provoke, run_scan

SLOW_OK = Drip(b"+OK 2 320\r\n", 0.02)
AT_LEAST = 200_000  # microseconds, for ten bytes and more


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
    assert_slow(seen, phase)


def assert_slow(seen: Observation, phase: Phase) -> None:
    """All others together are quicker, also on a busy machine."""
    assert AT_LEAST <= seen.phases[phase]
    assert sum(seen.phases.values()) < 2 * seen.phases[phase]


def test_a_slow_lookup(monkeypatch: pytest.MonkeyPatch) -> None:
    def getaddrinfo(*_question: object) -> list[tuple[object, ...]]:
        threading.Event().wait(AT_LEAST / 1_000_000)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 0))]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    seen = provoke([*greeting(), *capa(), *quit_answer()], host="mail.example.org")
    assert_slow(seen, Phase.LOOKUP)


def test_a_slow_farewell_is_no_part_of_the_response_time() -> None:
    with scripted([*greeting(), *capa(), Expect("QUIT"), SLOW_OK]) as server:
        settings = a_sensor(port=server.port)
        started = time.perf_counter()
        seen = run_scan(settings)
        took = time.perf_counter() - started
    assert [] == server.failures
    assert AT_LEAST / 1000 <= took * 1000 - seen.response_time


def test_a_failed_scan_has_the_time_of_what_it_finished() -> None:
    seen = provoke([SLOW_OK, Expect("CAPA"), Send(b"?\r\n")])
    assert [Phase.LOOKUP, Phase.CONNECT, Phase.GREETING] == list(seen.phases)
    assert seen.phases[Phase.GREETING] >= AT_LEAST


HOG_SECONDS = 0.1


async def hog() -> None:
    """Other scans at work: for a second our process hardly looks at its sockets."""
    for _ in range(10):
        threading.Event().wait(HOG_SECONDS)
        await asyncio.sleep(0)


OWN_DELAYS: dict[str, tuple[Callable[[ssl.SSLContext], Script], Changes]] = {
    "in the clear": (lambda _: [*KNOWN, *LOGIN, *LEAVE], LOG_IN),
    "with StartTLS": (lambda tls: [*OFFERED, *stls(tls), *capa("USER"), *LOGIN, *LEAVE], LOG_IN),
    "with implicit TLS": (lambda tls: [StartTls(tls), *greeting(), *quit_answer()], IMPLICIT),
}


@pytest.mark.parametrize(("script", "changes"), OWN_DELAYS.values(), ids=OWN_DELAYS)
def test_our_own_delays_are_nobodys_response_time(
    authority: Authority, tls: ssl.SSLContext, script: Callable[[ssl.SSLContext], Script], changes: Changes
) -> None:
    async def scan_and_time(port: int) -> tuple[Observation, float]:
        settings = a_sensor(port=port, host="localhost", trusted_ca=authority.pem, **changes)
        began = time.perf_counter()
        return await scan(settings, CREDENTIALS), time.perf_counter() - began

    async def scan_beside_a_hog(port: int) -> tuple[Observation, float]:
        keep_noting()
        threading.Event().wait(HOG_SECONDS)  # the kernel begins it when it likes
        found, _ = await asyncio.gather(scan_and_time(port), hog())
        return found

    with scripted(script(tls)) as server:
        seen, took = asyncio.run(scan_beside_a_hog(server.port))
    assert [] == server.failures
    assert seen.trouble is None
    assert 5 * HOG_SECONDS < took
    assert seen.response_time / 1000 < took / 3

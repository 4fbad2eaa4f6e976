"""A server may say as much as it likes: a scan takes only so much of it in."""

import ssl
import tracemalloc
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context

import pytest

from pop3_sensor.model import Settings
from tests.samples import Changes, a_sensor
from tests.servers.certificates import Authority
from tests.servers.scripted import Expect, Flood, ReadSome, Script, Send, StartTls, greeting, quit_answer, scripted
from tests.wire.provoking import run_scan

AT_MOST = 2**21  # 64 KiB of the shortest lines are 21,000 of them, each an object of Python
ALL = 2**24

PLAIN: Changes = {}
IMPLICIT: Changes = {"transport_security": "tls_required"}
ASKED = [*greeting(), Expect("CAPA"), Send(b"+OK\r\n")]
SHORTEST_LINES = b"ab\n" * 20000

FLOODS: dict[str, tuple[Callable[[ssl.SSLContext], Script], Changes]] = {
    "a line without an end": (lambda _: [Flood(b"x" * 65536, ALL)], PLAIN),
    "a line without an end, under TLS": (lambda tls: [StartTls(tls), Flood(b"x" * 65536, ALL)], IMPLICIT),
    "lines behind the greeting": (lambda _: [Flood(b"+OK ready\r\n" * 6000, ALL)], PLAIN),
    "a line without an end within CAPA": (lambda _: [*ASKED, Flood(b"x" * 65536, ALL)], PLAIN),
    "long lines of CAPA": (lambda _: [*ASKED, Flood(b"X" * 1000 + b"\r\n", ALL)], PLAIN),
    "short lines of CAPA": (lambda _: [*ASKED, Flood(SHORTEST_LINES, ALL)], PLAIN),
    "empty lines of CAPA": (lambda _: [*ASKED, Flood(b"\n" * 65536, ALL)], PLAIN),
    "short lines of CAPA, as many as are taken": (
        lambda _: [*ASKED, Send(SHORTEST_LINES + b".\r\n"), *quit_answer()],
        PLAIN,
    ),
    "no handshake": (lambda _: [ReadSome(), Flood(b"x" * 65536, ALL)], IMPLICIT),
    "a handshake without an end": (
        lambda _: [ReadSome(), Flood(b"\x16\x03\x03\x00\x04\0\0\0\0" * 7000, ALL)],
        IMPLICIT,
    ),
    "an answer to QUIT without an end": (
        lambda _: [*ASKED, Send(b".\r\n"), Expect("QUIT"), Flood(b"x" * 65536, ALL)],
        PLAIN,
    ),
}


@pytest.fixture(scope="module")
def scanner() -> Iterator[Executor]:
    """A process in which nothing happens but the scan: here a server of these tests allocates, too."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        yield process


def peak_of_a_scan(settings: Settings) -> int:
    run_scan(replace(settings, host="255.255.255.255"))  # what is made at first and kept
    tracemalloc.start()
    try:
        run_scan(settings)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(("script", "changes"), FLOODS.values(), ids=FLOODS)
def test_a_flood_of(
    scanner: Executor,
    authority: Authority,
    tls: ssl.SSLContext,
    script: Callable[[ssl.SSLContext], Script],
    changes: Changes,
) -> None:
    with scripted(script(tls)) as server:
        settings = a_sensor(port=server.port, timeout=60, trusted_ca=authority.pem, **changes)
        peak = scanner.submit(peak_of_a_scan, settings).result()
    assert [] == server.failures
    assert peak < AT_MOST

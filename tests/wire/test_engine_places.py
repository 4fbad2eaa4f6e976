"""Places in the engine, on real sockets: tarpits hold up nobody, mail hosts are called gently, memory is bounded."""

import asyncio
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from pop3_sensor.fleet import engine as engines
from pop3_sensor.fleet.engine import CONCURRENCY, HOST_PACE_SECONDS, Engine
from pop3_sensor.fleet.job import Job
from pop3_sensor.fleet.relogin import Relogin
from pop3_sensor.model import Observation
from pop3_sensor.ports import Point
from pop3_sensor.scan import Credentials
from tests.fakes.memory import Metrics
from tests.fakes.stacks import MemoryStack
from tests.samples import SENSOR
from tests.servers.background import in_background
from tests.servers.mail_server import mail_server

SOON = 20.0  # how long a test waits for what must happen; and how late a metric may be


@dataclass
class Tarpit:
    """Lets everybody in and says nothing, until it is closed."""

    port: int
    most: int = 0  # at once
    let_in: list[socket.socket] = field(default_factory=list)

    def close(self) -> None:
        while self.let_in:
            with suppress(OSError):
                self.let_in[-1].shutdown(socket.SHUT_RDWR)
            self.let_in.pop().close()


@contextmanager
def tarpit() -> Iterator[Tarpit]:
    with socket.create_server(("127.0.0.1", 0), backlog=500) as listener:
        pit = Tarpit(listener.getsockname()[1])

        def accept() -> None:
            with suppress(OSError):
                while True:
                    pit.let_in.append(listener.accept()[0])
                    pit.most = max(pit.most, len(pit.let_in))

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        try:
            yield pit
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(SOON)
            pit.close()


@dataclass
class Arrivals(Metrics):
    """When each sensor's values came, and when that scan had begun. The tarpits give in when all others are there."""

    pits: Sequence[Tarpit] = ()
    expected: int = 0
    late: dict[str, float] = field(default_factory=dict)

    def put(self, points: Sequence[Point]) -> None:
        super().put(points)
        now = datetime.now(UTC)
        for point in points:
            self.late[point.sensor_id] = (now - point.at).total_seconds()
        if len(self.late) >= self.expected:
            for pit in self.pits:
                pit.close()


def test_sixty_tarpits_do_not_hold_up_the_other_two_hundred_and_forty() -> None:
    """Whichever come first: the fleet begins with the tarpits, more of them than there are places."""
    assert CONCURRENCY < 60
    with in_background(mail_server(accounts={}, tls=None)) as server, tarpit() as pit:
        items = [
            {"id": f"pit-{number}", "host": "127.0.0.1", "port": pit.port, "timeout": 60} for number in range(60)
        ] + [{"id": f"well-{number}", "host": "127.0.0.1", "port": server.port, "timeout": 60} for number in range(240)]
        metrics = Arrivals(pits=[pit], expected=240)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("pop3_sensor.fleet.division.INLINE", 300)  # all of them in one invocation
            patch.setattr(engines, "HOST_PACE_SECONDS", 0.0)  # one host plays all of them
            stack = MemoryStack(items, metrics=metrics)
            summary = stack.tick(seconds=900)
    assert {"sensors": 300, "due": 300, "scanned": 300, "up": 240, "warning": 60} == summary
    assert 60 == pit.most
    well = {one: late for one, late in metrics.late.items() if one.startswith("well")}
    assert 240 == len(well)
    assert max(well.values()) <= SOON
    assert Counter({("closed", "greeting"): 60, ("", ""): 240}) == Counter(
        (state.reason, state.phase) for state in stack.states.load().values()
    )


# ---- the engine alone ------------------------------------------------------------------------------------------------


async def nothing_to_renew(job: Job) -> Credentials | None:
    raise AssertionError(job)


def jobs(count: int, pit: Tarpit, **changes: Any) -> list[Job]:
    settings = replace(SENSOR, host="127.0.0.1", port=pit.port, timeout=60, **changes)
    return [Job(replace(settings, id=f"mail-{number}"), None) for number in range(count)]


def test_no_more_are_open_than_memory_allows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Impatience gives up a place, not the socket: those are bounded apart."""
    monkeypatch.setattr(engines, "PATIENCE_SECONDS", 0.0)
    monkeypatch.setattr(engines, "HOST_PACE_SECONDS", 0.0)
    monkeypatch.setattr(engines, "MAX_OPEN", 30)

    async def run(pit: Tarpit) -> None:
        engine = Engine(Relogin((), nothing_to_renew).scan, 900, concurrency=10)
        scans = [asyncio.create_task(engine.scan(job)) for job in jobs(70, pit)]
        async with asyncio.timeout(SOON):
            while pit.most < 30:  # noqa: ASYNC110 - it is another thread that lets them in
                await asyncio.sleep(0.001)
            while not all(scan.done() for scan in scans):
                for _ in range(20):  # more than those must not get in
                    await asyncio.sleep(0.001)
                pit.close()
            await asyncio.gather(*scans)

    with tarpit() as pit:
        asyncio.run(run(pit))
    assert 30 == pit.most


def test_the_scans_of_one_mail_host_start_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many of them there are, and whatever the other hosts do. A scan starts with its lookup."""
    starts: dict[str, list[float]] = {}

    def unknown(host: str, _: object, family: int, *__: object) -> None:
        if family == socket.AF_INET:  # each asks again for any family
            starts.setdefault(host, []).append(time.monotonic())
        raise socket.gaierror(socket.EAI_NONAME, "no such name")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    hosts = ["one.example.org"] * 10 + [f"{number}.example.org" for number in range(10)]

    async def run() -> None:
        engine = Engine(Relogin((), nothing_to_renew).scan, 900)
        async with asyncio.TaskGroup() as group:
            for number, host in enumerate(hosts):
                group.create_task(engine.scan(Job(replace(SENSOR, id=str(number), host=host), None)))

    began = time.monotonic()
    asyncio.run(run())
    one = starts.pop("one.example.org")
    assert 10 == len(one)
    assert all(start - began >= number * HOST_PACE_SECONDS for number, start in enumerate(one))
    assert 10 == len(starts)
    assert max(start for [start] in starts.values()) < one[-1]


# What scans at the same time do: end at once, end after impatience struck, or fail.
@settings(max_examples=50)
@given(st.lists(st.sampled_from(["quick", "slow", "broken"]), min_size=1, max_size=30), st.integers(1, 5))
def test_a_place_is_given_back_once(kinds: list[str], concurrency: int) -> None:
    """By the scan or by impatience: a place given back twice would let in more and more."""

    def lookup(host: str, *_: object) -> None:
        if host.startswith("slow"):
            threading.Event().wait(0.003)
        if host.startswith("broken"):
            raise RuntimeError("boom")
        raise socket.gaierror(socket.EAI_FAIL, "broken")

    async def run() -> None:
        engine = Engine(Relogin((), nothing_to_renew).scan, 900, concurrency=concurrency)
        async with asyncio.TaskGroup() as group:
            for number, kind in enumerate(kinds):
                settings = replace(SENSOR, id=str(number), host=f"{kind}{number}.example.org")
                group.create_task(engine.scan(Job(settings, None)))
        assert concurrency == engine._free._value  # noqa: SLF001 - there is no other way to count places

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", lookup)
        patch.setattr(engines, "PATIENCE_SECONDS", 0.001)
        asyncio.run(run())


def test_a_renewed_secret_that_does_not_come_ends_with_the_timeout() -> None:
    """Secrets Manager hangs: the scan ends in its own time all the same, with what it saw."""
    over = asyncio.Event()

    async def never(_: Job) -> Credentials | None:
        await over.wait()
        return None

    async def run(port: int) -> Observation:
        rejected = Credentials("ann", SecretStr("wrong"))
        settings = replace(SENSOR, host="127.0.0.1", port=port, authentication="user_password")
        engine = Engine(Relogin((), never).scan, 1.5)
        async with asyncio.timeout(SOON):
            return await engine.scan(Job(replace(settings, timeout=900), rejected))

    with in_background(mail_server(accounts={"ann": "right"}, tls=None)) as server:
        seen = asyncio.run(run(server.port))
    assert seen.trouble
    assert "login_rejected" == seen.trouble.reason

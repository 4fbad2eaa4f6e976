"""Many scans at once, against real servers on loopback."""

import asyncio
import logging
import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import SecretStr

from pop3_sensor.fleet.engine import Engine
from pop3_sensor.fleet.job import Job, unscanned
from pop3_sensor.fleet.relogin import Relogin, Renew
from pop3_sensor.model import Observation, Phase, Reason, ScanError, Trouble
from pop3_sensor.scan import Credentials, Network, parse_networks
from tests.fakes.clock import Clock
from tests.samples import SENSOR
from tests.servers.scripted import (
    Connection,
    Expect,
    Hang,
    Script,
    Send,
    Server,
    answer,
    greeting,
    login_user,
    quit_answer,
    refused_port,
    scripted,
)

SOON = 5.0  # how long a test waits for what must happen

HEALTHY: Script = [*greeting(), *answer("CAPA", "-ERR"), *quit_answer()]
OLD, NEW = (Credentials("ann", SecretStr(password)) for password in ("old", "new"))


@dataclass(frozen=True)
class Do:
    """A step of a script that does something in the test."""

    action: Callable[[], object]

    def play(self, _: Connection) -> None:
        self.action()


def job(server: Server, sensor_id: str = "mail-1", credentials: Credentials | None = None, **changes: Any) -> Job:
    settings = replace(SENSOR, id=sensor_id, host=server.host, port=server.port)
    if credentials:
        settings = replace(settings, authentication="user_password")
    return Job(replace(settings, **changes), credentials)


async def nothing_to_renew(job: Job) -> Credentials | None:
    raise AssertionError(job)


Seen = list[tuple[str, Observation]]


def observe(
    jobs: Sequence[Job],
    *,
    seconds: float = 100,
    noted: Callable[[str], object] = lambda _: None,
    forbidden: Sequence[Network] = (),
    renew: Renew = nothing_to_renew,
    **how: Any,
) -> Seen:
    """Everything that was reported, in that order."""
    reported: Seen = []

    def report(job: Job, seen: Observation) -> None:
        reported.append((job.settings.id, seen))
        noted(job.settings.id)

    async def run() -> None:
        relogin = Relogin(forbidden, renew)
        engine = Engine(relogin.scan, seconds, **how)

        async def one(job: Job) -> None:
            report(job, await engine.scan(job))

        async with asyncio.TaskGroup() as group:
            for job in jobs:
                group.create_task(one(job))

    asyncio.run(run())
    return reported


def reasons(reported: Seen) -> dict[str, str]:
    return {sensor_id: seen.trouble.reason if seen.trouble else "" for sensor_id, seen in reported}


def trouble(reported: Seen) -> Trouble | None:
    ((_, seen),) = reported
    return seen.trouble


def test_nothing_to_do() -> None:
    assert [] == observe([])


def test_each_is_reported_once() -> None:
    with refused_port() as port:
        here = Server("127.0.0.1", port)
        reported = observe([job(here, f"mail-{number}") for number in range(120)])
    assert 120 == len(reported)
    assert {f"mail-{number}": "refused" for number in range(120)} == reasons(reported)


@dataclass
class Gauge:
    """How many are inside at once; each waits there until the room is full."""

    room: threading.Barrier
    now: int = 0
    most: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def enter(self) -> None:
        with self._lock:
            self.now += 1
            self.most = max(self.most, self.now)
        self.room.wait(SOON)

    def leave(self) -> None:
        with self._lock:
            self.now -= 1


def test_so_many_at_once_and_no_more() -> None:
    """A scan has its place until it is done: it leaves before the server says goodbye."""
    gauge = Gauge(threading.Barrier(3))
    script: Script = [
        Do(gauge.enter),
        *greeting(),
        *answer("CAPA", "-ERR"),
        *[quit_answer()[0], Do(gauge.leave), quit_answer()[1]],
    ]
    with scripted(*[script] * 9) as server:
        reported = observe([job(server, f"mail-{number}") for number in range(9)], concurrency=3)
    assert [] == server.failures
    assert {f"mail-{number}": "" for number in range(9)} == reasons(reported)
    assert (3, 0) == (gauge.most, gauge.now)


def test_each_is_reported_while_its_neighbour_still_hangs() -> None:
    reported = threading.Event()
    in_time: list[bool] = []
    slow: Script = [Do(lambda: in_time.append(reported.wait(SOON))), *HEALTHY]
    with scripted(HEALTHY) as quick_server, scripted(slow) as slow_server:
        seen = observe(
            [job(slow_server, "slow", timeout=900), job(quick_server, "quick")], noted=lambda _: reported.set()
        )
    assert [True] == in_time
    assert ["quick", "slow"] == [sensor_id for sensor_id, _ in seen]
    assert {"quick": "", "slow": ""} == reasons(seen)


def test_who_asks_first_is_scanned_first() -> None:
    with refused_port() as port:
        here = Server("127.0.0.1", port)
        jobs = [job(here, str(timeout), timeout=timeout) for timeout in (5, 50, 20)]
        assert ["5", "50", "20"] == [sensor_id for sensor_id, _ in observe(jobs, concurrency=1)]


def test_waiting_for_a_free_place_is_nobody_s_response_time(monkeypatch: pytest.MonkeyPatch) -> None:
    read, skipped = time.perf_counter_ns, [0]
    monkeypatch.setattr(time, "perf_counter_ns", lambda: read() + skipped[0])

    def skip(_: str) -> None:
        skipped[0] += 3_600 * 10**9

    with scripted(HEALTHY, HEALTHY) as server:
        reported = observe([job(server, "a"), job(server, "b")], concurrency=1, noted=skip)
    assert [] == server.failures
    assert [True, True] == [seen.response_time < 3_600_000 for _, seen in reported]


# Seconds of the invocation, seconds of it that are spent, the sensor's timeout: is it scanned.
FITTING: dict[str, tuple[float, float, int, bool]] = {
    "all of the time": (100, 0, 60, True),
    "just enough time": (100, 39, 60, True),
    "a little too late": (100, 41, 60, False),
    "much too late": (100, 99, 60, False),
    "the shortest timeout, late": (100, 98, 1, True),
    "the shortest timeout, too late": (100, 99.5, 1, False),
    "longer than the invocation, in time": (100, 0, 900, True),
    "longer than the invocation, late": (100, 60, 900, False),
    "nothing was left from the start": (0, 0, 1, False),
    "less than nothing was left from the start": (-5, 0, 900, False),
}


@pytest.mark.parametrize(("seconds", "spent", "timeout", "scanned"), FITTING.values(), ids=FITTING)
def test_a_scan_starts_only_if_its_timeout_fits(
    clock: Clock, seconds: float, spent: float, timeout: int, scanned: bool
) -> None:
    """Else our own deadline would be reported as the server's."""
    with refused_port() as port:
        here = Server("127.0.0.1", port)
        before, late = job(here, "before", timeout=900), job(here, "late", timeout=timeout)
        reported = observe([before, late], seconds=seconds, concurrency=1, noted=lambda _: clock.skip(spent))
    message = f"the invocation had no time left for this sensor's timeout of {timeout} s"
    expected = (
        Trouble(Reason.REFUSED, Phase.CONNECT, "nothing accepts connections on this port")
        if scanned
        else Trouble(Reason.NOT_RUN, None, message)
    )
    assert expected == dict(reported)["late"].trouble


def hanging(clock: Clock, seconds: float) -> Script:
    """So many seconds pass after CAPA; then half a word wakes the scan."""
    return [*greeting(), Expect("CAPA"), Do(lambda: clock.skip(seconds)), Send(b"+"), Hang()]


def test_a_timeout_is_the_sensor_s_own(clock: Clock) -> None:
    with scripted(hanging(clock, 61)) as server:
        reported = observe([job(server, timeout=60)])
    message = "not done within 60 s, while securing the connection"
    assert Trouble(Reason.TIMEOUT, Phase.SECURITY, message) == trouble(reported)


def test_a_timeout_that_was_cut_says_so(clock: Clock) -> None:
    with scripted(hanging(clock, 101)) as server:
        reported = observe([job(server, timeout=900)])
    message = (
        "not done within 100 s, while securing the connection; timeout is 900 s, but the invocation could not hold more"
    )
    assert Trouble(Reason.TIMEOUT, Phase.SECURITY, message) == trouble(reported)


def test_other_troubles_do_not_mention_the_cut() -> None:
    with refused_port() as port:
        reported = observe([job(Server("127.0.0.1", port), timeout=900)])
    assert Trouble(Reason.REFUSED, Phase.CONNECT, "nothing accepts connections on this port") == trouble(reported)


def test_a_message_of_a_cut_timeout_fits_a_pager(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """300 characters, however long the name that is looked up."""
    answered = threading.Event()

    async def run() -> Observation:
        loop = asyncio.get_running_loop()

        def dead(*_: object) -> None:
            clock.skip(101)
            loop.call_soon_threadsafe(lambda: None)
            answered.wait(SOON)
            raise socket.gaierror(socket.EAI_AGAIN, "try again")

        monkeypatch.setattr(socket, "getaddrinfo", dead)
        settings = replace(SENSOR, host=".".join(["a" * 62] * 4), timeout=900)
        return await Engine(Relogin((), nothing_to_renew).scan, 100).scan(Job(settings, None))

    seen = asyncio.run(run())
    answered.set()
    assert seen.trouble
    assert seen.trouble.reason is Reason.TIMEOUT
    assert len(seen.trouble.message) <= 300


def test_a_fault_of_ours_harms_that_sensor_only(monkeypatch: pytest.MonkeyPatch, log: list[logging.LogRecord]) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr(socket, "getaddrinfo", broken)  # addresses are not looked up: the neighbour is well
    with scripted(HEALTHY) as server:
        broken_job = job(server, "broken", host="mail.example.org")
        reported = dict(observe([broken_job, job(server, "well")]))
    assert [] == server.failures
    assert reported["well"].trouble is None
    expected = Trouble(Reason.INTERNAL_ERROR, None, "a fault of this software: its log says more")
    assert expected == reported["broken"].trouble
    (record,) = log
    assert ("scan failed", "broken") == (record.getMessage(), vars(record)["sensor_id"])
    assert record.exc_info
    assert "boom" == str(record.exc_info[1])


def test_a_sensor_whose_secret_is_unknown_is_not_scanned() -> None:
    unknown = ScanError(Reason.SECRET_DENIED, "the secret a may not be read")
    with refused_port() as port:
        settings = replace(SENSOR, host="127.0.0.1", port=port, authentication="apop")
        reported = observe([Job(settings, unknown)])
    assert Trouble(Reason.SECRET_DENIED, None, "the secret a may not be read") == trouble(reported)


def test_no_scan_goes_where_it_is_forbidden() -> None:
    with scripted() as server:
        reported = observe([job(server)], forbidden=parse_networks("127.0.0.0/8"))
    assert [] == server.failures
    assert {"mail-1": "address_forbidden"} == reasons(reported)


def test_what_is_seen_without_a_scan() -> None:
    before = datetime.now(UTC)
    seen = unscanned(Reason.NOT_RUN, "no time")
    assert Observation(at=seen.at, trouble=Trouble(Reason.NOT_RUN, None, "no time")) == seen
    assert before <= seen.at <= datetime.now(UTC)


REJECTED: Script = [*greeting(), *answer("CAPA", "-ERR"), *login_user("ann", "old", ok=False), *quit_answer()]
WELCOMED: Script = [*greeting(), *answer("CAPA", "-ERR"), *login_user("ann", "new"), *quit_answer()]


@dataclass
class Renewal:
    """`took`: seconds that it lasts."""

    gives: Credentials | None
    clock: Clock | None = None
    took: float = 0
    asked: list[Job] = field(default_factory=list)

    async def __call__(self, job: Job) -> Credentials | None:
        self.asked.append(job)
        if self.clock:
            self.clock.skip(self.took)
        return self.gives


def test_a_rejected_login_is_tried_once_more_with_a_new_password() -> None:
    renewal = Renewal(NEW)
    with scripted(REJECTED, WELCOMED) as server:
        wanted = job(server, credentials=OLD)
        reported = observe([wanted], renew=renewal)
    assert [] == server.failures
    assert [wanted] == renewal.asked
    assert {"mail-1": ""} == reasons(reported)


def test_and_not_again() -> None:
    renewal = Renewal(NEW)
    rejected_again: Script = [*REJECTED[:3], *login_user("ann", "new", ok=False), *quit_answer()]
    with scripted(REJECTED, rejected_again) as server:
        reported = observe([job(server, credentials=OLD)], renew=renewal)
    assert [] == server.failures
    assert 1 == len(renewal.asked)
    assert {"mail-1": "login_rejected"} == reasons(reported)


def test_one_login_only_where_the_secret_has_not_changed() -> None:
    renewal = Renewal(None)
    with scripted(REJECTED) as server:
        reported = observe([job(server, credentials=OLD)], renew=renewal)
    assert [] == server.failures
    assert 1 == len(renewal.asked)
    message = "the login was rejected: -ERR wrong user name or password"
    assert Trouble(Reason.LOGIN_REJECTED, Phase.LOGIN, message) == trouble(reported)


def test_the_second_login_has_what_the_first_left_of_the_timeout(clock: Clock) -> None:
    with scripted(REJECTED, hanging(clock, 41)) as server:
        reported = observe([job(server, credentials=OLD, timeout=60)], renew=Renewal(NEW, clock, 20))
    message = "not done within 40 s, while securing the connection"
    assert Trouble(Reason.TIMEOUT, Phase.SECURITY, message) == trouble(reported)


def test_no_second_login_where_the_first_left_nothing(clock: Clock) -> None:
    with scripted(REJECTED) as server:
        reported = observe([job(server, credentials=OLD, timeout=60)], renew=Renewal(NEW, clock, 61))
    assert [] == server.failures
    assert {"mail-1": "login_rejected"} == reasons(reported)


# What the server says to PASS: the reason, for which nothing is renewed.
OTHERWISE = {
    "-ERR [IN-USE] locked": "mailbox_in_use",
    "-ERR [LOGIN-DELAY] too soon": "login_delay",
    "-ERR [SYS/TEMP] disk": "temporary_failure",
    "-ERR [SYS/PERM] no such disk": "permanent_failure",
}


@pytest.mark.parametrize(("said", "reason"), OTHERWISE.items(), ids=OTHERWISE)
def test_only_a_rejected_login_is_tried_again(said: str, reason: str) -> None:
    script: Script = [*REJECTED[:3], *answer("USER ann", "+OK"), *answer("PASS old", said), *quit_answer()]
    with scripted(script) as server:
        assert {"mail-1": reason} == reasons(observe([job(server, credentials=OLD)]))
    assert [] == server.failures

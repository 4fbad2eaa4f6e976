"""A good guest: one connection, one login, QUIT at the end, and nothing of what comes after it counts.

`provoke` sees to it that the server heard exactly what stands in the script, on exactly so many connections.
"""

import asyncio
import ssl
import threading

import pytest

from pop3_sensor.scan import scan
from tests.fakes.clock import Clock
from tests.samples import PASSWORD, Changes, a_sensor
from tests.servers.certificates import Authority
from tests.servers.scripted import (
    Close,
    Expect,
    Flood,
    Hang,
    Reset,
    Script,
    Send,
    StartTls,
    Step,
    Tell,
    answer,
    capa,
    greeting,
    login_apop,
    login_user,
    quit_answer,
    scripted,
    stat,
    stls,
)
from tests.wire.passing_time import PassingTime
from tests.wire.provoking import outcome, provoke, run_scan

PLAIN = "good after lookup connect greeting security"
LOGGED_IN = "good after lookup connect greeting security login"
LOG_IN: Changes = {"authentication": "user_password", "channels": ("MessageCount", "MailboxSize")}
APOP: Changes = {"authentication": "apop", "channels": ("MailboxSize",)}
IMPLICIT: Changes = {"transport_security": "tls_required"}

CHALLENGE = "<1.2@example.org>"
WELCOME = [*greeting(CHALLENGE), *capa("USER"), *login_user("ann", PASSWORD)]
VISITS: dict[str, tuple[Script, str, Changes]] = {
    "without a login": ([*greeting(), *capa(), *quit_answer()], PLAIN, {}),
    "by user name and password": ([*WELCOME, *quit_answer()], LOGGED_IN, {"authentication": "user_password"}),
    "with a look at the mailbox": ([*WELCOME, *stat(2, 320), *quit_answer()], LOGGED_IN, LOG_IN),
    "by APOP": (
        [*greeting(CHALLENGE), *capa(), *login_apop("ann", PASSWORD, CHALLENGE), *stat(2, 320), *quit_answer()],
        LOGGED_IN,
        APOP,
    ),
}


@pytest.mark.parametrize(("script", "expected", "changes"), VISITS.values(), ids=VISITS)
def test_a_visit(script: Script, expected: str, changes: Changes) -> None:
    seen = provoke(script, **changes)
    looked = bool(changes.get("channels"))
    assert (expected, looked) == (outcome(seen), seen.mailbox is not None)


def test_a_visit_under_tls(authority: Authority, tls: ssl.SSLContext) -> None:
    script = [*greeting(), *capa("STLS"), *stls(tls), *capa("USER"), *login_user("ann", PASSWORD), *quit_answer()]
    seen = provoke(script, trusted_ca=authority.pem, authentication="user_password")
    assert LOGGED_IN == outcome(seen)


FAREWELLS: dict[str, list[Step]] = {
    "nothing but the end": [Close()],
    "a reset": [Reset()],
    "a refusal": [Send(b"-ERR [SYS/TEMP] not all is saved\r\n")],
    "another protocol": [Send(b"221 bye\r\n")],
    "half a line": [Send(b"+OK by"), Close()],
    "more than a line": [Send(b"+OK bye\r\n+OK and\r\n-ERR again\r\n")],
    "a line without an end": [Flood(b"x" * 65536, 2**24)],
    "lines without an end": [Flood(b"+OK bye\r\n" * 7000, 2**24)],
}


@pytest.mark.parametrize("farewell", FAREWELLS.values(), ids=FAREWELLS)
def test_the_answer_to_quit_changes_nothing(farewell: list[Step]) -> None:
    assert LOGGED_IN == outcome(provoke([*WELCOME, *stat(2, 320), Expect("QUIT"), *farewell], **LOG_IN))


@pytest.mark.parametrize("farewell", FAREWELLS.values(), ids=FAREWELLS)
def test_the_answer_to_quit_hides_no_trouble(farewell: list[Step]) -> None:
    script = [*greeting(), *capa("USER"), *login_user("ann", PASSWORD, ok=False), Expect("QUIT"), *farewell]
    assert "login_rejected in login after lookup connect greeting security" == outcome(provoke(script, **LOG_IN))


LATE: dict[str, tuple[Script, str, Changes]] = {
    "behind the last line of CAPA": ([*greeting(), *answer("CAPA", "+OK", ".", "+OK more", "!")], PLAIN, {}),
    "behind the refusal of CAPA": ([*greeting(), *answer("CAPA", "-ERR", "-ERR again")], PLAIN, {}),
    "behind the welcome": (
        [*WELCOME[:-1], Send(b"+OK\r\n* news\r\n")],
        LOGGED_IN,
        {"authentication": "user_password"},
    ),
    "behind the answer to STAT": ([*WELCOME, *answer("STAT", "+OK 2 320", "1 100", "2 220", ".")], LOGGED_IN, LOG_IN),
}


@pytest.mark.parametrize(("script", "expected", "changes"), LATE.values(), ids=LATE)
def test_what_comes_after_the_last_reply_that_was_needed_changes_nothing(
    script: Script, expected: str, changes: Changes
) -> None:
    assert expected == outcome(provoke([*script, *quit_answer()], **changes))


def test_what_comes_behind_the_greeting_under_tls_changes_nothing(authority: Authority, tls: ssl.SSLContext) -> None:
    script: Script = [StartTls(tls), Send(b"+OK ready\r\n+OK really\r\n"), *quit_answer()]
    seen = provoke(script, trusted_ca=authority.pem, **IMPLICIT)
    assert "good after lookup connect security greeting" == outcome(seen)


# The time that the whole scan has, and what comes of it where QUIT is answered byte by byte, or not at all.
HUNG: dict[str, tuple[float, bytes, float]] = {
    "what is left": (1.0, b"", 1.0),
    "two seconds at most": (30.0, b"", 2.0),
    "two seconds at most, however busy the server seems": (30.0, b"+OK " + b"x" * 1000, 2.0),
}


@pytest.mark.parametrize(("seconds", "farewell", "cost"), HUNG.values(), ids=HUNG)
def test_quit_costs(clock: Clock, seconds: float, farewell: bytes, cost: float) -> None:
    passing = PassingTime(clock)
    end = passing.byte_by_byte(farewell) if farewell else passing.of(seconds)
    with scripted([*greeting(), *capa(), Expect("QUIT"), end, Hang()]) as server:
        seen = run_scan(a_sensor(port=server.port), seconds=seconds, loop_factory=passing.loop)
    assert ([], PLAIN) == (server.failures, outcome(seen))
    assert cost <= passing.seconds < cost + 1
    assert seen.response_time / 1000 < cost


def test_a_scan_that_is_called_off_leaves_no_connection() -> None:
    asked, gone = threading.Event(), threading.Event()

    async def called_off(port: int) -> None:
        task = asyncio.create_task(scan(a_sensor(port=port)))
        await asyncio.to_thread(asked.wait, 10)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await asyncio.to_thread(gone.wait, 10)

    with scripted([*greeting(), Expect("CAPA"), Tell(asked), Hang(), Tell(gone)]) as server:
        asyncio.run(called_off(server.port))
    assert [] == server.failures

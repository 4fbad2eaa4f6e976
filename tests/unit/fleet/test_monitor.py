"""The use case as a whole: items in, metrics, states and files out, against real servers and ports in memory."""

import asyncio
import json
import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import pytest

from pop3_sensor.fleet import Keyring, Monitor, Outlets, Policy
from pop3_sensor.model import Channel, Status
from pop3_sensor.model.text import MAX_MESSAGE, printable
from pop3_sensor.ports import Batch, Point, ServiceError
from pop3_sensor.scan import parse_networks
from tests.fakes.clock import Clock
from tests.fakes.memory import Events, Metrics, Queue, Results, Secrets, Sensors, States
from tests.fakes.stacks import MemoryStack, item
from tests.samples import AT, a_sensor
from tests.servers.mail_server import MailServer, mail_server
from tests.servers.scripted import (
    Connection,
    Script,
    Send,
    answer,
    greeting,
    login_user,
    quit_answer,
    refused_port,
    scripted,
    stat,
)

T = TypeVar("T")

SOON = 5.0  # how long a test waits for what must happen
PASSWORD = "tanstaaf-8472"

NOTHING = dict.fromkeys(
    ["sensors", "due", "scanned", "handed_on", "paused", "invalid", "up", "warning", "down", "unknown"], 0
)


@dataclass(frozen=True)
class Do:
    """A step of a script that does something in the test."""

    action: Callable[[], object]

    def play(self, _: Connection) -> None:
        self.action()


def at_mail_server(work: Callable[[MailServer], T], **accounts: str) -> T:
    """A monitor brings its own loop, so it works in another thread than the server."""

    async def run() -> T:
        async with mail_server(accounts=accounts, tls=None) as server:
            return await asyncio.to_thread(work, server)

    return asyncio.run(run())


def login(sensor_id: str, server: Any, **attributes: Any) -> dict[str, Any]:
    how = {"authentication": "user_password", "username": "ann", "secret_id": "ann's"}
    return item(sensor_id, server, **how | attributes)


FAULT = ServiceError("on fire")
HEALTHY: Script = [*greeting(), *answer("CAPA", "-ERR"), *quit_answer()]


# ---- a tick ----------------------------------------------------------------------------------------------------------


def test_an_empty_table() -> None:
    stack = MemoryStack()
    assert NOTHING == stack.monitor.tick(AT, 100).as_json()
    assert ([], []) == (stack.metrics.points, stack.states.saved)


def test_a_tick_of_every_kind_of_sensor() -> None:
    def work(server: MailServer) -> None:
        with refused_port() as port:
            stack = MemoryStack(
                [
                    item("up", server),
                    item("warned", server, port=port),
                    item("down", server, port=port, warning_scans=0),
                    item("invalid", server, colour="red"),
                    login("secretless", server),
                    {"id": "device", "kind": "device", "host": "mail.example.org"},
                    {"id": "group", "kind": "group"},
                ]
            )
            summary = stack.monitor.tick(AT, 100).as_json()
        assert {
            "sensors": 5,
            "due": 4,
            "scanned": 4,
            "handed_on": 0,
            "paused": 0,
            "invalid": 1,
            "up": 1,
            "warning": 1,
            "down": 1,
            "unknown": 2,
        } == summary
        assert {
            "up": "Up",
            "warned": "Warning",
            "down": "Down",
            "invalid": "Unknown",
            "secretless": "Unknown",
        } == stack.statuses()
        response_time = stack.published()["up"]["ResponseTime"]
        assert {
            "up": {"ResponseTime": response_time, "Downtime": 0},
            "warned": {"Downtime": 0},
            "down": {"Downtime": 100},
            "invalid": {"Downtime": 0},
            "secretless": {"Downtime": 0},
        } == stack.published()

    at_mail_server(work)


def test_the_timestamp_is_that_of_the_scan() -> None:
    def work(server: MailServer) -> list[Point]:
        stack = MemoryStack([item("a", server)])
        stack.tick()
        return stack.metrics.points

    before = datetime.now(UTC)
    times = {point.at for point in at_mail_server(work)}
    assert 1 == len(times)
    assert before <= times.pop() <= datetime.now(UTC)


def test_a_healthy_fleet_writes_nothing_at_its_second_tick() -> None:
    def work(server: MailServer) -> None:
        stack = MemoryStack([item(f"mail-{number}", server) for number in range(50)])
        everybody = {f"mail-{number}" for number in range(50)}
        assert {"sensors": 50, "due": 50, "scanned": 50, "up": 50} == stack.tick()
        assert everybody == set(stack.states.saved)
        stack.states.saved.clear()
        assert {"sensors": 50, "due": 50, "scanned": 50, "up": 50} == stack.tick()
        assert [] == stack.states.saved
        assert 2 * 2 * 50 == len(stack.metrics.points)

    at_mail_server(work)


def test_failures_are_counted_from_tick_to_tick() -> None:
    with refused_port() as port:
        stack = MemoryStack([{"id": "a", "host": "127.0.0.1", "port": port, "warning_scans": 2}])
        history = []
        for _ in range(4):
            stack.tick()
            history.append(stack.states.load()["a"])
    assert [
        ("Warning", 1),
        ("Warning", 2),
        ("Down", 3),
        ("Down", 4),
    ] == [(str(state.status), state.failures) for state in history]
    assert [
        history[0].since,
        history[0].since,
        history[2].since,
        history[2].since,
    ] == [state.since for state in history]


def test_only_what_is_due_is_scanned() -> None:
    """A new sensor at once, then once in five ticks."""

    def work(server: MailServer) -> None:
        stack = MemoryStack([item("a", server, interval=300), item("b", server)])
        ticks = [stack.tick(AT + timedelta(minutes=minute)) for minute in range(6)]
        assert {"sensors": 2, "due": 2, "scanned": 2, "up": 2} == ticks[0]
        assert [1, 1, 1, 1, 2] == sorted(tick["due"] for tick in ticks[1:])

    at_mail_server(work)


def test_results_are_published_while_a_neighbour_still_hangs(clock: Clock) -> None:
    """The slow server greets when it hears that the quick one's metrics are out; else its scan times out."""
    done, published = threading.Event(), threading.Event()

    @dataclass(frozen=True)
    class Dawdle:
        """A word in every half second, of which each is skipped; it wakes the loop."""

        def play(self, connection: Connection) -> None:
            assert done.wait(SOON)
            while not published.is_set() and connection.write(b"x"):
                clock.skip(0.5)
                connection.stopping.wait(0.01)

    quick: Script = [*greeting(), *answer("CAPA", "-ERR"), *quit_answer(), Do(done.set)]
    slow: Script = [Send(b"+OK "), Dawdle(), Send(b"\r\n"), *answer("CAPA", "-ERR"), *quit_answer()]
    with scripted(quick) as quick_server, scripted(slow) as slow_server:
        stack = MemoryStack([item("quick", quick_server), item("slow", slow_server)])
        stack.metrics.on_put = lambda points: published.set() if points[0].sensor_id == "quick" else None
        summary = stack.tick(seconds=1000)
    assert ([], []) == (quick_server.failures, slow_server.failures)
    assert {"sensors": 2, "due": 2, "scanned": 2, "up": 2} == summary
    assert ["quick", "quick", "slow", "slow"] == [point.sensor_id for point in stack.metrics.points]


def test_what_cannot_be_published_is_counted(log: list[logging.LogRecord]) -> None:
    def work(server: MailServer) -> None:
        stack = MemoryStack([item("a", server)], metrics=Metrics(fault=FAULT))
        stack.tick()
        assert 1 == stack.failed_calls
        assert {"a": "Up"} == stack.statuses()

    at_mail_server(work)
    assert ["could not publish: on fire"] == [record.getMessage() for record in log]


def test_without_its_table_a_tick_fails_loudly() -> None:
    stack = MemoryStack()
    stack.sensors.fault = ServiceError("reading the table: denied")
    with pytest.raises(ServiceError, match="reading the table: denied"):
        stack.tick()


# ---- time ------------------------------------------------------------------------------------------------------------


def test_a_tick_without_time_says_so_for_each_sensor() -> None:
    with refused_port() as port:
        stack = MemoryStack([{"id": name, "host": "127.0.0.1", "port": port} for name in "ab"])
        summary = stack.tick(seconds=0)
    state = stack.states.load()["a"]
    assert (
        "Unknown",
        "not_run",
        "the invocation had no time left for this sensor's timeout of 60 s",
    ) == (str(state.status), state.reason, state.message)
    assert {"a": "Unknown", "b": "Unknown"} == stack.statuses()
    assert {"sensors": 2, "due": 2, "unknown": 2} == summary  # due, but not scanned


def test_reading_the_tables_takes_from_the_time_there_is(clock: Clock) -> None:
    """Else the reserve that publishing needs is spent on slow tables."""

    @dataclass
    class SlowSensors(Sensors):
        def load(self) -> Sequence[Mapping[str, Any]]:
            clock.skip(50)
            return super().load()

    with refused_port() as port:
        sensors = SlowSensors([{"id": "a", "host": "127.0.0.1", "port": port}])
        states = States()
        outlets = Outlets(metrics=Metrics(), states=states, events=Events(), queue=Queue(), results=Results())
        Monitor(sensors, outlets, Keyring(Secrets()), Policy(forbidden=())).tick(AT, 50)
    assert "not_run" == states.load()["a"].reason


# ---- bad items -------------------------------------------------------------------------------------------------------

INVALID: dict[str, dict[str, Any]] = {
    "an unknown attribute": {"id": "bad", "host": "mail.example.org", "colour": "red"},
    "no host": {"id": "bad"},
    "nothing but nonsense": {"id": "bad", "host": ["x"], "port": "x", "tags": {"a": 1}, "channels": [{}]},
    "an authority that is not even ASCII": {"id": "bad", "host": "mail.example.org", "trusted_ca": "Müll"},
    "an id with a space": {"id": "b d", "host": "mail.example.org"},
    "an id with a line's end": {"id": "bad\n", "host": "mail.example.org"},
    "an id outside ASCII": {"id": "böse", "host": "mail.example.org"},
    "a blank id": {"id": " ", "host": "mail.example.org"},
    "an id that is very long": {"id": "x" * 2_000, "host": "mail.example.org"},
}


@pytest.mark.parametrize("bad", INVALID.values(), ids=INVALID)
def test_a_bad_item_harms_only_itself(bad: dict[str, Any]) -> None:
    with scripted(HEALTHY) as server:
        stack = MemoryStack([bad, item("good", server)])
        summary = stack.tick()
    assert [] == server.failures
    assert {"sensors": 2, "due": 1, "scanned": 1, "invalid": 1, "up": 1, "unknown": 1} == summary
    state = stack.states.load()[bad["id"]]
    assert (Status.UNKNOWN, "", "settings_invalid") == (state.status, state.phase, state.reason)
    assert "Up" == stack.statuses()["good"]
    assert {"ResponseTime", "Downtime"} == stack.published()["good"].keys()


def test_what_is_wrong_is_told_in_the_state() -> None:
    stack = MemoryStack([{"id": "bad", "host": "mail.example.org", "hosst": "mail.example.org"}])
    stack.tick()
    message = "hosst: there is no such attribute; did you mean host?"
    assert message == stack.states.load()["bad"].message


def test_what_is_wrong_is_logged_when_it_changes_and_not_every_minute(log: list[logging.LogRecord]) -> None:
    stack = MemoryStack([{"id": "bad", "host": "mail.example.org", "port": 0}])
    stack.tick()
    stack.tick()
    stack.sensors.items = [{"id": "bad", "port": 1}]
    stack.tick()
    no_host = "host: is missing, here and in everything above; allowed: a DNS name or an IP address, without a port"
    expected = [
        ("settings are invalid", "bad", ["port: holds 0; allowed: a whole number from 1 to 65535"]),
        ("settings are invalid", "bad", [no_host]),
    ]
    found = [(record.getMessage(), vars(record)["sensor_id"], vars(record)["problems"]) for record in log]
    assert expected == found
    assert ["bad", "bad"] == stack.states.saved


def test_a_mended_item_is_scanned_within_a_minute() -> None:
    """Like a new one, however long its interval."""
    with scripted(HEALTHY) as server:
        stack = MemoryStack([item("a", server, colour="red", interval=864_000)])
        stack.tick()
        stack.sensors.items = [item("a", server, interval=864_000)]
        stack.tick(AT + timedelta(minutes=1))
    assert [] == server.failures
    assert {"a": "Up"} == stack.statuses()


HOSTILE = "<b>\x1b[2J\u202e\u200b"
# What may end up in a message, of an item or of its secret.
STRANGE: dict[str, dict[str, Any]] = {
    "a hostile host": {"host": HOSTILE},
    "a hostile tag": {"tags": [HOSTILE]},
    "a hostile attribute": {HOSTILE: 1},
    "a hostile channel": {"channels": [HOSTILE]},
    "every attribute wrong": dict.fromkeys(["host", "port", "timeout", "name", "tags", "channels", "interval"], 0.5),
    "a hostile secret": {"authentication": "apop", "username": "ann", "secret_id": HOSTILE},
    "a very long secret": {"authentication": "apop", "username": "ann", "secret_id": "x" * 1_000},
}


@pytest.mark.parametrize("written", STRANGE.values(), ids=STRANGE)
def test_whatever_is_written_a_message_fits_a_pager(written: dict[str, Any]) -> None:
    """At most 300 characters, all of them visible, and no brackets but our own."""
    stack = MemoryStack([{"id": "a", "host": "mail.example.org", **written}])
    stack.tick()
    message = stack.states.load()["a"].message
    assert 0 < len(message) <= MAX_MESSAGE
    strange = message.replace("( ) < >", "")  # which no tag may hold
    assert printable(strange) == strange


# ---- secrets ---------------------------------------------------------------------------------------------------------


def test_a_rotation_pages_nobody() -> None:
    """The password changes between two ticks, while the old one is still in the cache."""
    accounts = {"ann": "old"}

    async def run() -> None:
        async with mail_server(accounts=accounts, tls=None) as server:
            stack = MemoryStack([login("a", server, warning_scans=0)], secrets=Secrets({"ann's": "old"}))
            assert {"sensors": 1, "due": 1, "scanned": 1, "up": 1} == await asyncio.to_thread(stack.tick)
            stack.states.saved.clear()
            accounts["ann"] = stack.secrets.texts["ann's"] = "new"
            assert {"sensors": 1, "due": 1, "scanned": 1, "up": 1} == await asyncio.to_thread(stack.tick)
            assert {"sensors": 1, "due": 1, "scanned": 1, "up": 1} == await asyncio.to_thread(stack.tick)
            assert [{"ann's"}, {"ann's"}] == stack.secrets.asked
            assert [] == stack.states.saved
            assert {0} == {point.value for point in stack.metrics.points if point.channel is Channel.DOWNTIME}

    asyncio.run(run())


def script_of_login(password: str, *, ok: bool = True) -> Script:
    return [*greeting(), *answer("CAPA", "-ERR"), *login_user("ann", password, ok=ok), *quit_answer()]


def test_an_unchanged_secret_is_tried_once() -> None:
    rejected = script_of_login(PASSWORD, ok=False)
    with scripted(rejected, rejected) as server:
        stack = MemoryStack([login("a", server)], secrets=Secrets({"ann's": PASSWORD}))
        assert {"sensors": 1, "due": 1, "scanned": 1, "warning": 1} == stack.tick()
        assert {"sensors": 1, "due": 1, "scanned": 1, "down": 1} == stack.tick()
    assert [] == server.failures
    assert [{"ann's"}, {"ann's"}] == stack.secrets.asked
    assert "login_rejected" == stack.states.load()["a"].reason


def test_each_secret_is_fetched_for_all_its_sensors_and_only_where_it_is_due() -> None:
    """At the second tick only `a` and `d` are; that `c` has no secret could be asked again only in vain."""

    def work(server: MailServer) -> None:
        stack = MemoryStack(
            [
                login("a", server, secret_id="shared", secret_key="a"),
                login("b", server, secret_id="shared", secret_key="b", interval=864_000, warning_scans=0),
                login("c", server, secret_id="missing", interval=864_000),
                item("d", server),
            ],
            secrets=Secrets({"shared": json.dumps({"a": "old", "b": "wrong"})}),
        )
        assert {"sensors": 4, "due": 4, "scanned": 4, "up": 2, "down": 1, "unknown": 1} == stack.tick()
        assert {"a": "Up", "b": "Down", "c": "Unknown", "d": "Up"} == stack.statuses()
        assert {"sensors": 4, "due": 2, "scanned": 2, "up": 2} == stack.tick()
        assert [{"shared", "missing"}] == stack.secrets.asked

    at_mail_server(work, ann="old")


def test_the_password_is_nowhere_to_be_seen(log: list[logging.LogRecord]) -> None:
    echo = f"-ERR {PASSWORD} is wrong"
    script: Script = [
        *greeting(),
        *answer("CAPA", "-ERR"),
        *answer("USER ann", "+OK"),
        *answer(f"PASS {PASSWORD}", echo),
    ]
    with scripted([*script, *answer("QUIT", echo)]) as server:
        stack = MemoryStack([login("a", server, result_handling="store")], secrets=Secrets({"ann's": PASSWORD}))
        (result,) = stack.scan_now("a")
    assert [] == server.failures
    assert "the login was rejected: -ERR *** is wrong" == result["message"]
    assert 2 == len(stack.results.files)
    everything = [result, stack.results.files, stack.states.load(), stack.metrics.points, stack.monitor.__dict__, log]
    assert PASSWORD not in repr(everything) + "".join(repr(vars(record)) for record in log)


def test_a_limit_of_the_mailbox_is_reason_enough_to_ask_for_it() -> None:
    """Published or not: a limit that is never compared would be a promise that nobody keeps."""
    script: Script = [*script_of_login(PASSWORD)[:-2], *stat(2, 320), *quit_answer()]
    with scripted(script) as server:
        limits = {"MessageCount": {"upper_error": 1}}
        stack = MemoryStack([login("a", server, limits=limits)], secrets=Secrets({"ann's": PASSWORD}))
        stack.tick()
    assert [] == server.failures
    assert ("Down", "limit") == (stack.statuses()["a"], stack.states.load()["a"].reason)
    assert {"ResponseTime", "Downtime"} == stack.published()["a"].keys()


# ---- what the deployment imposes -------------------------------------------------------------------------------------


def test_no_sensor_may_send_a_password_in_the_clear_where_the_deployment_refuses() -> None:
    with scripted(HEALTHY) as server:
        stack = MemoryStack(
            [login("a", server, cleartext_login="allow")],
            Policy(forbidden=(), refuse_cleartext_login=True),
            Secrets({"ann's": PASSWORD}),
        )
        stack.tick()
    assert [] == server.failures
    assert "cleartext_refused" == stack.states.load()["a"].reason


def test_what_the_deployment_imposes_holds_for_settings_in_a_message_too() -> None:
    """Whoever may send to the queue must not send a password in the clear."""
    with scripted(HEALTHY) as server:
        where = {"host": server.host, "port": server.port}
        who = {"authentication": "user_password", "username": "ann", "secret_id": "ann's"}
        settings = a_sensor(id="a", **where, **who)
        stack = MemoryStack(
            policy=Policy(forbidden=(), refuse_cleartext_login=True), secrets=Secrets({"ann's": PASSWORD})
        )
        now = datetime.now(UTC)
        stack.monitor.take(Batch(now, (settings,), now + timedelta(minutes=1)), 100)
    assert [] == server.failures
    assert "cleartext_refused" == stack.states.load()["a"].reason


def test_no_scan_goes_where_the_deployment_forbids() -> None:
    with scripted() as server:
        stack = MemoryStack([item("a", server)], Policy(parse_networks("127.0.0.0/8")))
        stack.tick()
    assert [] == server.failures
    state = stack.states.load()["a"]
    assert (Status.UNKNOWN, "address_forbidden") == (state.status, state.reason)


# ---- by hand ---------------------------------------------------------------------------------------------------------


def test_scan_now_gives_a_result_for_each_in_the_order_asked_for() -> None:
    with scripted(HEALTHY) as one, scripted(HEALTHY) as other:
        stack = MemoryStack(
            [item("a", one), item("b", other), {"id": "bad"}, {"id": "device", "kind": "device", "host": "192.0.2.1"}]
        )
        results = stack.scan_now("none", "b", "bad", "a", "device", "b", "none")
    assert ([], []) == (one.failures, other.failures)
    unknown = "the Sensors table has no sensor with this id"
    no_host = "host: is missing, here and in everything above; allowed: a DNS name or an IP address, without a port"
    assert [
        ("none", "Unknown", "settings_invalid", unknown),
        ("b", "Up", "", ""),
        ("bad", "Unknown", "settings_invalid", no_host),
        ("a", "Up", "", ""),
        ("device", "Unknown", "settings_invalid", unknown),
    ] == [(one["sensor_id"], one["status"], one["reason"], one["message"]) for one in results]
    # Published and stored like any other scan; what is no sensor leaves no trace.
    assert {"a": "Up", "b": "Up", "bad": "Unknown"} == stack.statuses()
    assert {"a", "b", "bad"} == stack.published().keys()


def test_scan_now_of_nobody() -> None:
    assert [] == MemoryStack([{"id": "a", "host": "192.0.2.1"}]).scan_now()


def test_what_scan_now_cannot_publish_is_counted() -> None:
    with scripted(HEALTHY) as server:
        stack = MemoryStack([item("a", server)], metrics=Metrics(fault=FAULT), states=States(fault=FAULT))
        (result,) = stack.scan_now("a")
    assert ("Up", 2) == (result["status"], stack.failed_calls)


def test_scan_now_scans_whether_due_or_not_and_only_these() -> None:
    with scripted(HEALTHY, HEALTHY) as server, scripted() as untouched:
        stack = MemoryStack([item("a", server, interval=864_000), item("b", untouched)])
        for _ in range(2):
            (result,) = stack.scan_now("a")
            assert "Up" == result["status"]
    assert ([], []) == (server.failures, untouched.failures)
    assert {"a": "Up"} == stack.statuses()


def test_a_result_has_all_that_the_contract_lists() -> None:
    with scripted(HEALTHY) as server:
        stack = MemoryStack([item("a", server, channels=["Status", "LookupTime"], result_handling="store")])
        (result,) = stack.scan_now("a")
    phases = result["phases"]
    assert ["lookup", "connect", "greeting", "security"] == list(phases)
    assert {
        "sensor_id": "a",
        "status": "Up",
        "phase": "",
        "reason": "",
        "message": "",
        "response_time_ms": result["response_time_ms"],
        "channels": {
            "ResponseTime": result["response_time_ms"],
            "Downtime": 0,
            "Status": 0,
            "LookupTime": phases["lookup"],
        },
        "phases": phases,
        "address": "127.0.0.1",
        "tls": {},
        "certificate": {},
    } == result
    assert sum(round(1000 * value) for value in phases.values()) == round(1000 * result["response_time_ms"])
    assert {"a": result["channels"]} == stack.published()
    assert ["sensors/Result of Sensor a.txt", "sensors/Result of Sensor a.Data.txt"] == list(stack.results.files)

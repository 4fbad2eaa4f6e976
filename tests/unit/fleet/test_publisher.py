"""Reports on their way out: together, but nobody waits long, and no failure stops another."""

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from pop3_sensor.fleet import Outlets
from pop3_sensor.fleet.failures import Failures
from pop3_sensor.fleet.lane import MAX_REPORTS, MAX_WAIT_SECONDS
from pop3_sensor.fleet.publisher import Backlog, Publisher
from pop3_sensor.model import Channel, Observation, PauseReason, Reason, State, Status, Trouble
from pop3_sensor.model.settings import ResultHandling
from pop3_sensor.ports import Point, ServiceError
from pop3_sensor.status import Pause, Report, report_of_pause, report_of_scan
from tests.fakes.clock import Clock
from tests.fakes.memory import Events, Metrics, Queue, Results, States
from tests.samples import AT, REFUSED, SEEN, SENSOR

SOON = 5.0  # how long a test waits for what must happen
STILL_UP = State(Status.UP, AT - timedelta(hours=1))


def report(
    sensor_id: str = "mail-1",
    *,
    seen: Observation = SEEN,
    previous: State | None = None,
    handling: ResultHandling = "discard",
) -> Report:
    return report_of_scan(sensor_id, replace(SENSOR, id=sensor_id, result_handling=handling), seen, previous)


def points(*sensor_ids: str) -> list[Point]:
    """What a good scan of each puts out."""
    values = {Channel.RESPONSE_TIME: 141.751, Channel.DOWNTIME: 0}
    return [Point(one, channel, value, AT) for one in sensor_ids for channel, value in values.items()]


@dataclass
class Desk:
    """A publisher and its outlets."""

    metrics: Metrics = field(default_factory=Metrics)
    states: States = field(default_factory=States)
    events: Events = field(default_factory=Events)
    queue: Queue = field(default_factory=Queue)
    results: Results = field(default_factory=Results)

    def __post_init__(self) -> None:
        self.outlets = Outlets(
            metrics=self.metrics, states=self.states, events=self.events, queue=self.queue, results=self.results
        )
        self.backlog = Backlog()
        self.failures = Failures()  # of the last call

    def publish(self, reports: Sequence[Report]) -> None:
        """In a call of its own."""

        async def run() -> None:
            queue: asyncio.Queue[Report | None] = asyncio.Queue()
            for report in (*reports, None):
                queue.put_nowait(report)
            await publisher.run(queue)

        self.failures = Failures()
        publisher = Publisher(self.outlets, self.backlog, self.failures)
        publisher.catch_up()
        asyncio.run(run())


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_all_of_a_report_goes_out(desk: Desk) -> None:
    desk.publish([report("a", handling="store"), report("b", seen=REFUSED)])
    assert [*points("a"), Point("b", Channel.DOWNTIME, 0, AT)] == desk.metrics.points
    assert REFUSED.trouble
    assert {
        "a": State(Status.UP, AT),
        "b": State(Status.WARNING, AT, "connect", "refused", REFUSED.trouble.message, 1),
    } == desk.states.load()
    assert ["sensors/Result of Sensor a.txt", "sensors/Result of Sensor a.Data.txt"] == list(desk.results.files)
    summary, dialogue = desk.results.files.values()
    assert "Settings" in summary
    assert "+OK ready" in dialogue
    assert 0 == len(desk.failures)


# The state before: is the state written.
CHANGES: dict[str, tuple[State | None, Observation, bool]] = {
    "a new sensor": (None, SEEN, True),
    "another status": (replace(STILL_UP, status=Status.DOWN), SEEN, True),
    "one more failure": (State(Status.DOWN, AT, "connect", "refused", "nobody there", 2), REFUSED, True),
    "all as it was": (STILL_UP, SEEN, False),
}


@pytest.mark.parametrize(("previous", "seen", "written"), CHANGES.values(), ids=CHANGES)
def test_a_state_is_written_when_something_in_it_changes(
    desk: Desk, previous: State | None, seen: Observation, written: bool
) -> None:
    desk.publish([report(previous=previous, seen=seen)])
    assert ["mail-1"][: int(written)] == desk.states.saved


def test_of_two_that_saw_the_same_state_before_one_records_and_tells() -> None:
    """Two invocations at once: one event, and metrics of both."""
    desk = Desk()
    first, second = report(), report(seen=replace(REFUSED, at=AT + timedelta(seconds=1)))
    desk.publish([first])
    desk.publish([second])
    assert ["mail-1"] == desk.states.saved
    assert {"mail-1": first.state} == desk.states.load()
    assert [first.change()] == [change.detail for change in desk.events.changes]
    assert [*points("mail-1"), Point("mail-1", Channel.DOWNTIME, 0, second.seen.at)] == desk.metrics.points


# By how much the scan is later than the one of which the state is stored: is it recorded.
LATER = {"later": (1, True), "at the same moment": (0, False), "earlier": (-1, False)}


@pytest.mark.parametrize(("microseconds", "recorded"), LATER.values(), ids=LATER)
def test_a_clock_that_went_backwards_undoes_nothing(desk: Desk, microseconds: int, recorded: bool) -> None:
    desk.publish([report()])
    (before,) = desk.states.load().values()
    again = replace(REFUSED, at=AT + microseconds * timedelta(microseconds=1))
    desk.publish([report(previous=before, seen=again)])
    assert 1 + recorded == len(desk.states.saved) == len(desk.events.changes)


# The state before, what is reported: the statuses that the event names.
PAUSED = State(Status.PAUSED, AT - timedelta(hours=1), pause_reasons=(PauseReason.USER,), message="paused: user")
CLAIMED = State(Status.UNKNOWN, AT - timedelta(minutes=1), message="its first scan is under way")
STILL_UNKNOWN = replace(CLAIMED, reason="secret_missing", scanned_at=AT - timedelta(minutes=1))
OUR_TROUBLE = Observation(AT, trouble=Trouble(Reason.NOT_RUN, None, "no time"))
EVENTS: dict[str, tuple[State | None, Observation, list[tuple[str, str]]]] = {
    "a new sensor that is Up": (None, SEEN, [("", "Up")]),
    "a new sensor that fails": (None, REFUSED, [("", "Warning")]),
    "a new sensor that cannot be scanned": (None, OUR_TROUBLE, [("", "Unknown")]),
    "a new sensor whose first scan was claimed": (CLAIMED, SEEN, [("", "Up")]),
    "and that cannot be scanned": (CLAIMED, OUR_TROUBLE, [("", "Unknown")]),
    "Unknown, as it was": (STILL_UNKNOWN, OUR_TROUBLE, []),
    "Up after Unknown": (STILL_UNKNOWN, SEEN, [("Unknown", "Up")]),
    "as it was": (STILL_UP, SEEN, []),
    "a failure": (STILL_UP, REFUSED, [("Up", "Warning")]),
    "one more failure": (State(Status.WARNING, AT, failures=1), REFUSED, [("Warning", "Down")]),
    "and one more, of another kind": (State(Status.DOWN, AT, "lookup", "timeout", "late", 2), REFUSED, []),
    "resumed": (PAUSED, SEEN, [("Paused", "Up")]),
    "Unknown after Up": (STILL_UP, OUR_TROUBLE, [("Up", "Unknown")]),
}


@pytest.mark.parametrize(("previous", "seen", "told"), EVENTS.values(), ids=EVENTS)
def test_one_event_for_a_change_of_status_and_none_without(
    desk: Desk, previous: State | None, seen: Observation, told: list[tuple[str, str]]
) -> None:
    desk.publish([report(previous=previous, seen=seen)])
    details = [change.detail for change in desk.events.changes]
    assert told == [(detail["previous_status"], detail["status"]) for detail in details]


def test_who_is_paused_publishes_no_channel_and_stores_no_result(desk: Desk) -> None:
    """Nothing was scanned, so the files of the last scan stand."""
    settings = replace(SENSOR, result_handling="store", channels=tuple(Channel), paused=(None,))
    desk.publish([report_of_pause(settings, Pause((PauseReason.USER,)), STILL_UP, AT)])
    assert ([], {}) == (desk.metrics.points, desk.results.files)
    (state,) = desk.states.load().values()
    assert (Status.PAUSED, (PauseReason.USER,), "paused: user") == (state.status, state.pause_reasons, state.message)
    (change,) = desk.events.changes
    assert ("Up", "Paused") == (change.detail["previous_status"], change.detail["status"])


FAULT = ServiceError("the service is on fire")
# What fails; how many failures that is for two sensors that store their results.
BROKEN = {"metrics": 1, "states": 2, "events": 1, "results": 4, "metrics states results": 7}
ALL_OF_IT = {"metrics": 4, "states": 2, "events": 2, "results": 4}


@pytest.mark.parametrize(("broken", "failures"), BROKEN.items(), ids=BROKEN)
def test_no_failure_stops_another(broken: str, failures: int, log: list[logging.LogRecord]) -> None:
    faults = dict.fromkeys(broken.split(), ServiceError("the service is on fire"))
    desk = Desk(
        metrics=Metrics(fault=faults.get("metrics")),
        states=States(fault=faults.get("states")),
        events=Events(fault=faults.get("events")),
        results=Results(fault=faults.get("results")),
    )
    desk.publish([report("a", handling="store"), report("b", handling="store")])
    assert failures == len(desk.failures)
    assert ["could not publish: the service is on fire"] * failures == [record.getMessage() for record in log]
    went_out = (len(desk.metrics.points), len(desk.states.saved), len(desk.events.changes), len(desk.results.files))
    # Who could not record a change tells nobody of it: the next tick will.
    silent = faults.keys() | ({"events"} if "states" in faults else set())
    assert tuple(0 if name in silent else whole for name, whole in ALL_OF_IT.items()) == went_out


Scene = Callable[[asyncio.Queue[Report | None]], Awaitable[None]]


def run(desk: Desk, scene: Scene) -> None:
    """The publisher at work, while the scene hands it reports."""

    async def both() -> None:
        reports: asyncio.Queue[Report | None] = asyncio.Queue()
        async with asyncio.timeout(SOON), asyncio.TaskGroup() as group:
            group.create_task(Publisher(desk.outlets, desk.backlog, desk.failures).run(reports))
            await scene(reports)

    asyncio.run(both())


async def let_it_take(reports: asyncio.Queue[Report | None]) -> None:
    """Until the publisher has taken all and waits for more."""
    await until(reports.empty)
    for _ in range(3):
        await asyncio.sleep(0)


async def until(condition: Callable[[], object]) -> None:
    """Turns the loop meanwhile: so it learns that time was skipped."""
    while not condition():  # noqa: ASYNC110 - other threads fulfil it, who know of no asyncio.Event
        await asyncio.sleep(0)


def test_the_end_publishes_what_is_left(desk: Desk) -> None:
    async def scene(reports: asyncio.Queue[Report | None]) -> None:
        for one in (report("a"), report("b"), None):
            reports.put_nowait(one)

    run(desk, scene)
    assert points("a", "b") == desk.metrics.points


def test_the_end_of_nothing(desk: Desk) -> None:
    calls: list[Sequence[Point]] = []
    desk.metrics.on_put = calls.append

    async def scene(reports: asyncio.Queue[Report | None]) -> None:
        reports.put_nowait(None)

    run(desk, scene)
    assert [] == calls


def test_a_report_waits_for_company_but_not_long(desk: Desk, clock: Clock) -> None:
    """From the first of a batch on, however many follow."""
    batches: list[int] = []
    desk.metrics.on_put = lambda points: batches.append(len(points) // 2)

    async def scene(reports: asyncio.Queue[Report | None]) -> None:
        reports.put_nowait(report("a"))
        await let_it_take(reports)
        clock.skip(MAX_WAIT_SECONDS - 1)
        reports.put_nowait(report("b"))
        await let_it_take(reports)
        assert [] == batches
        clock.skip(1)
        await until(lambda: batches)
        reports.put_nowait(report("c"))
        await let_it_take(reports)
        assert [2] == batches
        clock.skip(MAX_WAIT_SECONDS)
        await until(lambda: len(batches) == 2)
        reports.put_nowait(None)

    run(desk, scene)
    assert [2, 1] == batches
    assert points("a", "b", "c") == desk.metrics.points


def test_enough_of_them_wait_for_nobody(desk: Desk) -> None:
    batches: list[int] = []
    desk.metrics.on_put = lambda points: batches.append(len(points) // 2)

    async def scene(reports: asyncio.Queue[Report | None]) -> None:
        for number in range(MAX_REPORTS + 1):
            reports.put_nowait(report(f"mail-{number}"))
        await until(lambda: batches)
        assert [MAX_REPORTS] == batches
        reports.put_nowait(None)

    run(desk, scene)
    assert [MAX_REPORTS, 1] == batches


def test_a_slow_service_does_not_hold_up_the_scans(desk: Desk) -> None:
    """While it takes its time the loop goes on: here the scene answers for the service."""
    answered = threading.Event()
    asked = threading.Event()

    def slow(_: Sequence[Point]) -> None:
        asked.set()
        assert answered.wait(SOON)

    desk.metrics.on_put = slow

    async def scene(reports: asyncio.Queue[Report | None]) -> None:
        reports.put_nowait(report("a"))
        reports.put_nowait(None)
        await until(asked.is_set)
        answered.set()

    run(desk, scene)
    assert points("a") == desk.metrics.points


def test_what_comes_while_a_batch_goes_out_is_not_lost(desk: Desk, clock: Clock) -> None:
    answered = threading.Event()
    batches: list[int] = []

    def slow(points: Sequence[Point]) -> None:
        batches.append(len(points) // 2)
        assert answered.wait(SOON)

    desk.metrics.on_put = slow

    async def scene(reports: asyncio.Queue[Report | None]) -> None:
        reports.put_nowait(report("a"))
        await let_it_take(reports)
        clock.skip(MAX_WAIT_SECONDS)
        await until(lambda: batches)
        reports.put_nowait(report("b"))
        reports.put_nowait(None)
        answered.set()

    run(desk, scene)
    assert [1, 1] == batches
    assert points("a", "b") == desk.metrics.points

"""Never two scans of one sensor at a time, by whatever invocation: two processes at the same tables, one clock."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from pop3_sensor.fleet import Keyring, Monitor, Outlets, Policy
from pop3_sensor.fleet.claims import VALID, Claims
from pop3_sensor.fleet.failures import Failures
from pop3_sensor.fleet.job import Job
from pop3_sensor.model import Observation, Status
from pop3_sensor.ports import ServiceError
from tests.fakes.memory import Events, Metrics, Queue, Results, Secrets, Sensors, States
from tests.fakes.simulations import DOWN, MINUTE, UP, sensor
from tests.samples import AT, SENSOR

SOON = 5.0  # how long a test waits for what must happen
TURNS = 3  # of the keeper: what it sees twice is claimed
FAULT = ServiceError("on fire")


@dataclass
class World:
    """The tables and the clock that all processes share, and how many scans of each sensor there ever were at once."""

    items: list[dict[str, Any]]
    now: datetime = AT
    states: States = field(default_factory=States)
    events: Events = field(default_factory=Events)
    metrics: Metrics = field(default_factory=Metrics)
    queue: Queue = field(default_factory=Queue)
    under_way: list[str] = field(default_factory=list)
    scanned: list[str] = field(default_factory=list)

    def process(self, scene: "Scene | None" = None) -> Monitor:
        outlets = Outlets(
            metrics=self.metrics, states=self.states, events=self.events, queue=self.queue, results=Results()
        )
        return Monitor(
            Sensors(self.items),
            outlets,
            Keyring(Secrets()),
            Policy(forbidden=()),
            make_engine=lambda scan, seconds: Engine(self, scene),  # noqa: ARG005 - its scans are the scene's
            now=lambda: self.now,
        )

    def claimed(self) -> list[str]:
        return [
            one for one, state in self.states.load().items() if state.claimed_until and self.now < state.claimed_until
        ]

    def told(self) -> list[tuple[str, str, str]]:
        details = [change.detail for change in self.events.changes]
        return [(one["sensor_id"], one["previous_status"], one["status"]) for one in details]


Scene = Callable[[str], Awaitable[Observation]]


@dataclass
class Engine:
    """What a scan sees, and how long it takes, is the scene's."""

    world: World
    scene: Scene | None

    async def scan(self, job: Job) -> Observation:
        sensor_id, began = job.settings.id, self.world.now
        assert sensor_id not in self.world.under_way
        self.world.scanned.append(sensor_id)
        self.world.under_way.append(sensor_id)
        seen = await self.scene(sensor_id) if self.scene else UP
        self.world.under_way.remove(sensor_id)
        return replace(seen, at=began)


@contextmanager
def quick_keeper(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """It looks at every turn of the loop, in place of every five seconds."""
    with monkeypatch.context() as patch:
        patch.setattr(Claims.keep, "__defaults__", (0.0,))
        yield


@dataclass
class Lasting:
    """A scan that lasts until `end` is called; then it saw `seen`."""

    world: World
    seen: Observation = DOWN
    lasting: str = "slow"
    over: threading.Event = field(default_factory=threading.Event)
    claimed: threading.Event = field(default_factory=threading.Event)

    async def __call__(self, sensor_id: str) -> Observation:
        if sensor_id != self.lasting:
            return UP
        while not self.over.is_set():
            await asyncio.sleep(0)
            if self.world.claimed():
                self.claimed.set()
        return self.seen


@contextmanager
def under_way(world: World, monkeypatch: pytest.MonkeyPatch, **how: Any) -> Iterator[Lasting]:
    """While a tick's scan of `slow` lasts, in a process of its own; it is claimed."""
    scan = Lasting(world, **how)
    monitor = world.process(scan)
    thread = threading.Thread(target=monitor.tick, args=(world.now, 900), daemon=True)
    with quick_keeper(monkeypatch):
        thread.start()
        try:
            assert scan.claimed.wait(SOON)
            yield scan
        finally:
            scan.over.set()
            thread.join(SOON)
    assert not thread.is_alive()


SLOW = sensor("slow", timeout=120)
KNOWN = [True, False]


def a_world(*, known: bool = True) -> World:
    """With a sensor whose scan lasts longer than its interval; `known`: it was scanned before."""
    world = World([SLOW, sensor("quick")])
    if known:
        world.process().tick(world.now, 900)
    world.now += MINUTE
    world.scanned.clear()
    return world


@pytest.mark.parametrize("known", KNOWN, ids=["a known sensor", "a new sensor"])
def test_the_next_tick_leaves_alone_what_is_still_being_scanned(monkeypatch: pytest.MonkeyPatch, known: bool) -> None:
    world = a_world(known=known)
    with under_way(world, monkeypatch):
        world.now += VALID - timedelta(seconds=1)
        summary = world.process().tick(world.now, 900).as_json()
        assert (1, 2) == (world.scanned.count("slow"), world.scanned.count("quick"))
        assert (2, 1, 1) == (summary["sensors"], summary["due"], summary["scanned"])
        assert ["slow"] == world.claimed()
    assert Status.DOWN == world.states.load()["slow"].status
    assert [("slow", "Up" if known else "", "Down")] == [one for one in world.told() if one[2] == "Down"]


@pytest.mark.parametrize("known", KNOWN, ids=["a known sensor", "a new sensor"])
def test_its_new_state_takes_the_place_of_the_claim(monkeypatch: pytest.MonkeyPatch, known: bool) -> None:
    world = a_world(known=known)
    with under_way(world, monkeypatch):
        assert ["slow"] == world.claimed()
    assert [] == world.claimed()
    world.now += MINUTE
    world.process().tick(world.now, 900)
    assert 2 == world.scanned.count("slow")


def test_a_scan_that_changes_nothing_leaves_no_claim_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the next tick would skip a sensor that is well, but slow."""
    world = a_world()
    with under_way(world, monkeypatch, seen=UP):
        assert ["slow"] == world.claimed()
    assert [] == world.claimed()
    assert Status.UP == world.states.load()["slow"].status


def test_a_claim_whose_invocation_broke_off_expires() -> None:
    world = a_world()
    world.states.claim("slow", world.now, world.now + VALID)
    world.process().tick(world.now, 900)
    assert ["quick"] == world.scanned
    world.now += MINUTE
    world.process().tick(world.now, 900)
    assert ["quick", "quick", "slow"] == sorted(world.scanned)


def test_a_new_sensor_whose_first_scan_broke_off_is_as_new() -> None:
    world = a_world(known=False)
    world.states.claim("slow", world.now, world.now + VALID)
    world.now += MINUTE
    world.process().tick(world.now, 900)
    assert ["quick", "slow"] == sorted(world.scanned)
    assert ("slow", "", "Up") in world.told()


def test_what_is_scanned_elsewhere_is_not_run_by_hand_and_not_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the sensor would turn Unknown, its claim be undone, and the lasting scan find no place for its result."""
    world = a_world()
    world.events.changes.clear()
    with under_way(world, monkeypatch):
        points = len(world.metrics.points)
        slow, quick = world.process().scan_now(["slow", "quick"], 900).results
        assert ("slow", "Unknown", "not_run") == (slow["sensor_id"], slow["status"], slow["reason"])
        assert "another invocation is scanning this sensor just now" == slow["message"]
        assert "Up" == quick["status"]
        assert "slow" not in {point.sensor_id for point in world.metrics.points[points:]}
        assert ["slow"] == world.claimed()
        assert Status.UP == world.states.load()["slow"].status
    assert [("slow", "Up", "Down")] == world.told()


def test_the_half_minute_leaves_alone_what_the_tick_still_scans(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World([sensor("slow", timeout=120, interval=30), sensor("quick", interval=30)])
    with under_way(world, monkeypatch) as scan:
        (batch,) = world.queue.handed_on
        world.now += timedelta(seconds=30)
        scan.claimed.clear()
        assert scan.claimed.wait(SOON)  # again, for it lasts
        other = world.process()
        other.take(batch, 900)
        assert (1, 2) == (world.scanned.count("slow"), world.scanned.count("quick"))
        other.take(batch, 900)
        assert 2 == world.scanned.count("quick")


# How late the tick comes, in seconds: how late its half minute.
LATE = {0: 30, 5: 30, 15: 30, 25: 35, 40: 50, 59: 69}


@pytest.mark.parametrize(("late", "half"), LATE.items(), ids=[f"{one} s" for one in LATE])
def test_a_tick_that_comes_late_does_not_meet_its_own_half_minute(late: int, half: int) -> None:
    """What lasts is claimed after ten seconds at the latest: no earlier may the second scan begin."""
    world = World([sensor("a", interval=30)], now=AT + timedelta(seconds=late))
    world.process().tick(AT, 900)
    (batch,) = world.queue.handed_on
    assert half == late + batch.delay_seconds
    assert AT + timedelta(seconds=30) == batch.due


def test_a_claim_on_a_sensor_that_was_deleted_meanwhile_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    world = a_world()
    with under_way(world, monkeypatch):
        world.items[:] = [sensor("quick")]
        world.now += MINUTE
        world.process().tick(world.now, 900)
        assert 1 == world.scanned.count("slow")
    world.now += MINUTE
    world.process().tick(world.now, 900)
    assert ["quick"] == list(world.states.load())


def test_where_all_is_well_nothing_is_written() -> None:
    world = World([sensor(f"mail-{number}") for number in range(50)])
    claims: list[str] = []
    world.process().tick(world.now, 900)
    world.states.saved.clear()
    world.states.claim = lambda sensor_id, *_: claims.append(sensor_id)  # type: ignore[method-assign]  # a claim would be told
    for _ in range(3):
        world.now += MINUTE
        world.process().tick(world.now, 900)
    assert ([], []) == (world.states.saved, claims)


def test_a_repeated_tick_and_a_repeated_batch_scan_nobody_twice() -> None:
    world = World([sensor("a", interval=30)])
    for process in (here := world.process(), here, world.process()):
        process.tick(AT, 900)
    (batch,) = world.queue.handed_on
    world.now = batch.due
    for process in (here, here, world.process()):
        process.take(batch, 900)
    assert ["a", "a"] == world.scanned


def test_where_a_tick_cannot_be_claimed_it_is_scanned_all_the_same() -> None:
    world = World([sensor("a")], states=States(fault=FAULT))
    counts = world.process().tick(AT, 900)
    assert (["a"], True) == (world.scanned, counts.failed_calls > 0)


@dataclass
class Refusing(States):
    """How often a claim was tried; each fails."""

    error: Exception = FAULT
    tried: list[str] = field(default_factory=list)

    def claim(self, sensor_id: str, now: datetime, until: datetime) -> None:
        self.tried.append(sensor_id)
        assert now < until
        raise self.error


@pytest.mark.parametrize("error", [FAULT, RuntimeError("boom")], ids=["of the service", "of ours"])
def test_a_claim_that_fails_is_counted_and_stops_nothing(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    world = World([SLOW], states=(states := Refusing(error=error)))

    async def until_tried(_: str) -> Observation:
        while not states.tried:  # noqa: ASYNC110 - a thread fulfils it, which knows of no asyncio.Event
            await asyncio.sleep(0)
        return UP

    monitor = world.process(until_tried)
    with quick_keeper(monkeypatch):
        counts = monitor.tick(world.now, 900)
    assert {"slow": Status.UP} == {one: state.status for one, state in states.load().items()}
    assert 0 < len(states.tried) == counts.failed_calls
    world.now += MINUTE
    assert world.process().tick(world.now, 900).as_json()["up"] == 1


def test_with_a_dead_table_no_more_is_claimed_once_the_scans_are_over() -> None:
    """Four hundred claims, each of which fails after half a minute, would outlast the invocation."""
    states = Refusing()
    first = threading.Event()

    @dataclass
    class Dead(Refusing):
        def claim(self, sensor_id: str, now: datetime, until: datetime) -> None:
            first.set()
            assert over.wait(SOON)
            super().claim(sensor_id, now, until)

    states, over = Dead(), threading.Event()
    done = asyncio.Event()

    @dataclass
    class Waiting:
        async def scan(self, _: Job) -> Observation:
            await done.wait()
            return UP

    async def run() -> None:
        claims = Claims(Waiting(), states, lambda: AT, Failures())
        keeper = asyncio.create_task(claims.keep(0))
        scans = [asyncio.create_task(claims.scan(Job(replace(SENSOR, id=str(one)), None))) for one in range(400)]
        while not first.is_set():  # noqa: ASYNC110 - a thread sets it
            await asyncio.sleep(0)
        done.set()
        await asyncio.gather(*scans)
        over.set()
        keeper.cancel()

    asyncio.run(run())
    assert 1 == len(states.tried)

"""A week of a fleet, minute by minute, against a model that was written from the contract."""

import asyncio
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from pop3_sensor import monitor
from pop3_sensor.fleet import Fleet, Policy, read_fleet
from pop3_sensor.ports import StateStore
from tests.fleet.builder import Builder
from tests.fleet.model import Model
from tests.fleet.simulation import LATE, Outcome, Sensors, Simulation, ticks
from tests.fleet.world import AUTUMN, MINUTES, SPRING, Table, World

HALF = timedelta(seconds=30)


def own_minutes(world: World) -> dict[str, int]:
    """Which minute a long interval gets is the code's to choose; that it keeps to it is what the week shows."""
    longest = 21600
    ids = [*world.table, *(item_id for edits in world.edits.values() for item_id in edits)]
    bare = {one: {"id": one, "host": "mail.example.org", "interval": longest} for one in sorted({*ids} - {"root"})}
    scout = Simulation(World(world.start, bare))
    scout.tick(world.start - timedelta(minutes=1))  # the first scan of each
    scout.taken()
    found: dict[str, int] = {}
    for tick in ticks(world.start, longest // 60):
        scout.tick(tick)
        found |= dict.fromkeys(scout.taken().scans, int(tick.timestamp()) // 60)
    assert {*bare} == {*found}
    return found


def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """A week has many invocations. What is the same in each is done once, and nobody starts threads for fakes."""
    known: list[tuple[Table, Fleet]] = []

    def read(sensors: Sensors, states: StateStore, policy: Policy) -> Fleet:
        if not known or known[0][0] is not sensors.table:
            known[:] = [(sensors.table, read_fleet(sensors, states, policy))]
        return replace(known[0][1], states=states.load())

    async def here(work: Callable[..., object], *arguments: object) -> object:
        return work(*arguments)

    monkeypatch.setattr(monitor, "read_fleet", read)
    monkeypatch.setattr(asyncio, "to_thread", here)


# Of the whole week each minute is simulated. FLEET=whole: 200 sensors in 20 groups, which takes minutes.
SMALL = {"spring": (1, SPRING, 5, 3)}
WHOLE = {"spring": (1, SPRING, 20, 10), "autumn": (2, AUTUMN, 20, 10)}
WEEKS = WHOLE if os.environ.get("FLEET") == "whole" else SMALL


@pytest.mark.parametrize(("seed", "start", "groups", "sensors"), WEEKS.values(), ids=WEEKS)
def test_a_week(seed: int, start: datetime, groups: int, sensors: int, monkeypatch: pytest.MonkeyPatch) -> None:
    quickly(monkeypatch)
    world = Builder(seed, start, groups, sensors).world()
    model = Model(world, own_minutes(world))
    simulation = Simulation(world)
    for tick in ticks(start, MINUTES):
        simulation.tick(tick)
        assert_same(tick, model.tick(tick, tick + LATE, world.table), simulation.taken())
        simulation.deliver(tick + HALF)
        assert_same(tick + HALF, model.half_minute(tick + HALF, tick + HALF), simulation.taken())
    statuses = {one: str(state.status) for one, state in simulation.states.kept.items()}
    assert {one: known.status for one, known in model.known.items()} == statuses


def assert_same(at: datetime, expected: Outcome, actual: Outcome) -> None:
    if expected != actual:
        pytest.fail("\n  ".join([f"at {at}:", *expected.differences(actual)]))

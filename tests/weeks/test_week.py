"""A week of a fleet, minute by minute, against a model that was written from the documents alone."""

import os
from datetime import datetime, timedelta

import pytest

from tests.fakes.fleets.builder import Builder
from tests.fakes.fleets.model import Model
from tests.fakes.fleets.simulation import LATE, Outcome, Simulation, ticks
from tests.fakes.fleets.world import AUTUMN, MINUTES, SPRING, World

HALF = timedelta(seconds=30)


def own_minutes(world: World) -> dict[str, int]:
    """In which minute each sensor with a long interval is scanned.

    The code may choose it, so it is found out beforehand; the week shows that the code keeps to it.
    """
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


DAY = 24 * 60
# By name: seed, start, groups, sensors in each group, minutes. A week of 200 sensors runs for minutes: FLEET=whole.
SOME = {"a week of 15 sensors": (1, SPRING, 5, 3, MINUTES), "a day of 200 sensors": (1, SPRING, 20, 10, DAY)}
WHOLE = {"spring": (1, SPRING, 20, 10, MINUTES), "autumn": (2, AUTUMN, 20, 10, MINUTES)}
FLEETS = WHOLE if os.environ.get("FLEET") == "whole" else SOME


@pytest.mark.no_cover  # with coverage it takes twice as long
@pytest.mark.parametrize(("seed", "start", "groups", "sensors", "minutes"), FLEETS.values(), ids=FLEETS)
def test_a_fleet_minute_by_minute(seed: int, start: datetime, groups: int, sensors: int, minutes: int) -> None:
    world = Builder(seed, start, groups, sensors).world()
    model = Model(world, own_minutes(world))
    simulation = Simulation(world)
    for tick in ticks(start, minutes):
        simulation.tick(tick)
        assert_same(tick, model.tick(tick, tick + LATE, world.table), simulation.taken())
        simulation.deliver(tick + HALF)
        assert_same(tick + HALF, model.half_minute(tick + HALF, tick + HALF), simulation.taken())
    statuses = {one: str(state.status) for one, state in simulation.states.kept.items()}
    assert {one: known.status for one, known in model.known.items()} == statuses


def assert_same(at: datetime, expected: Outcome, actual: Outcome) -> None:
    if expected != actual:
        pytest.fail("\n  ".join([f"at {at}:", *expected.differences(actual)]))

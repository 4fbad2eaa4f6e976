"""Small stories of sensors that depend on others, minute by minute."""

from datetime import timedelta

import pytest

from tests.fakes.fleets.simulation import Simulation, ticks
from tests.fakes.fleets.stories import Story, a_world, sensor
from tests.fakes.fleets.world import IN_USE, MINUTE, REFUSED, SPRING, Item

HALF = timedelta(seconds=30)
LETTERS = {"Up": "U", "Warning": "W", "Down": "D", "Paused": "p", "Unknown": "?"}


def statuses(simulation: Simulation, minutes: int, *, halves: bool = False) -> dict[str, str]:
    """Of each sensor a text with a letter for each minute, or half minute."""
    lines: dict[str, str] = {}

    def note() -> None:
        simulation.taken()
        for sensor_id, state in simulation.states.kept.items():
            lines[sensor_id] = lines.get(sensor_id, "") + LETTERS[state.status]

    for tick in ticks(SPRING, minutes):
        simulation.tick(tick)
        note()
        simulation.deliver(tick + HALF)
        if halves:
            note()
    return lines


# The items; what their servers answer; the client's status in each minute.
# "dependency_delay: seconds to stay paused after the master is Up again": 200 seconds are four more ticks.
UNTIL_MINUTE_2 = (1, 3, REFUSED)
DELAYS: dict[str, tuple[list[Item], Story, str]] = {
    "no delay is asked for": ([sensor("client", depends_on="master")], {"master": [UNTIL_MINUTE_2]}, "UppUUUUUUU"),
    "the master stays Up": (
        [sensor("client", depends_on="master", dependency_delay=200)],
        {"master": [UNTIL_MINUTE_2]},
        "UppppppUUU",
    ),
    "the master fails once more": (
        [sensor("client", depends_on="master", dependency_delay=200)],
        {"master": [UNTIL_MINUTE_2, (4, 5, REFUSED)]},
        "UppppppppU",
    ),
    "the master, Up again, is in Warning for a minute": (
        [sensor("client", depends_on="master", dependency_delay=200)],
        {"master": [UNTIL_MINUTE_2, (5, 6, IN_USE)]},
        "UppppppUUU",
    ),
    "another master, never Down, is in Warning for a minute": (
        [
            {"id": "group", "kind": "group", "host": "mail.example.org", "depends_on": "other"},
            sensor("other"),
            sensor("client", parent="group", depends_on="master", dependency_delay=200),
        ],
        {"master": [UNTIL_MINUTE_2], "other": [(5, 6, IN_USE)]},
        "UppppppUUU",
    ),
    "the master waits itself, and is paused for another reason too": (
        [
            sensor("top"),
            sensor("middle", depends_on="top", paused=True),
            sensor("client", depends_on="middle", dependency_delay=200),
        ],
        {"top": [UNTIL_MINUTE_2]},
        "UppppppUUU",
    ),
}


@pytest.mark.parametrize(("items", "story", "minutes"), DELAYS.values(), ids=DELAYS)
def test_the_delay_begins_when_the_trouble_ends(items: list[Item], story: Story, minutes: str) -> None:
    simulation = Simulation(a_world([sensor("master"), *items], story))
    assert minutes == statuses(simulation, len(minutes))["client"]


HALF_MINUTES: dict[str, tuple[Story, str]] = {
    "fail together at a tick": ({"master": [(1, 2, REFUSED)], "client": [(1, 2, REFUSED)]}, "UUppUU"),
    "fail together at a half minute": ({"master": [(1.5, 2.2, REFUSED)], "client": [(1.5, 2.2, REFUSED)]}, "UUUppU"),
    "the master alone, at a half minute": ({"master": [(1.5, 2, REFUSED)]}, "UUUpUU"),
}


@pytest.mark.parametrize(("story", "halves"), HALF_MINUTES.values(), ids=HALF_MINUTES)
def test_a_half_minute_s_client_waits_for_its_master_s_fresh_result(story: Story, halves: str) -> None:
    """The server of both dies in either half of the minute: then the master is Down and the client is paused."""
    items = [sensor("master", interval=30), sensor("client", interval=30, depends_on="master")]
    simulation = Simulation(a_world(items, story))
    assert halves == statuses(simulation, len(halves) // 2, halves=True)["client"]


def test_an_item_that_breaks_and_is_mended() -> None:
    """One scan later the sensor is Unknown, and one scan after the repair it is as before."""
    simulation = Simulation(a_world([sensor("mail")], {}))
    world = simulation.world
    world.edits = {
        SPRING + 2 * MINUTE: {"mail": sensor("mail", colour="red")},
        SPRING + 4 * MINUTE: {"mail": sensor("mail")},
    }
    assert "UU??UU" == statuses(simulation, 6)["mail"]

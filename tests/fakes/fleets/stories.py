"""Small fleets, and what their servers answer from minute to minute."""

from typing import Any

from tests.fakes.fleets.world import MINUTE, SPRING, Answer, Item, Spell, World

Story = dict[str, list[tuple[float, float, Answer]]]  # by sensor: from this minute to that one its server answers so


def sensor(sensor_id: str, **attributes: Any) -> Item:
    return {"id": sensor_id, "host": "mail.example.org", "warning_scans": 0, **attributes}


def a_world(items: list[Item], story: Story) -> World:
    spells = {
        sensor_id: [Spell(SPRING + start * MINUTE, SPRING + end * MINUTE, [answer]) for start, end, answer in told]
        for sensor_id, told in story.items()
    }
    return World(SPRING, {item["id"]: item for item in items}, spells)

"""What an invocation reads: worked out anew where somebody changed something, and only then."""

from typing import Any

import pytest

from pop3_sensor.fleet import Policy
from pop3_sensor.fleet.failures import Failures
from pop3_sensor.fleet.reader import FleetReader
from pop3_sensor.model import Settings
from tests.fakes.memory import Sensors, States

A: dict[str, Any] = {"id": "a", "parent": "g"}
B: dict[str, Any] = {"id": "b", "parent": "g"}
G: dict[str, Any] = {"id": "g", "kind": "group", "host": "mail.example.org"}


def read_twice(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> tuple[dict[str, Settings], ...]:
    sensors = Sensors(before)
    reader = FleetReader(sensors, States(), Policy(forbidden=()))
    first = dict(reader.read(Failures()).settings)
    sensors.items = after
    return first, dict(reader.read(Failures()).settings)


def test_without_a_change_nothing_is_worked_out_again() -> None:
    first, second = read_twice([A, B, G], [A, B, G])
    assert all(first[one] is second[one] for one in "ab")


# The items at the next tick, and what the sensors' ports are then.
CHANGES: dict[str, tuple[list[dict[str, Any]], dict[str, int]]] = {
    "one is changed": ([{**A, "port": 1}, B, G], {"a": 1, "b": 110}),
    "a group is changed": ([A, B, {**G, "port": 1}], {"a": 1, "b": 1}),
    "one is added": ([A, B, G, {**A, "id": "c", "port": 1}], {"a": 110, "b": 110, "c": 1}),
    "one is deleted": ([A, G], {"a": 110}),
    "one takes the place of another": ([A, {**B, "id": "c"}, G], {"a": 110, "c": 110}),
    "one breaks": ([{**A, "port": True}, B, G], {"b": 110}),
    "a group breaks": ([A, {**B, "host": "b.example.org"}, {**G, "port": True}], {}),
    "all are deleted": ([], {}),
}


@pytest.mark.parametrize(("after", "ports"), CHANGES.values(), ids=CHANGES)
def test_a_change_counts_at_the_next_tick(after: list[dict[str, Any]], ports: dict[str, int]) -> None:
    _, second = read_twice([A, B, G], after)
    assert ports == {one: settings.port for one, settings in second.items()}


def test_a_number_that_becomes_true_is_a_change() -> None:
    """In Python they are equal."""
    first, second = read_twice([{**A, "port": 1}, G], [{**A, "port": True}, G])
    assert ({"a"}, set()) == (set(first), set(second))

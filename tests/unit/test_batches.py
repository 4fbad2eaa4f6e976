"""Sensors on their way to another invocation: none lost, none changed, no message too large."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from pop3_sensor.batches import MAX_SENSORS, Batch, batches, decode, encode
from pop3_sensor.calendars import MaintenanceWindow, Schedule
from pop3_sensor.channels import Channel
from pop3_sensor.limits import Limits
from pop3_sensor.settings import Settings
from tests.fakes.samples import AT, SENSOR

# Settings of every kind that differ from the default.
CHANGES: dict[str, dict[str, Any]] = {
    "none": {},
    "words": {"tags": ("a", "größe"), "transport_security": "tls_required", "username": "jörg", "trusted_ca": "x" * 9},
    "numbers": {"priority": 5, "timeout": 900, "interval": 30, "warning_scans": 0, "dependency_delay": 90},
    "channels": {"channels": (Channel.STATUS,), "primary_channel": Channel.STATUS, "stack_unit": "Percent"},
    "limits": {"limits": {Channel.LOGIN_TIME: Limits(upper_error=1.5, lower_error=0, error_message="<!>")}},
    "a schedule": {"schedules": (Schedule("Europe/Berlin", ("fr:17:00-mo:09:00",)), Schedule("UTC", ()))},
    "a window": {"maintenance_windows": (MaintenanceWindow(AT, AT + timedelta(microseconds=1)),)},
    "pauses": {"paused": (None, AT)},
    "masters": {"masters": ("a", "b"), "vanished_masters": ("c",), "ancestors": ("d", "root")},
    "no tags, where the default has some": {"tags": ()},
}


@pytest.mark.parametrize("changes", CHANGES.values(), ids=CHANGES)
def test_what_is_handed_on_comes_as_it_was(changes: dict[str, Any]) -> None:
    settings = replace(SENSOR, **changes)
    (found,) = decode(encode(Batch(AT, (settings,)))).sensors
    assert settings == found


@pytest.mark.parametrize("changes", CHANGES.values(), ids=CHANGES)
def test_its_fingerprint_comes_as_it_was(changes: dict[str, Any]) -> None:
    """Else who scans it and who looks whether it is due would take each other's settings for a change, for ever."""
    settings = replace(SENSOR, **{**changes, "interval": 300})
    (found,) = decode(encode(Batch(AT, (settings,)))).sensors
    assert settings.fingerprint == found.fingerprint


def test_the_moment_comes_as_it_was() -> None:
    due = AT + timedelta(seconds=30, microseconds=1)
    assert Batch(due, ()) == decode(encode(Batch(due, ())))


def many(count: int, **changes: Any) -> list[Settings]:
    return [replace(SENSOR, id=f"mail-{number}", **changes) for number in range(count)]


SIZES = {
    "none": (0, []),
    "one": (1, [1]),
    "just enough": (MAX_SENSORS, [MAX_SENSORS]),
    "one more": (MAX_SENSORS + 1, [MAX_SENSORS, 1]),
    "many": (3 * MAX_SENSORS + 7, [MAX_SENSORS, MAX_SENSORS, MAX_SENSORS, 7]),
}


@pytest.mark.parametrize(("count", "sizes"), SIZES.values(), ids=SIZES)
def test_so_many_in_each(count: int, sizes: list[int]) -> None:
    sensors = many(count)
    made = list(batches(AT, sensors))
    assert sizes == [len(batch.sensors) for batch in made]
    assert sensors == [one for batch in made for one in batch.sensors]


MOST = 1_048_576  # bytes that SQS takes; a DynamoDB item holds 400 KB
LARGE: dict[str, dict[str, Any]] = {
    "nothing special": {},
    "an authority": {"trusted_ca": "x" * 5_000},
    "a large authority": {"trusted_ca": "x" * 150_000},
    "many windows": {
        "maintenance_windows": tuple(
            MaintenanceWindow(AT + timedelta(days=day), AT + timedelta(days=day, hours=1)) for day in range(1_000)
        )
    },
    "many tags": {"tags": tuple(f"tag-{number:04}" for number in range(2_000))},
}


@pytest.mark.parametrize("changes", LARGE.values(), ids=LARGE)
def test_no_message_is_larger_than_a_queue_takes(changes: dict[str, Any]) -> None:
    for batch in batches(AT, many(MAX_SENSORS, **changes)):
        assert len(encode(batch).encode()) <= MOST


NONSENSE = ["", "{}", "[]", '{"due": "2026-01-31T12:00:00Z"}', '{"due": "never", "sensors": []}', "\x00"]


@pytest.mark.parametrize("message", NONSENSE)
def test_what_is_no_batch(message: str) -> None:
    with pytest.raises(ValueError, match="this message is no batch of sensors: "):
        decode(message)

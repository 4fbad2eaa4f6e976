"""Sensors that travel to another invocation: none is lost, none is changed, no message is too large."""

from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any

import pytest

from pop3_sensor.aws.scan_queue import decode, encode
from pop3_sensor.model import Channel, PauseReason, State, Status
from pop3_sensor.model.calendars import MaintenanceWindow, Schedule
from pop3_sensor.model.limits import Limits
from pop3_sensor.ports import Batch
from tests.samples import AT, SENSOR

LATEST = AT + timedelta(minutes=1)

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
    (found,) = decode(encode(Batch(AT, (settings,), LATEST))).sensors
    assert settings == found


@pytest.mark.parametrize("changes", CHANGES.values(), ids=CHANGES)
def test_its_fingerprint_comes_as_it_was(changes: dict[str, Any]) -> None:
    """Otherwise a sensor with a long interval would be scanned every minute.

    The invocation that scans it would store another fingerprint than the one that looks whether it is due.
    """
    settings = replace(SENSOR, **{**changes, "interval": 300})
    (found,) = decode(encode(Batch(AT, (settings,), LATEST))).sensors
    assert settings.fingerprint == found.fingerprint


def test_the_moment_comes_as_it_was() -> None:
    due = AT + timedelta(seconds=30, microseconds=1)
    assert Batch(due, (), LATEST) == decode(encode(Batch(due, (), LATEST)))


def test_the_states_come_as_they_were() -> None:
    """The next verdict needs all of it; the conditional write needs `scanned_at`."""
    state = State(
        Status.PAUSED,
        AT,
        "",
        "",
        "paused: dependency",
        3,
        (PauseReason.DEPENDENCY,),
        AT,
        "0123456789abcdef",
        AT,
        AT,
        AT,
    )
    found = decode(encode(Batch(AT, (SENSOR,), LATEST, {"mail-1": state}))).states["mail-1"]
    assert asdict(state) == asdict(found)


def test_how_long_it_rests_and_in_which_queue_is_no_part_of_it() -> None:
    assert encode(Batch(AT, (SENSOR,), LATEST)) == encode(Batch(AT, (SENSOR,), LATEST, delay_seconds=7, is_slow=True))


# "A message can include only XML, JSON, and unformatted text. The following Unicode characters are allowed [...]:
# #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF" (SQS, SendMessage): any other is refused.
@pytest.mark.parametrize("name", ["a\ufffeb", "a\uffffb", "größe 👋", "\u202eright to left"])
def test_no_character_has_a_message_refused(name: str) -> None:
    message = encode(Batch(AT, (replace(SENSOR, name=name),), LATEST))
    assert message.isascii()
    assert message.isprintable()
    assert name == decode(message).sensors[0].name


NONSENSE = ["", "{}", "[]", '{"due": "2026-01-31T12:00:00Z"}', '{"due": "never", "sensors": []}', "\x00"]


@pytest.mark.parametrize("message", NONSENSE)
def test_what_is_no_batch(message: str) -> None:
    with pytest.raises(ValueError, match="this message is no batch of sensors: "):
        decode(message)

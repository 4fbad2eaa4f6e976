"""What the scan function may be asked, and the words for anything else."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from pop3_sensor.events import ScanNow, ScheduledTick, read_request, read_scan_now
from tests.root import ROOT

EVENTS = ROOT / "events"
NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)

FILES: dict[str, ScheduledTick | ScanNow] = {
    "schedule.json": ScheduledTick(scheduled_time=NOON),
    "scan_now.json": ScanNow(sensor_ids=["mail-example"]),
}


@pytest.mark.parametrize("name", sorted(path.name for path in EVENTS.glob("*.json")))
def test_the_events_that_we_show_are_understood(name: str) -> None:
    assert FILES[name] == read_request(json.loads((EVENTS / name).read_text()))


GOOD: dict[str, tuple[dict[str, Any], ScheduledTick | ScanNow]] = {
    "a tick": ({"scheduled_time": "2026-01-31T12:00:00Z"}, ScheduledTick(scheduled_time=NOON)),
    "a tick, with what the schedule adds": (
        {"scheduled_time": "2026-01-31T12:00:00Z", "execution_id": "x", "attempt": 1},
        ScheduledTick(scheduled_time=NOON),
    ),
    "a tick from another time zone": (
        {"scheduled_time": "2026-01-31T21:00:00+09:00"},
        ScheduledTick(scheduled_time=NOON.astimezone(timezone(timedelta(hours=9)))),
    ),
    "one sensor": ({"sensor_ids": ["a"]}, ScanNow(sensor_ids=["a"])),
    "two sensors, one of them twice": ({"sensor_ids": ["b", "a", "b"]}, ScanNow(sensor_ids=["b", "a", "b"])),
    "a sensor that cannot be": ({"sensor_ids": [""]}, ScanNow(sensor_ids=[""])),
}


@pytest.mark.parametrize(("event", "request_"), GOOD.values(), ids=GOOD)
def test_good_events(event: dict[str, Any], request_: ScheduledTick | ScanNow) -> None:
    assert request_ == read_request(event)


def test_a_placeholder_that_nobody_filled_in_is_now() -> None:
    """As emulators of the schedule hand it on."""
    before = datetime.now(UTC)
    request = read_request({"scheduled_time": "<aws.scheduler.scheduled-time>"})
    assert isinstance(request, ScheduledTick)
    assert before <= request.scheduled_time <= datetime.now(UTC)


NO_TIME = "scheduled_time must be an ISO 8601 time with an offset, from 2000 to 2099"
NO_LIST = "sensor_ids must be a list of one or more ids"
NEITHER = "it has neither scheduled_time nor sensor_ids"

BAD: dict[str, tuple[Any, str]] = {
    "nothing": ({}, NEITHER),
    "something else": ({"detail": {}}, NEITHER),
    "no time": ({"scheduled_time": None}, NO_TIME),
    "a time that is none": ({"scheduled_time": "<aws.scheduler.execution-id>"}, NO_TIME),
    "a time of no time zone": ({"scheduled_time": "2026-01-31T12:00:00"}, NO_TIME),
    "a day": ({"scheduled_time": "2026-01-31"}, NO_TIME),
    "a time in a list": ({"scheduled_time": ["2026-01-31T12:00:00Z"]}, NO_TIME),
    "a number, which would be seconds since 1970": ({"scheduled_time": 5}, NO_TIME),
    "the last second before the years that are allowed": ({"scheduled_time": "1999-12-31T23:59:59Z"}, NO_TIME),
    "the first second after the years that are allowed": ({"scheduled_time": "2100-01-01T00:00:00Z"}, NO_TIME),
    "the end of all calendars": ({"scheduled_time": "9999-12-31T23:59:00Z"}, NO_TIME),
    "no sensors": ({"sensor_ids": []}, NO_LIST),
    "a sensor without its list": ({"sensor_ids": "a"}, NO_LIST),
    "a sensor that is a number": ({"sensor_ids": [5]}, NO_LIST),
    "more than sensors": ({"sensor_ids": ["a"], "force": True}, "force is not known beside sensor_ids"),
    "a tick and sensors": (
        {"sensor_ids": ["a"], "scheduled_time": "2026-01-31T12:00:00Z"},
        "scheduled_time is not known beside sensor_ids",
    ),
    "messages that are none": ({"Records": [{"body": 5}]}, "Records must be messages of the scan queue"),
    "a list": (["a"], "it is no map"),
    "a list that looks like a request": (["sensor_ids"], "it is no map"),
    "a text": ("tick", "it is no map"),
}


@pytest.mark.parametrize(("event", "told"), BAD.values(), ids=BAD)
def test_bad_events(event: Any, told: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        read_request(event)
    allowed = '{"scheduled_time": "2026-01-31T12:00:00Z"} or {"sensor_ids": ["a", "b"]}'
    assert f"this event is not understood: {told}; allowed: {allowed}" == str(caught.value)


def test_a_request_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        ScanNow(sensor_ids=["a"]).sensor_ids = ["b"]  # type: ignore[misc]  # frozen: that is the test


# What somebody asks the function for people, what they read.
NOT_FOR_PEOPLE: dict[str, tuple[Any, str]] = {
    "a tick": ({"scheduled_time": "2026-01-31T12:00:00Z"}, NO_LIST),
    "a batch": ({"Records": [{"messageId": "1", "body": "{}"}]}, NO_LIST),
    "a batch beside an id": ({"sensor_ids": ["a"], "Records": []}, "Records is not known beside sensor_ids"),
    "no id": ({"sensor_ids": []}, NO_LIST),
    "no map": (["a"], "it is no map"),
}


@pytest.mark.parametrize(("event", "wrong"), NOT_FOR_PEOPLE.values(), ids=NOT_FOR_PEOPLE)
def test_people_ask_for_sensors_and_nothing_else(event: Any, wrong: str) -> None:
    with pytest.raises(ValueError, match="this event is not understood") as caught:
        read_scan_now(event)
    assert f'this event is not understood: {wrong}; allowed: {{"sensor_ids": ["a", "b"]}}' == str(caught.value)


def test_people_ask_for_sensors() -> None:
    assert ScanNow(sensor_ids=["a", "b"]) == read_scan_now({"sensor_ids": ["a", "b"]})

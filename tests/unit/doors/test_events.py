"""What the scan function may be asked, and the words for anything else."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from pop3_sensor.events import ScanNow, ScheduledTick, read_request
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


BAD: dict[str, tuple[Any, str]] = {
    "nothing": ({}, "Field required"),
    "something else": ({"detail": {}}, "Field required"),
    "no time": ({"scheduled_time": None}, "Input should be a valid datetime"),
    "a time that is none": (
        {"scheduled_time": "<aws.scheduler.execution-id>"},
        "Input should be a valid datetime or date, invalid character in year",
    ),
    "a time of no time zone": ({"scheduled_time": "2026-01-31T12:00:00"}, "Input should have timezone info"),
    "a day": ({"scheduled_time": "2026-01-31"}, "Input should have timezone info"),
    "a time in a list": (
        {"scheduled_time": ["2026-01-31T12:00:00Z"]},
        "Input should be a valid datetime",
    ),
    "no sensors": ({"sensor_ids": []}, "List should have at least 1 item after validation, not 0"),
    "a sensor without its list": ({"sensor_ids": "a"}, "Input should be a valid list"),
    "a sensor that is a number": ({"sensor_ids": [5]}, "Input should be a valid string"),
    "more than sensors": ({"sensor_ids": ["a"], "force": True}, "Extra inputs are not permitted"),
    "a tick and sensors": (
        {"sensor_ids": ["a"], "scheduled_time": "2026-01-31T12:00:00Z"},
        "Extra inputs are not permitted",
    ),
    "a list": (["a"], "Input should be a valid dictionary or instance of ScheduledTick"),
    "a list that looks like a request": (["sensor_ids"], "Input should be a valid dictionary or instance of ScanNow"),
    "a text": ("tick", "Input should be a valid dictionary or instance of ScheduledTick"),
}


@pytest.mark.parametrize(("event", "told"), BAD.values(), ids=BAD)
def test_bad_events(event: Any, told: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        read_request(event)
    allowed = '{"scheduled_time": "2026-01-31T12:00:00Z"} or {"sensor_ids": ["a", "b"]}'
    assert f"this event is not understood; allowed: {allowed}; {told}" == str(caught.value)


def test_a_request_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        ScanNow(sensor_ids=["a"]).sensor_ids = ["b"]  # type: ignore[misc]  # frozen: that is the test

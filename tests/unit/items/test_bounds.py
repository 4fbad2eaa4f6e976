"""What one item may cost all the others: bounded, told by name, and never more than in step with its size."""

import difflib
import logging
import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import pytest
import trustme

from pop3_sensor.fleet import Policy
from pop3_sensor.fleet.failures import Failures
from pop3_sensor.fleet.reader import FleetReader
from pop3_sensor.items import InvalidSettings, Item, item_or_problems, read_all, resolve_all
from pop3_sensor.items.attributes import (
    MAX_AUTHORITIES,
    MAX_PERIODS,
    MAX_SENDABLE,
    MAX_TAG,
    MAX_TAGS,
    MAX_WINDOWS,
)
from pop3_sensor.items.branches import MAX_LEVELS
from pop3_sensor.items.inheritance import Inheritance
from pop3_sensor.items.problems import allowed
from pop3_sensor.items.words import MOST_NAMED
from pop3_sensor.model import Settings, calendars
from pop3_sensor.model.calendars import Schedule
from pop3_sensor.model.settings import as_json
from pop3_sensor.model.text import MAX_MESSAGE
from tests.documents import section
from tests.fakes.memory import Sensors, States
from tests.samples import AT

HOST = {"host": "mail.example.org"}
KIBIBYTES = 400 * 1024  # as large as an item of DynamoDB may be


def resolved(*items: Mapping[str, Any]) -> dict[str, Settings | list[str]]:
    """The settings in force, or what is told."""
    found = resolve_all(read_all(items)).sensors
    return {
        one: it if isinstance(it, Settings) else [str(problem) for problem in it.problems] for one, it in found.items()
    }


# ---- what comes together from above ----------------------------------------------------------------------------------


def tags(number: int) -> dict[str, Any]:
    return {"tags": [f"t{number}-{one}" for one in range(number)]}


def periods(number: int) -> dict[str, Any]:
    return {"schedule": {"time_zone": "UTC", "paused": ["mo:09:00-mo:10:00"] * number}}


def windows(number: int) -> dict[str, Any]:
    return {"maintenance_windows": [{"start": "2026-01-31T12:00:00Z", "end": "2026-01-31T13:00:00Z"}] * number}


# What makes a number of them; how many there may be; the attribute; their name.
SUMS: dict[str, tuple[Callable[[int], dict[str, Any]], int, str, str]] = {
    "tags": (tags, 50, "tags", "entries"),
    "periods": (periods, 100, "schedule", "periods"),
    "maintenance windows": (windows, 100, "maintenance_windows", "entries"),
}


@pytest.mark.parametrize(("make", "most", "attribute", "what"), SUMS.values(), ids=SUMS)
def test_those_of_everything_above_count(
    make: Callable[[int], dict[str, Any]], most: int, attribute: str, what: str
) -> None:
    group = {"id": "g", "kind": "group", **HOST, **make(20)}
    told = f"{attribute}: has {most + 1} {what} with those of everything above; {allowed(attribute)}"
    found = resolved(
        group, {"id": "a", "parent": "g", **make(most - 20)}, {"id": "b", "parent": "g", **make(most - 19)}
    )
    assert isinstance(found["a"], Settings)
    assert [told] == found["b"]


@pytest.mark.parametrize(("make", "most", "attribute", "what"), SUMS.values(), ids=SUMS)
def test_a_device_that_has_too_many_is_told_by_name(
    make: Callable[[int], dict[str, Any]], most: int, attribute: str, what: str
) -> None:
    """Once it is known that they are too many, nobody adds further ones to them."""
    items = [
        {"id": "g", "kind": "group", **HOST, **make(most)},
        {"id": "d", "kind": "device", "parent": "g", **make(1)},
        {"id": "e", "kind": "device", "parent": "d", **make(2)},
        {"id": "a", "parent": "e", "tags": []},
        {"id": "b", "parent": "g", "tags": []},
    ]
    told = f"{attribute}: has {most + 1} {what} with those of everything above; {allowed(attribute)}"
    found = resolved(*items)
    assert [f"parent: d, above this sensor, is invalid: {told}"] == found["a"]
    assert isinstance(found["b"], Settings)


def test_the_longest_settings_fit_into_a_message() -> None:
    """SQS takes 256 KiB and more: whatever is written, a sensor can be handed on."""
    ca = trustme.CA().cert_pem.bytes().decode()
    longest = {
        "name": "ü" * 128,
        "tags": [f"{n:02}{'ü' * 62}" for n in range(50)],
        "username": "ü" * 2048,
        "secret_id": "ü" * 2048,
        "secret_key": "ü" * 2048,
        "trusted_ca": ca + "#" * (65_536 - len(ca)),
        "limits": {"LoginTime": {"error_message": "ü" * 200, "warning_message": "ü" * 200}},
        **periods(100),
        **windows(100),
    }
    found = resolved({"id": "a", **HOST, **longest})["a"]
    assert isinstance(found, Settings)
    assert len(as_json(found)) < 128 * 1024


def test_the_documents_tell_the_bounds() -> None:
    rows = re.findall(
        r"^\| (.+) \| (\d+.*) \|$", section("sensors.md", "What an item may cost the others").text, re.MULTILINE
    )
    expected = {
        "tags, with those of everything above": f"{MAX_TAGS}, of {MAX_TAG} characters",
        "periods of `schedule`, with those of everything above": f"{MAX_PERIODS}",
        "`maintenance_windows`, with those of everything above": f"{MAX_WINDOWS}",
        "`trusted_ca`": f"{MAX_AUTHORITIES // 1024} KiB",
        "`username`, `secret_id`, `secret_key`": f"{MAX_SENDABLE} characters",
        "parents above a sensor": f"{MAX_LEVELS}",
        "sensors with `master_for_parent` below one parent": "1",
        "unknown attributes that are named": f"{MOST_NAMED}",
    }
    assert expected == dict(rows)


# ---- one item of 400 KB ----------------------------------------------------------------------------------------------

LARGE: dict[str, dict[str, Any]] = {
    "unknown attributes": {f"colour{n}": 1 for n in range(28_000)},
    "unknown attributes that nearly are known": {f"port{n}": 1 for n in range(28_000)},
    "one long attribute": {"x" * KIBIBYTES: 1},
    "tags": {"tags": [f"t{n}" for n in range(80_000)]},
    "tags that are numbers": {"tags": [1] * 100_000},
    "one long tag": {"tags": ["x" * KIBIBYTES]},
    "one long tag with spaces": {"tags": ["( " * (KIBIBYTES // 2)]},
    "periods": {"schedule": {"time_zone": "UTC", "paused": ["mo:09:00-mo:10:00"] * 20_000}},
    "one long period": {"schedule": {"time_zone": "UTC", "paused": ["x" * KIBIBYTES]}},
    "one long time zone": {"schedule": {"time_zone": "x" * KIBIBYTES, "preset": "weekdays"}},
    "one long path to a time zone": {"schedule": {"time_zone": "../" * 100_000, "preset": "weekdays"}},
    "one long preset": {"schedule": {"time_zone": "UTC", "preset": "x" * KIBIBYTES}},
    "parts of a schedule": {"schedule": {f"colour{n}": 1 for n in range(28_000)}},
    "windows": windows(7_000),
    "windows that are none": {"maintenance_windows": [{"a": 1}] * 40_000},
    "channels": {"channels": ["Ping"] * 60_000},
    "limits of unknown channels": {"limits": {f"colour{n}": {} for n in range(28_000)}},
    "limits that are numbers": {"limits": {f"colour{n}": 1 for n in range(28_000)}},
    "unknown limits": {"limits": {"LoginTime": {f"colour{n}": 1 for n in range(28_000)}}},
    "one long message": {"limits": {"LoginTime": {"error_message": "x" * KIBIBYTES}}},
    "beginnings of certificates": {"trusted_ca": "-----BEGIN CERTIFICATE-----\n" * 14_000},
    "one long name": {"name": "x" * KIBIBYTES},
    "one long host": {"host": "x" * KIBIBYTES},
    "one long host of letters outside ASCII": {"host": "ü." * (KIBIBYTES // 3)},
    "one long user name": {"username": "x" * KIBIBYTES},
    "one long kind": {"kind": "x" * KIBIBYTES},
    "one long parent": {"parent": "x" * KIBIBYTES},
    "one long master": {"depends_on": "x" * KIBIBYTES},
    "one long pause": {"paused": "2" * KIBIBYTES},
    "one long number": {"port": 10**125},
    "one number that is longer than Python prints": {"port": 10**5_000},
    "everything at once": {name: {} for name in Item.model_fields if name not in ("id", "comment")},
}


@pytest.mark.parametrize("large", LARGE.values(), ids=LARGE)
def test_of_a_large_item_little_is_said(large: dict[str, Any], caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        found = item_or_problems({"id": "a", **HOST, **large})
    assert isinstance(found, InvalidSettings)
    assert all(len(str(problem)) <= 600 for problem in found.problems)
    assert len(found.problems) <= len(Item.model_fields)
    assert 0 < len(found.line) <= MAX_MESSAGE
    assert [] == caplog.records  # so it was understood


def test_where_not_even_the_names_fit_on_a_line_the_rest_is_counted() -> None:
    found = item_or_problems({"id": "a", **{name: {} for name in Item.model_fields if name not in ("id", "comment")}})
    assert isinstance(found, InvalidSettings)
    names, more = found.line.split(" are wrong")[0].split(", and ")
    assert len(found.attributes) == len(names.split(", ")) + int(more.removesuffix(" more"))


def test_close_names_are_looked_for_ten_times_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    look = difflib.get_close_matches

    def counted(name: str, *others: Any, **more: Any) -> list[str]:
        asked.append(name)
        return look(name, *others, **more)

    monkeypatch.setattr(difflib, "get_close_matches", counted)
    item_or_problems({"id": "a", **HOST, **{f"port{n}": 1 for n in range(1_000)}})
    assert [f"port{n}" for n in range(10)] == asked


# ---- many items ------------------------------------------------------------------------------------------------------


def sensor(sensor_id: str, **attributes: Any) -> dict[str, Any]:
    return {"id": sensor_id, **HOST, **attributes}


def masters(size: int) -> list[dict[str, Any]]:
    return [
        {"id": "d", "kind": "device"},
        *(sensor(f"m{n}", parent="d", master_for_parent=True) for n in range(size)),
        *(sensor(f"s{n}", parent="d") for n in range(size)),
    ]


def chain(size: int) -> list[dict[str, Any]]:
    devices = [{"id": f"d{n}", "kind": "device", "tags": [f"t{n}"], "paused": True} for n in range(size)]
    return [
        devices[0],
        *({**device, "parent": f"d{n}"} for n, device in enumerate(devices[1:])),
        *(sensor(f"s{n}", parent=f"d{size - 1}") for n in range(size)),
    ]


def circle(size: int) -> list[dict[str, Any]]:
    return [sensor(f"s{n}", depends_on=f"s{(n + 1) % size}") for n in range(size)]


def circle_of_groups(size: int) -> list[dict[str, Any]]:
    return [
        *({"id": f"g{n}", "kind": "group", "parent": f"g{(n + 1) % size}"} for n in range(size)),
        *(sensor(f"s{n}", parent=f"g{n}") for n in range(size)),
    ]


def long_way(size: int) -> list[dict[str, Any]]:
    """A dependency on the next, and, through a group, on one that waits for itself."""
    return [
        *({"id": f"g{n}", "kind": "group", "depends_on": f"z{n}"} for n in range(size)),
        *(sensor(f"a{n:05}", depends_on=f"a{n + 1:05}", parent=f"g{n}") for n in range(size)),
        *(sensor(f"z{n}", depends_on=f"z{n}") for n in range(size)),
    ]


def heavy_groups(size: int, make: Callable[[int], dict[str, Any]], number: int) -> list[dict[str, Any]]:
    """32 levels, each with as much as one item may have; and sensors below the last."""
    levels: list[dict[str, Any]] = [{"id": f"g{n}", "kind": "group", **make(number)} for n in range(32)]
    for n, level in enumerate(levels[1:]):
        level["parent"] = f"g{n}"
    return [*levels, *(sensor(f"s{n}", parent="g31") for n in range(size))]


MANY: dict[str, Callable[[int], list[dict[str, Any]]]] = {
    "masters of one device": masters,
    "a chain of devices": chain,
    "a circle": circle,
    "a circle of groups": circle_of_groups,
    "a long way past many circles": long_way,
    "groups full of tags": partial(heavy_groups, make=tags, number=50),
    "groups full of periods": partial(heavy_groups, make=periods, number=100),
    "groups full of windows": partial(heavy_groups, make=windows, number=100),
}


def weight(items: list[dict[str, Any]]) -> int:
    """What is kept, told and logged of a fleet: characters of what is wrong, and entries of what is in force."""
    fleet = FleetReader(Sensors(items), States(), Policy(forbidden=())).read(Failures())
    told = sum(len(str(error)) for error in fleet.invalid.values())
    in_force = sum(
        len(one.tags) + len(one.maintenance_windows) + len(one.masters) + len(one.ancestors)
        for one in fleet.settings.values()
    )
    return told + in_force


@pytest.mark.parametrize("make", MANY.values(), ids=MANY)
def test_a_fleet_ten_times_as_large_weighs_ten_times_as_much(make: Callable[[int], list[dict[str, Any]]]) -> None:
    """And not a hundred times, whatever its items say of each other."""
    small, large = weight(make(100)), weight(make(1_000))
    assert small > 0
    assert large < 15 * small


@pytest.mark.parametrize("make", MANY.values(), ids=MANY)
def test_each_item_is_worked_out_once(
    make: Callable[[int], list[dict[str, Any]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    below = Inheritance.below

    def counted(self: Inheritance, item: Item, own_tags: tuple[str, ...]) -> Inheritance:
        steps.append(item.id)
        return below(self, item, own_tags)

    monkeypatch.setattr(Inheritance, "below", counted)
    resolve_all(read_all(make(1_000)))
    assert len(steps) == len(set(steps))


def test_periods_are_read_once_for_all_sensors_that_share_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the settings came in messages, each with its own."""
    read: list[str] = []
    minutes_of = calendars.minutes_of

    def counted(period: str) -> tuple[int, int]:
        read.append(period)
        return minutes_of(period)

    monkeypatch.setattr(calendars, "minutes_of", counted)
    shared = tuple(f"mo:{n // 60:02}:{n % 60:02}-mo:23:59" for n in range(100))
    for _ in range(50):
        assert Schedule("UTC", tuple(str(one) for one in shared)).pauses(AT) is False
    assert list(shared) == read

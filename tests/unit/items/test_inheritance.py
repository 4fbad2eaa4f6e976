"""What comes from above: the nearest value wins, pauses add up, and what is wrong is told to each sensor below."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

import pytest
import trustme

from pop3_sensor.fleet import Policy
from pop3_sensor.fleet.failures import Failures
from pop3_sensor.fleet.reader import FleetReader
from pop3_sensor.items import Item, read_all, resolve_all
from pop3_sensor.items.inheritance import INHERITED, Inheritance
from pop3_sensor.model import Channel, Settings
from pop3_sensor.model.calendars import MaintenanceWindow, Schedule
from tests.fakes.memory import Sensors, States

HOST = {"host": "mail.example.org"}
ALLOWED = "allowed: the id of a device or group"
PORT = "port: holds 0; allowed: a whole number from 1 to 65535"


def resolved(*items: Mapping[str, Any]) -> dict[str, Settings | list[str]]:
    """The settings in force, or what is told."""
    return {
        sensor_id: found if isinstance(found, Settings) else [str(problem) for problem in found.problems]
        for sensor_id, found in resolve_all(read_all(items)).sensors.items()
    }


def settings_of_a(*items: Mapping[str, Any]) -> Settings:
    found = resolved(*items)["a"]
    assert isinstance(found, Settings), found
    return found


def sensor(sensor_id: str = "a", **attributes: Any) -> dict[str, Any]:
    return {"id": sensor_id, **attributes}


def group(group_id: str, **attributes: Any) -> dict[str, Any]:
    return {"id": group_id, "kind": "group", **attributes}


def device(device_id: str, **attributes: Any) -> dict[str, Any]:
    return {"id": device_id, "kind": "device", **attributes}


# ---- the nearest wins ------------------------------------------------------------------------------------------------

CAS = [trustme.CA().cert_pem.bytes().decode() for _ in range(3)]
# The "yes" rows of docs/sensors.md#every-attribute: what a far ancestor says, a near one, the sensor itself.
YES: dict[str, tuple[Any, Any, Any]] = {
    "host": ("far.example.org", "near.example.org", "own.example.org"),
    "port": (1, 2, 3),
    "timeout": (1, 2, 3),
    "transport_security": ("starttls_required", "tls_required", "tls_if_available"),
    "authentication": ("apop", "user_password", "none"),
    "username": ("far", "near", "own"),
    "secret_id": ("far", "near", "own"),
    "secret_key": ("far", "near", "own"),
    "cleartext_login": ("refuse", "allow", "refuse"),
    "certificate_check": ("off", "warn", "verify"),
    "trusted_ca": (CAS[0], CAS[1], CAS[2]),
    "ip_version": ("ipv6", "any", "ipv4"),
    "result_handling": ("store", "store_on_failure", "discard"),
    "channels": (("Status",), ("LoginTime", "LookupTime"), ()),
    "interval": (300, 600, 30),
    "warning_scans": (5, 4, 0),
    "dependency_delay": (60, 30, 0),
}
NO = {"id", "kind", "parent", "comment", "name", "priority", "primary_channel", "graph_type", "stack_unit", "limits"}
ADDED = {"tags", "schedule", "maintenance_windows", "depends_on", "master_for_parent", "paused"}


def test_the_contract_s_rows_are_all_here() -> None:
    assert YES.keys() == set(INHERITED)
    assert YES.keys() | NO | ADDED == set(Item.model_fields)


# Which of the three have a value: whose counts.
WHO = {"far": 0, "near": 1, "far near": 1, "own": 2, "far own": 2, "near own": 2, "far near own": 2}


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("attribute", YES)
def test_the_nearest_value_wins(attribute: str, who: str) -> None:
    far, near, own = (
        {attribute: value} if name in who.split() else {}
        for name, value in zip(("far", "near", "own"), YES[attribute], strict=True)
    )
    found = settings_of_a(
        group("root", host="any.example.org", secret_id="any"),
        group("far", **far),
        group("between", parent="far"),
        device("near", parent="between", **near),
        sensor(parent="near", **own),
    )
    assert YES[attribute][WHO[who]] == getattr(found, attribute)


@pytest.mark.parametrize("attribute", YES)
def test_null_is_no_value(attribute: str) -> None:
    above = {**HOST, "secret_id": "a", attribute: YES[attribute][0]}
    found = settings_of_a(group("g", **above), device("d", parent="g", **{attribute: None}), sensor(parent="d"))
    assert YES[attribute][0] == getattr(found, attribute)


def test_only_from_its_own_ancestors() -> None:
    found = resolved(
        group("g", **HOST),
        group("one", parent="g", port=1),
        group("other", parent="g", port=2),
        sensor("a", parent="one"),
        sensor("b", parent="other"),
        sensor("c", parent="g"),
        sensor("d", port=4, **HOST),
    )
    ports = {one: settings.port for one, settings in found.items() if isinstance(settings, Settings)}
    assert {"a": 1, "b": 2, "c": 110, "d": 4} == ports


def test_the_default_port_follows_from_the_transport_security_in_force() -> None:
    assert 995 == settings_of_a(group("g", transport_security="tls_required", **HOST), sensor(parent="g")).port
    found = settings_of_a(
        group("g", transport_security="tls_required", **HOST),
        sensor(parent="g", transport_security="starttls_required"),
    )
    assert 110 == found.port


OWN: dict[str, Any] = {
    "name": "Rack",
    "priority": 5,
    "primary_channel": "Downtime",
    "graph_type": "stacked",
    "limits": {"ResponseTime": {"upper_error": 1}},
}


def test_what_is_not_inherited() -> None:
    alone = settings_of_a(group("g", **HOST), sensor(parent="g"))
    assert alone == settings_of_a(group("g", **HOST, **OWN), sensor(parent="g"))


def test_a_container_has_no_settings_of_its_own() -> None:
    assert ["a"] == list(resolved(group("g"), device("d", parent="g", **HOST), sensor(parent="d")))


def test_a_sensor_of_which_nothing_above_has_a_host() -> None:
    found = resolved(group("g"), device("d", parent="g"), sensor(parent="d"))
    told = "host: is missing, here and in everything above; allowed: a DNS name or an IP address, without a port"
    assert {"a": [told]} == found


def test_a_secret_may_come_from_above_and_so_may_the_need_for_one() -> None:
    found = resolved(
        group("g", authentication="apop", **HOST),
        sensor("a", parent="g"),
        sensor("b", parent="g", secret_id="b"),
        sensor("c", parent="g", authentication="none"),
    )
    told = "secret_id: is missing, and authentication is apop; allowed: the name or ARN of a Secrets Manager secret"
    assert [told] == found["a"]
    assert all(isinstance(found[one], Settings) for one in "bc")


# ---- what adds up ----------------------------------------------------------------------------------------------------

WEEKEND = {"time_zone": "UTC", "preset": "weekdays"}
NIGHT = {"time_zone": "Europe/Berlin", "paused": ["mo:20:00-tu:08:00"]}
LUNCH = {"time_zone": "UTC", "paused": ["mo:12:00-mo:13:00"]}


def window(day: int) -> dict[str, str]:
    return {"start": f"2026-02-{day:02}T00:00:00Z", "end": f"2026-02-{day:02}T01:00:00Z"}


def test_schedules_windows_pauses_and_dependencies_of_all_ancestors_hold() -> None:
    until = datetime(2026, 2, 1, tzinfo=UTC)
    found = settings_of_a(
        group(
            "root", **HOST, schedule=WEEKEND, maintenance_windows=[window(1), window(2)], paused=True, depends_on="w"
        ),
        group("g", schedule=NIGHT, maintenance_windows=[window(3)], paused="2026-02-01T00:00:00Z", depends_on="x"),
        device("d", parent="g", paused=False),
        sensor(parent="d", schedule=LUNCH, maintenance_windows=[window(4)], paused=True, depends_on="y"),
        sensor("w"),
        sensor("x"),
        sensor("y"),
    )
    assert (
        Schedule("UTC", ("sa:00:00-mo:00:00",)),
        Schedule("Europe/Berlin", ("mo:20:00-tu:08:00",)),
        Schedule("UTC", ("mo:12:00-mo:13:00",)),
    ) == found.schedules
    days = [datetime(2026, 2, day, tzinfo=UTC) for day in (1, 2, 3, 4)]
    assert tuple(MaintenanceWindow(day, day.replace(hour=1)) for day in days) == found.maintenance_windows
    assert (None, until, None) == found.paused
    assert ("w", "x", "y") == found.masters
    assert ("d", "g", "root") == found.ancestors


def test_nothing_below_can_take_a_pause_away() -> None:
    found = settings_of_a(
        group("g", **HOST, schedule=WEEKEND, maintenance_windows=[window(1)], paused=True, depends_on="x"),
        sensor(parent="g", schedule={"time_zone": "UTC", "paused": []}, maintenance_windows=[], paused=False),
        sensor("x", **HOST),
    )
    assert (2, 1, (None,), ("x",)) == (
        len(found.schedules),
        len(found.maintenance_windows),
        found.paused,
        found.masters,
    )


# Tags of the group, of the device, of the sensor: those in force.
TAGS: dict[str, tuple[list[str] | None, list[str] | None, list[str] | None, tuple[str, ...]]] = {
    "nobody's": (None, None, None, ("mailsensor", "pop3sensor")),
    "the sensor's own instead of the default": (None, None, ["x"], ("x",)),
    "none at all": (None, None, [], ()),
    "the default is added to those above": (["g"], ["d"], None, ("g", "d", "mailsensor", "pop3sensor")),
    "its own are added to those above": (["g"], ["d"], ["x"], ("g", "d", "x")),
    "none are added": (["g"], ["d"], [], ("g", "d")),
    "compared without case, first spelling shown": (["Mail"], ["MAIL", "b"], ["mail", "B", "c"], ("Mail", "b", "c")),
    "the default in another spelling": (["POP3Sensor"], None, None, ("POP3Sensor", "mailsensor")),
}


@pytest.mark.parametrize(("of_group", "of_device", "own", "in_force"), TAGS.values(), ids=TAGS)
def test_tags(
    of_group: list[str] | None, of_device: list[str] | None, own: list[str] | None, in_force: tuple[str, ...]
) -> None:
    found = settings_of_a(
        group("g", tags=of_group, **HOST), device("d", parent="g", tags=of_device), sensor(parent="d", tags=own)
    )
    assert in_force == found.tags


# ---- root ------------------------------------------------------------------------------------------------------------


def test_root_is_above_all_that_name_no_parent() -> None:
    found = resolved(
        sensor("a"),
        group("g", port=2),
        sensor("b", parent="g"),
        group("root", port=1, timeout=5, **HOST),
        sensor("c", parent="root"),
    )
    known = {one: (it.port, it.timeout, it.ancestors) for one, it in found.items() if isinstance(it, Settings)}
    assert {"a": (1, 5, ("root",)), "b": (2, 5, ("g", "root")), "c": (1, 5, ("root",))} == known


def test_without_root_there_is_nothing_above() -> None:
    assert () == settings_of_a(sensor(**HOST)).ancestors


def test_a_sensor_by_the_name_of_root_is_a_sensor() -> None:
    found = resolved(sensor("root", **HOST, port=5), sensor("a", **HOST))
    ports = {one: (it.port, it.ancestors) for one, it in found.items() if isinstance(it, Settings)}
    assert {"root": (5, ()), "a": (110, ())} == ports


def test_a_bad_sensor_by_the_name_of_root_harms_only_itself() -> None:
    """A bad root harms all below it; but this one is no root, as a good one of its kind is none."""
    found = resolved(sensor("root", **HOST, port=0), sensor("a", **HOST))
    assert ["port: holds 0; allowed: a whole number from 1 to 65535"] == found["root"]
    assert isinstance(found["a"], Settings), found["a"]


# ---- what is wrong above ---------------------------------------------------------------------------------------------

# Items above, and for the sensors a (parent: top of the list) and b (parent: a device below that): what is told.
WRONG: dict[str, tuple[list[dict[str, Any]], dict[str, str]]] = {
    "no parent of this id": (
        [sensor("a", parent="gone", **HOST)],
        {"a": f"parent: names gone, and there is no item with this id; {ALLOWED}"},
    ),
    "no parent of this id, further up": (
        [device("d", parent="gone"), group("g", parent="d"), sensor("a", parent="d"), sensor("b", parent="g")],
        dict.fromkeys("ab", f"parent: d, above this sensor, names gone, and there is no item with this id; {ALLOWED}"),
    ),
    "a parent that is a sensor": (
        [sensor("s", **HOST), sensor("a", parent="s")],
        {"a": f"parent: names s, which is a sensor; {ALLOWED}"},
    ),
    "a parent that is a sensor, further up": (
        [sensor("s", **HOST), device("d", parent="s"), sensor("a", parent="d"), sensor("b", parent="d")],
        dict.fromkeys("ab", f"parent: d, above this sensor, names s, which is a sensor; {ALLOWED}"),
    ),
    "its own parent": (
        [sensor("a", parent="a", **HOST)],
        {"a": f"parent: names a, which is a sensor; {ALLOWED}"},
    ),
    "a group that is its own parent": (
        [group("g", parent="g"), sensor("a", parent="g", **HOST)],
        {"a": f"parent: goes round in a circle: g > g; {ALLOWED}"},
    ),
    "a circle of three": (
        [
            group("x", parent="y"),
            group("y", parent="z"),
            group("z", parent="x"),
            sensor("a", parent="x", **HOST),
            sensor("b", parent="x"),
        ],
        dict.fromkeys("ab", f"parent: goes round in a circle: x > y > z > x; {ALLOWED}"),
    ),
    "a circle that is not the sensor's own": (
        [group("x", parent="y"), group("y", parent="x"), device("d", parent="x"), sensor("a", parent="d", **HOST)],
        {"a": f"parent: goes round in a circle: x > y > x; {ALLOWED}"},
    ),
    "a bad ancestor": (
        [group("g", port=0), sensor("a", parent="g", **HOST)],
        {"a": f"parent: g, above this sensor, is invalid: {PORT}"},
    ),
    "a bad ancestor, further up": (
        [group("g", colour="red"), device("d", parent="g"), sensor("a", parent="d"), sensor("b", parent="g")],
        dict.fromkeys("ab", "parent: g, above this sensor, is invalid: colour: there is no such attribute"),
    ),
    "a bad root": (
        [group("root", port=0, **HOST), device("d"), sensor("a"), sensor("b", parent="d")],
        dict.fromkeys(
            "ab",
            f"parent: root, above this sensor, is invalid: {PORT}",
        ),
    ),
    "a root that has a parent below itself": (
        [group("root", parent="g", **HOST), group("g"), sensor("a", parent="g")],
        {"a": f"parent: goes round in a circle: g > root > g; {ALLOWED}"},
    ),
}


@pytest.mark.parametrize(("items", "told"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_above_is_told_to_each_sensor_below(items: list[dict[str, Any]], told: dict[str, str]) -> None:
    """In whatever order the table gives its items; and the neighbour is well."""
    well = (
        group("well", parent="well-root"),
        group("well-root", parent=None),
        sensor("neighbour", parent="well", **HOST),
    )
    wells = () if any(one["id"] == "root" for one in items) else well
    for order in (items, items[::-1]):
        found = resolved(*order, *wells)
        assert {one: [text] for one, text in told.items()} == {one: found[one] for one in told}
        assert not wells or isinstance(found["neighbour"], Settings)


def test_a_bad_container_is_told_by_the_sensors_below_and_by_no_one_else() -> None:
    items = [group("g", port=0), sensor("a", parent="g", **HOST), sensor("b", **HOST)]
    fleet = FleetReader(Sensors(items), States(), Policy(forbidden=())).read(Failures())
    assert (["b"], ["a"]) == (list(fleet.settings), list(fleet.invalid))


# ---- large fleets ----------------------------------------------------------------------------------------------------


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The ids of the items of which something was worked out."""
    seen: list[str] = []
    below = Inheritance.below

    def counted(self: Inheritance, item: Item, tags: tuple[str, ...]) -> Inheritance:
        seen.append(item.id)
        return below(self, item, tags)

    monkeypatch.setattr(Inheritance, "below", counted)
    return seen


def levels(number: int) -> list[dict[str, Any]]:
    """A chain of groups, g0 on top."""
    return [group("g0", timeout=7, **HOST), *(group(f"g{n}", parent=f"g{n - 1}") for n in range(1, number))]


@pytest.mark.parametrize("upwards", [False, True], ids=["parents first", "parents last"])
def test_32_levels_of_parents(steps: list[str], upwards: bool) -> None:
    groups = levels(32)
    items = [*(reversed(groups) if upwards else groups), sensor("a", parent="g31"), sensor("b", parent="g31")]
    found = resolved(*items)
    for one in "ab":
        settings = found[one]
        assert isinstance(settings, Settings)
        assert (7, "g31", "g0") == (settings.timeout, settings.ancestors[0], settings.ancestors[-1])
    assert 34 == len(steps) == len(set(steps))


@pytest.mark.parametrize("upwards", [False, True], ids=["parents first", "parents last"])
@pytest.mark.parametrize("number", [33, 5_000])
def test_more_levels_are_refused_by_the_name_of_the_first_too_many(number: int, upwards: bool) -> None:
    """However many there are, without recursion, which Python would end at a thousand."""
    groups = levels(number)
    items = [
        *(reversed(groups) if upwards else groups),
        sensor("a", parent=f"g{number - 1}"),
        sensor("b", parent="g31"),
    ]
    found = resolved(*items)
    assert ["parent: g32, above this sensor, has 32 levels above it, and no more are allowed"] == found["a"]
    assert isinstance(found["b"], Settings)


def test_each_container_is_worked_out_once_however_many_are_below(steps: list[str]) -> None:
    groups = [
        group("root", **HOST),
        *(group(f"g{n}") for n in range(10)),
        *(device(f"d{n}", parent=f"g{n % 10}") for n in range(100)),
    ]
    sensors = [sensor(f"s{n}", parent=f"d{n % 100}") for n in range(2_000)]
    found = resolved(*sensors, *groups)
    assert 2_000 == sum(isinstance(one, Settings) for one in found.values())
    assert len(groups) + len(sensors) == len(steps) == len(set(steps))


def test_a_chain_that_is_broken_at_its_top_is_climbed_once(steps: list[str]) -> None:
    groups = [group(f"g{n}", parent=f"g{n + 1}") for n in range(2_000)]
    sensors = [sensor(f"s{n}", parent=f"g{n}", **HOST) for n in range(2_000)]
    told = {str(texts) for texts in resolved(*groups, *sensors).values()}
    assert {f"['parent: g1999, above this sensor, names g2000, and there is no item with this id; {ALLOWED}']"} == told
    assert [one["id"] for one in sensors] == steps  # what is good of them is told; of the groups nothing was worked out


def test_every_setting_can_be_told_apart() -> None:
    """The test above of what is inherited compares whole settings: nothing may escape it."""
    assert all(field.compare for field in fields(Settings))
    assert settings_of_a(sensor(**HOST)) != settings_of_a(sensor(channels=[Channel.STATUS], **HOST))

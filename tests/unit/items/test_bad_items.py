"""Items as people get them wrong: each told in exact words, and the good neighbour is scanned all the same."""

from collections.abc import Callable
from typing import Any

import pytest

from pop3_sensor.items.problems import allowed
from pop3_sensor.model import Status
from pop3_sensor.model.text import MAX_MESSAGE
from tests.fakes.stacks import MemoryStack, item
from tests.servers.scripted import Script, answer, greeting, quit_answer, scripted

HEALTHY: Script = [*greeting(), *answer("CAPA", "-ERR"), *quit_answer()]
HOST = {"host": "mail.example.org"}
WINDOW = {"start": "2026-02-01T06:00:00Z", "end": "2026-02-01T05:00:00Z"}

SEVERAL = ("name", "priority", "host", "port", "timeout")

Bad = tuple[list[dict[str, Any]], str]


def wrong(attribute: str, value: object, complaint: str, *, inside: str = "") -> Bad:
    """An otherwise good item; what is allowed is spelled out in the tests of items."""
    told = f"{attribute}{inside}: {complaint}; {allowed(attribute)}"
    return [{"id": "bad", **HOST, attribute: value}], told


def cut(text: str) -> str:
    """As a pager can hold it; our own words stay as they are."""
    return text if len(text) <= MAX_MESSAGE else f"{text[: MAX_MESSAGE - 1]}…"


def unfit(told: str, *others: dict[str, Any], **attributes: Any) -> Bad:
    return [{"id": "bad", **attributes}, *others], told


# The bad item, first, and what it needs to be bad; what is told.
BAD: dict[str, Bad] = {
    "an id with a space": (
        [{"id": "b d", **HOST}],
        "id: holds the text 'b d'; allowed: 1 to 64 of A-Z a-z 0-9 . _ -",
    ),
    "an id that is too long": (
        [{"id": "x" * 65, **HOST}],
        f"id: holds the text '{'x' * 65}'; allowed: 1 to 64 of A-Z a-z 0-9 . _ -",
    ),
    "an attribute that is misspelled": unfit("hots: there is no such attribute; did you mean host?", hots="x", **HOST),
    "an attribute that nobody knows": unfit("colour: there is no such attribute", colour="red", **HOST),
    "a password in the item": unfit(
        "password: there is no such attribute; a password belongs in Secrets Manager, and secret_id names the secret: "
        "remove it here, and change it, for it has been shown",
        password="tanstaaf",
        **HOST,
    ),
    "no host": unfit(f"host: is missing, here and in everything above; {allowed('host')}"),
    "no host, though the group has everything else": unfit(
        f"host: is missing, here and in everything above; {allowed('host')}",
        {"id": "g", "kind": "group", "port": 1},
        parent="g",
    ),
    "a host with a port": wrong("host", "mail.example.org:110", "holds 'mail.example.org:110'"),
    "a URL for a host": wrong("host", "pop3://mail.example.org", "holds 'pop3://mail.example.org'"),
    "an unknown kind": wrong("kind", "probe", "holds the text 'probe'"),
    "a name with a line's end": wrong("name", "a\nb", "holds control characters"),
    "a name that is too long": wrong("name", "x" * 129, "has 129 characters"),
    "a tag with a space": wrong("tags", ["a b"], "holds the tag 'a b'"),
    "a tag that is a number": wrong("tags", ["a", 5], "holds 5", inside="[1]"),
    "a priority of nought": wrong("priority", 0, "holds 0"),
    "a port in a text": wrong("port", "110", "holds the text '110'"),
    "a port that is too high": wrong("port", 65536, "holds 65536"),
    "a timeout of more than a quarter of an hour": wrong("timeout", 901, "holds 901"),
    "an unknown transport security": wrong("transport_security", "ssl", "holds the text 'ssl'"),
    "an unknown authentication": wrong("authentication", "digest_md5", "holds the text 'digest_md5'"),
    "authentication without a secret": unfit(
        f"secret_id: is missing, and authentication is apop; {allowed('secret_id')}", authentication="apop", **HOST
    ),
    "a user name with a command behind it": wrong(
        "username", "ann\r\nDELE 1", "holds CR, LF or NUL, which POP3 cannot carry"
    ),
    "a secret in a map": wrong("secret_id", {"password": "tanstaaf"}, "holds something else"),
    "an authority that is none": wrong("trusted_ca", "garbage", "holds 7 characters in which there is no certificate"),
    "a private key": wrong(
        "trusted_ca",
        "-----BEGIN PRIVATE KEY-----",
        "holds a private key: remove it, and replace that key, for it has been shown",
    ),
    "an unknown channel": wrong("channels", ["Ping"], "holds 'Ping'"),
    "a primary channel that is not published": unfit(
        "primary_channel: Status is not among this sensor's channels: ResponseTime, Downtime",
        primary_channel="Status",
        **HOST,
    ),
    "a unit to stack, and nothing is stacked": unfit(
        f"stack_unit: is set, but graph_type is not stacked; {allowed('stack_unit')}", stack_unit="Bytes", **HOST
    ),
    "limits of an unknown channel": wrong("limits", {"Ping": {}}, "holds limits for 'Ping'"),
    "a limit in a text": wrong(
        "limits", {"LoginTime": {"upper_error": "5"}}, "holds the text '5'", inside=".LoginTime.upper_error"
    ),
    "an interval of 90 seconds": wrong("interval", 90, "holds 90"),
    "too much patience": wrong("warning_scans", 6, "holds 6"),
    "an unknown time zone": wrong(
        "schedule",
        {"time_zone": "Mars/Olympus", "preset": "weekdays"},
        "holds 'Mars/Olympus', which is no IANA time zone",
        inside=".time_zone",
    ),
    "a period that is none": wrong(
        "schedule",
        {"time_zone": "UTC", "paused": ["fr 17:00"]},
        "'fr 17:00' is no period like fr:17:00-mo:09:00",
        inside=".paused",
    ),
    "a preset without a time zone": wrong("schedule", "weekdays", "holds the preset weekdays without a time zone"),
    "an unknown schedule": wrong("schedule", "mondays", "holds the text 'mondays'"),
    "a window that ends before it starts": wrong(
        "maintenance_windows", [WINDOW], "ends before it starts", inside="[0]"
    ),
    "a window without an offset": wrong(
        "maintenance_windows",
        [WINDOW | {"start": "2026-02-01T04:00:00"}],
        "holds '2026-02-01T04:00:00'",
        inside="[0].start",
    ),
    "a pause until some word": wrong("paused", "tomorrow", "holds 'tomorrow'"),
    "a delay before now": wrong("dependency_delay", -1, "holds -1"),
    "a parent that is gone": unfit(
        f"parent: names gone, and there is no item with this id; {allowed('parent')}", parent="gone", **HOST
    ),
    "a parent that is a sensor": unfit(
        f"parent: names good, which is a sensor; {allowed('parent')}", parent="good", **HOST
    ),
    "groups in a circle": unfit(
        f"parent: goes round in a circle: g > h > g; {allowed('parent')}",
        {"id": "g", "kind": "group", "parent": "h"},
        {"id": "h", "kind": "group", "parent": "g"},
        parent="g",
        **HOST,
    ),
    "a bad device above": unfit(
        f"parent: d, above this sensor, is invalid: port: holds 0; {allowed('port')}",
        {"id": "d", "kind": "device", "port": 0},
        parent="d",
        **HOST,
    ),
    "a dependency on itself": unfit(
        f"depends_on: goes round in a circle: bad > bad; {allowed('depends_on')}", depends_on="bad", **HOST
    ),
    "a dependency on a group": unfit(
        f"depends_on: names g, which is a group; {allowed('depends_on')}",
        {"id": "g", "kind": "group"},
        depends_on="g",
        **HOST,
    ),
    "a master for no parent": unfit(
        "master_for_parent: is set, and parent is not: it must be written out, even where it is root",
        master_for_parent=True,
        **HOST,
    ),
    "several at once, a message for each": unfit(
        f"port: holds 0; {allowed('port')}; timeout: holds 0; {allowed('timeout')}", port=0, timeout=0, **HOST
    ),
    "so much at once that a pager cannot hold it: first all that is wrong by name": unfit(
        f"{', '.join(SEVERAL)} are wrong: {'; '.join(f'{name}: holds a map; {allowed(name)}' for name in SEVERAL)}",
        **{name: {} for name in SEVERAL},
    ),
}


@pytest.mark.parametrize("order", [list, reversed], ids=["bad first", "good first"])
@pytest.mark.parametrize(("bad", "told"), BAD.values(), ids=BAD)
def test_it_is_told_what_is_wrong_and_the_neighbour_is_scanned(
    bad: list[dict[str, Any]], told: str, order: Callable[[Any], Any]
) -> None:
    with scripted(HEALTHY) as server:
        stack = MemoryStack([*order([*bad, item("good", server)])])
        summary = stack.tick()
    assert [] == server.failures
    assert {"sensors": 2, "due": 1, "scanned": 1, "invalid": 1, "up": 1, "unknown": 1} == summary
    state = stack.states.load()[bad[0]["id"]]
    assert (Status.UNKNOWN, "", "settings_invalid") == (state.status, state.phase, state.reason)
    assert cut(told) == state.message
    assert "Up" == stack.statuses()["good"]
    assert {"ResponseTime", "Downtime"} == stack.published()["good"].keys()


def test_all_of_them_at_once() -> None:
    """Each under an id of its own, where its id is not what is wrong."""
    items: list[dict[str, Any]] = []
    told: dict[str, str] = {}
    for number, (bad, text) in enumerate(BAD.values()):
        if len(bad) == 1 and bad[0]["id"] == "bad" and "bad" not in text.split("allowed")[0]:
            items.append({**bad[0], "id": f"bad-{number}"})
            told[f"bad-{number}"] = cut(text)
    assert len(told) >= 35
    with scripted(HEALTHY) as server:
        stack = MemoryStack([*items, item("good", server)])
        summary = stack.tick()
    assert [] == server.failures
    bad_ones = len(told)
    assert {
        "sensors": bad_ones + 1,
        "due": 1,
        "scanned": 1,
        "invalid": bad_ones,
        "up": 1,
        "unknown": bad_ones,
    } == summary
    assert {**told, "good": ""} == {one: state.message for one, state in stack.states.load().items()}


def test_there_are_enough_of_them() -> None:
    assert len(BAD) >= 40

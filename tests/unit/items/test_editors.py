"""Who may write only items whose ids begin with a prefix changes nothing of anybody else's (EditorIdPrefix)."""

from collections.abc import Mapping
from typing import Any

import pytest

from pop3_sensor.fleet import Policy
from pop3_sensor.fleet.failures import Failures
from pop3_sensor.fleet.reader import FleetReader
from pop3_sensor.items import InvalidSettings, read_all, resolve_all
from pop3_sensor.model import Settings
from pop3_sensor.model.settings import Identity
from tests.fakes.memory import Sensors, States

PREFIX = "shop-"
HOST = {"host": "mail.example.org"}
MUST = "in an item whose id begins with shop- (EditorIdPrefix) it must begin so, too"
ELSEWHERE: list[dict[str, Any]] = [
    {"id": "root", "kind": "group", "tags": ["all"], **HOST},
    {"id": "office", "kind": "group", "secret_id": "office's", "host": "office.example.org"},
    {"id": "office-mail", "parent": "office"},
    {"id": "shop-rack", "kind": "device"},
    {"id": "shop-line", "parent": "shop-rack"},
]


def resolved(*items: Mapping[str, Any], prefix: str = PREFIX) -> dict[str, Settings | list[str]]:
    """The settings in force, or what is told."""
    found = resolve_all(read_all([*ELSEWHERE, *items]), prefix).sensors
    return {
        one: it if isinstance(it, Settings) else [str(problem) for problem in it.problems] for one, it in found.items()
    }


REFUSED: dict[str, tuple[dict[str, Any], list[str]]] = {
    "another's group above": ({"parent": "office"}, [f"parent: names office; {MUST}"]),
    "the root, written out": ({"parent": "root"}, [f"parent: names root; {MUST}"]),
    "nobody above, yet": ({"parent": "new"}, [f"parent: names new; {MUST}"]),
    "another's sensor to wait for": ({"depends_on": "office-mail"}, [f"depends_on: names office-mail; {MUST}"]),
    "both, and a bad port": (
        {"parent": "office", "depends_on": "office-mail", "port": 0},
        [
            "port: holds 0; allowed: a whole number from 1 to 65535",
            f"parent: names office; {MUST}",
            f"depends_on: names office-mail; {MUST}",
        ],
    ),
    "a master of all below root": (
        {"master_for_parent": True},
        ["master_for_parent: is set, and parent is not: it must be written out, even where it is root"],
    ),
    "a master of all below root, which is written out": (
        {"master_for_parent": True, "parent": "root"},
        [
            f"parent: names root; {MUST}",
            "master_for_parent: is set, and parent is not: it must be written out, even where it is root",
        ],
    ),
}


@pytest.mark.parametrize(("attributes", "told"), REFUSED.values(), ids=REFUSED)
def test_what_an_item_with_the_prefix_may_not_name(attributes: dict[str, Any], told: list[str]) -> None:
    before = resolved()
    assert {**before, "shop-mail": told} == resolved({"id": "shop-mail", **attributes})


ALLOWED: dict[str, dict[str, Any]] = {
    "nothing: then root is above": {},
    "one of their own above": {"parent": "shop-rack"},
    "one of their own to wait for": {"depends_on": "shop-line"},
    "a master of their own": {"parent": "shop-rack", "master_for_parent": True},
}


@pytest.mark.parametrize("attributes", ALLOWED.values(), ids=ALLOWED)
def test_what_an_item_with_the_prefix_may_name(attributes: dict[str, Any]) -> None:
    found = resolved({"id": "shop-mail", **attributes})["shop-mail"]
    assert isinstance(found, Settings)
    assert "mail.example.org" == found.host


def test_a_device_with_the_prefix_hands_nothing_of_another_s_down() -> None:
    found = resolved(
        {"id": "shop-door", "kind": "device", "parent": "office"}, {"id": "shop-mail", "parent": "shop-door"}
    )
    assert [f"parent: shop-door, above this sensor, is invalid: parent: names office; {MUST}"] == found["shop-mail"]


def test_not_even_in_what_is_told_of_it() -> None:
    """Its status event has what is good in the item: of the group that it may not name, nothing is."""
    found = resolve_all(read_all([*ELSEWHERE, {"id": "shop-mail", "parent": "office"}]), PREFIX).sensors["shop-mail"]
    assert isinstance(found, InvalidSettings)
    tags = ("all", "mailsensor", "pop3sensor")
    assert Identity(name="shop-mail", tags=tags, priority=3, host="mail.example.org", port=110) == found.identity


def test_who_has_no_prefix_may_name_everybody() -> None:
    for attributes in (
        {"parent": "shop-rack", "depends_on": "shop-line"},
        {"parent": "root", "master_for_parent": True},
    ):
        assert isinstance(resolved({"id": "office-two", **attributes})["office-two"], Settings)
    assert isinstance(resolved({"id": "shop-mail", "parent": "office"}, prefix="")["shop-mail"], Settings)


def test_the_stack_s_prefix_holds_for_its_fleet() -> None:
    items = [*ELSEWHERE, {"id": "shop-mail", "parent": "office"}]
    fleet = FleetReader(Sensors(items), States(), Policy(forbidden=(), editor_id_prefix=PREFIX)).read(Failures())
    assert ["shop-mail"] == list(fleet.invalid)

"""Who waits for whom, and whom nobody can wait for."""

from collections.abc import Mapping
from typing import Any

import pytest

from pop3_sensor.items import masters_first, read_all, resolve_all
from pop3_sensor.model import Settings

HOST = {"host": "mail.example.org"}
ALLOWED = "allowed: the id of a sensor"
RIVALS = "Each would wait for the others; allowed: one below each parent"


def found(*items: Mapping[str, Any]) -> dict[str, Settings | list[str]]:
    """The settings in force, or what is told."""
    return {
        sensor_id: one if isinstance(one, Settings) else [str(problem) for problem in one.problems]
        for sensor_id, one in resolve_all(read_all(items)).sensors.items()
    }


def masters(*items: Mapping[str, Any]) -> dict[str, Any]:
    """Of each sensor the masters, or what is told."""
    return {one: sorted(it.masters) if isinstance(it, Settings) else it for one, it in found(*items).items()}


def sensor(sensor_id: str, **attributes: Any) -> dict[str, Any]:
    return {"id": sensor_id, **HOST, **attributes}


def group(group_id: str, **attributes: Any) -> dict[str, Any]:
    return {"id": group_id, "kind": "group", **attributes}


def master(sensor_id: str, **attributes: Any) -> dict[str, Any]:
    return sensor(sensor_id, master_for_parent=True, **attributes)


# Items: the masters of each sensor.
WAITING: dict[str, tuple[list[dict[str, Any]], dict[str, list[str]]]] = {
    "nobody": ([sensor("a"), sensor("b")], {"a": [], "b": []}),
    "one for another": ([sensor("a", depends_on="b"), sensor("b")], {"a": ["b"], "b": []}),
    "along a chain": (
        [sensor("a", depends_on="b"), sensor("b", depends_on="c"), sensor("c")],
        {"a": ["b"], "b": ["c"], "c": []},
    ),
    "all below a group": (
        [
            group("g", depends_on="p"),
            sensor("a", parent="g"),
            sensor("b", parent="g", depends_on="q"),
            sensor("p"),
            sensor("q"),
        ],
        {"a": ["p"], "b": ["p", "q"], "p": [], "q": []},
    ),
    "all below all groups above": (
        [group("root", depends_on="p"), group("g", depends_on="q"), sensor("a", parent="g"), sensor("p"), sensor("q")],
        {"a": ["p", "q"], "p": [], "q": ["p"]},
    ),
    "twice for the same": (
        [group("g", depends_on="p"), sensor("a", parent="g", depends_on="p"), sensor("p")],
        {"a": ["p"], "p": []},
    ),
    "below a group that depends on one of its own: not that one": (
        [group("g", depends_on="a"), sensor("a", parent="g"), sensor("b", parent="g")],
        {"a": [], "b": ["a"]},
    ),
    "below two groups that depend on one of their own": (
        [
            group("g", depends_on="a"),
            group("h", parent="g", depends_on="a"),
            sensor("a", parent="h"),
            sensor("b", parent="h"),
            sensor("c", parent="g"),
        ],
        {"a": [], "b": ["a"], "c": ["a"]},
    ),
    "for the master of the parent": (
        [group("g"), master("p", parent="g"), sensor("a", parent="g"), sensor("b", parent="g"), sensor("c")],
        {"p": [], "a": ["p"], "b": ["p"], "c": []},
    ),
    "for the master of a parent further up": (
        [
            group("g"),
            group("h", parent="g"),
            group("i", parent="h"),
            master("p", parent="g"),
            sensor("a", parent="i"),
            sensor("b", parent="h"),
            sensor("c", parent="g"),
        ],
        {"p": [], "a": ["p"], "b": ["p"], "c": ["p"]},
    ),
    "not for the master of a group beside or below": (
        [
            group("g"),
            group("h", parent="g"),
            group("i", parent="g"),
            master("p", parent="h"),
            sensor("a", parent="g"),
            sensor("b", parent="h"),
            sensor("c", parent="i"),
        ],
        {"p": [], "a": [], "b": ["p"], "c": []},
    ),
    "the master of an inner group for that of the outer": (
        [
            group("g"),
            group("h", parent="g"),
            master("p", parent="g"),
            master("q", parent="h"),
            sensor("a", parent="h"),
            sensor("b", parent="g"),
        ],
        {"p": [], "q": ["p"], "a": ["p", "q"], "b": ["p"]},
    ),
    "all for the master below root": (
        [group("root"), group("g"), master("p", parent="root"), sensor("a"), sensor("b", parent="g")],
        {"p": [], "a": ["p"], "b": ["p"]},
    ),
    "who says that he is no master": (
        [group("g"), sensor("p", parent="g", master_for_parent=False), sensor("a", parent="g")],
        {"p": [], "a": []},
    ),
    "a master with a master of its own": (
        [group("g"), master("p", parent="g", depends_on="q"), sensor("a", parent="g"), sensor("q")],
        {"p": ["q"], "a": ["p"], "q": []},
    ),
    "for the same one in both ways": (
        [group("g"), master("p", parent="g"), sensor("a", parent="g", depends_on="p")],
        {"p": [], "a": ["p"]},
    ),
    "for one that is not even valid": (
        [sensor("a", depends_on="b"), sensor("c", depends_on="d"), sensor("b", colour=1), {"id": "d"}],
        {
            "a": ["b"],
            "b": ["colour: there is no such attribute"],
            "c": ["d"],
            "d": [
                "host: is missing, here and in everything above; allowed: a DNS name or an IP address, without a port"
            ],
        },
    ),
}


@pytest.mark.parametrize(("items", "waiting"), WAITING.values(), ids=WAITING)
def test_who_waits_for_whom(items: list[dict[str, Any]], waiting: dict[str, list[str]]) -> None:
    """In whatever order the table gives its items."""
    for order in (items, items[::-1]):
        assert waiting == masters(*order)


# ---- what is refused -------------------------------------------------------------------------------------------------


def circle(*names: str) -> list[str]:
    """What each of them is told; it begins with the first by name, wherever the table begins."""
    return [f"depends_on: goes round in a circle: {' > '.join([*names, names[0]])}; {ALLOWED}"]


# Items, the circle, who is well nevertheless.
CIRCLES: dict[str, tuple[list[dict[str, Any]], tuple[str, ...], set[str]]] = {
    "itself": ([sensor("a", depends_on="a"), sensor("b")], ("a",), {"b"}),
    "each other": ([sensor("a", depends_on="b"), sensor("b", depends_on="a"), sensor("c")], ("a", "b"), {"c"}),
    "three": (
        [sensor("a", depends_on="b"), sensor("b", depends_on="c"), sensor("c", depends_on="a")],
        ("a", "b", "c"),
        set(),
    ),
    "with one who waits outside": (
        [sensor("a", depends_on="b"), sensor("b", depends_on="a"), sensor("c", depends_on="a")],
        ("a", "b"),
        {"c"},
    ),
    "through the group": (
        [group("g", depends_on="b"), sensor("a", parent="g"), sensor("b", depends_on="a")],
        ("a", "b"),
        set(),
    ),
    "through the master of the parent": (
        [group("g"), master("a", parent="g", depends_on="b"), sensor("b", parent="g")],
        ("a", "b"),
        set(),
    ),
    "itself within its own group": (
        [group("g", depends_on="a"), sensor("a", parent="g", depends_on="a"), sensor("b", parent="g")],
        ("a",),
        {"b"},
    ),
}


@pytest.mark.parametrize(("items", "names", "well"), CIRCLES.values(), ids=CIRCLES)
def test_a_circle_is_refused_by_name(items: list[dict[str, Any]], names: tuple[str, ...], well: set[str]) -> None:
    """Each arrow goes from one who waits to the one that is waited for."""
    for order in (items, items[::-1]):
        outcome = found(*order)
        for name in names:
            assert circle(*names) == outcome[name]
        assert well == {one for one, it in outcome.items() if isinstance(it, Settings)}


def test_two_circles_at_once() -> None:
    items = [
        sensor("a", depends_on="b"),
        sensor("b", depends_on="a"),
        sensor("c", depends_on="d"),
        sensor("d", depends_on="c"),
    ]
    outcome = found(*items)
    for names in (("a", "b"), ("c", "d")):
        for name in names:
            assert circle(*names) == outcome[name]


CONTAINERS = {
    "a group": ({"id": "x", "kind": "group"}, "group"),
    "a device": ({"id": "x", "kind": "device", **HOST}, "device"),
}


@pytest.mark.parametrize(("container", "kind"), CONTAINERS.values(), ids=CONTAINERS)
def test_a_container_cannot_be_waited_for(container: dict[str, Any], kind: str) -> None:
    told = [f"depends_on: names x, which is a {kind}; {ALLOWED}"]
    expected = {"a": told, "b": [], "c": told}
    items = [sensor("a", depends_on="x"), sensor("b"), group("g", depends_on="x"), sensor("c", parent="g"), container]
    assert expected == masters(*items)


@pytest.mark.parametrize("above", [[], [group("root")]], ids=["no root", "a root"])
def test_a_master_for_the_parent_needs_one_that_is_written_out(above: list[dict[str, Any]]) -> None:
    """Else a slip of the pen would pause everything below root."""
    told = ["master_for_parent: is set, and parent is not: it must be written out, even where it is root"]
    assert {"a": told, "b": []} == masters(*above, master("a"), sensor("b"))


def test_two_masters_of_one_parent_would_wait_for_each_other() -> None:
    told = [f"master_for_parent: is set by 2 sensors below g: a, b. {RIVALS}"]
    items = [group("g"), master("a", parent="g"), master("b", parent="g"), sensor("c", parent="g")]
    assert {"a": told, "b": told, "c": []} == masters(*items)


def test_of_many_masters_of_one_parent_ten_are_named() -> None:
    outcome = masters(group("g"), *(master(f"m{n}", parent="g") for n in range(2_000)), sensor("a", parent="g"))
    names = ", ".join(f"m{n}" for n in range(10))
    told = [f"master_for_parent: is set by 2000 sensors below g: {names}, … (2000 in all). {RIVALS}"]
    assert told == outcome["m0"] == outcome["m1999"]
    assert [] == outcome["a"]


# ---- who is gone -----------------------------------------------------------------------------------------------------


def test_a_master_that_is_gone_is_told_and_no_dependency() -> None:
    outcome = found(
        sensor("a", depends_on="gone"), group("g", depends_on="lost"), sensor("b", parent="g", depends_on="a")
    )
    known = {one: (it.masters, it.vanished_masters) for one, it in outcome.items() if isinstance(it, Settings)}
    assert {"a": ((), ("gone",)), "b": (("a",), ("lost",))} == known


# ---- the order -------------------------------------------------------------------------------------------------------


def order(*items: Mapping[str, Any]) -> list[str]:
    settings = {one: it for one, it in found(*items).items() if isinstance(it, Settings)}
    return [one.id for one in masters_first(settings)]


def test_masters_come_first() -> None:
    items = [
        group("g"),
        *(sensor(f"s{n}", parent="g", depends_on=f"s{n + 1}") for n in range(50)),
        sensor("s50"),
        master("p", parent="g"),
    ]
    for arranged in (items, items[::-1]):
        found_order = order(*arranged)
        assert 52 == len(found_order) == len(set(found_order))
        assert [f"s{n}" for n in range(50, -1, -1)] == [one for one in found_order if one != "p"]
        assert found_order.index("p") < found_order.index("s49")


def test_everybody_is_there_once_whether_the_masters_are_or_not() -> None:
    """A master may be invalid, and so have no settings."""
    assert ["a"] == order(sensor("a", depends_on="b"), {"id": "b"})
    assert [] == order()


def test_a_chain_of_5000() -> None:
    items = [*(sensor(f"s{n}", depends_on=f"s{n + 1}") for n in range(5_000)), sensor("s5000")]
    assert [f"s{n}" for n in range(5_000, -1, -1)] == order(*items)


def test_a_circle_of_5000() -> None:
    outcome = found(*(sensor(f"s{n}", depends_on=f"s{(n + 1) % 5_000}") for n in range(5_000)))
    assert not any(isinstance(one, Settings) for one in outcome.values())

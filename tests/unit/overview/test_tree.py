"""The device tree: what is below what, in what order, and that nothing is ever lost."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pop3_sensor.model import State, Status
from pop3_sensor.overview.survey import survey
from pop3_sensor.overview.tree import Row, Tree
from tests.fakes.looking import state

HOST = {"host": "mail.example.org"}


def group(item_id: str, **more: Any) -> dict[str, Any]:
    return {"id": item_id, "kind": "group", **more}


def sensor(item_id: str, **more: Any) -> dict[str, Any]:
    return {"id": item_id, **HOST, **more}


def shown(row: Row) -> str:
    who = row.branch.name if row.branch else row.sensor.name if row.sensor else f"+{row.more}"
    return f"{'.' * row.depth}{who}"


def drawn(
    *items: Mapping[str, Any],
    states: Mapping[str, State] | None = None,
    limit: int = 100,
    with_empty: bool = True,
    below: str = "",
) -> list[Row]:
    found = survey(items, states or {})
    tree = Tree(found)
    inside = tree.within(below) if below else list(found.sensors.values())
    return list(tree.rows(inside, below=below, limit=limit, with_empty=with_empty))


# Items in the table's order, the tree: a dot for each level.
TREES: dict[str, tuple[list[dict[str, Any]], list[str]]] = {
    "nothing": ([], []),
    "sensors without anything above": ([sensor("b"), sensor("a")], ["a", "b"]),
    "the root above all that names no parent": (
        [sensor("a"), group("g"), group("root"), sensor("b", parent="g")],
        ["root", ".a", ".g", "..b"],
    ),
    "a root that is a sensor is above nothing": ([sensor("root"), sensor("a")], ["root", "a"]),
    "the highest priority first, then the name": (
        [sensor("a", priority=1), sensor("b"), sensor("c", priority=5), sensor("d", name="A")],
        ["c", "A", "b", "a"],
    ),
    "names without case, numbers by their size": (
        [sensor("1", name="mail 10"), sensor("2", name="Mail 9"), sensor("3", name="mail 9b")],
        ["Mail 9", "mail 9b", "mail 10"],
    ),
    "sensors before groups": (
        [group("g", priority=5), sensor("b", parent="g"), sensor("a", priority=1)],
        ["a", "g", ".b"],
    ),
    "groups by priority too": (
        [group("a"), group("b", priority=4), sensor("x", parent="a"), sensor("y", parent="b")],
        ["b", ".y", "a", ".x"],
    ),
    "an empty group": ([group("g")], ["g"]),
    "a parent that does not exist": ([group("g", parent="gone"), sensor("a", parent="g")], ["g", ".a"]),
    "a sensor below nothing": ([group("root"), sensor("a", parent="gone")], ["a", "root"]),
    "a sensor below a sensor": ([sensor("a"), sensor("b", parent="a")], ["a", "b"]),
    "a device below itself": ([group("g", parent="g"), sensor("a", parent="g")], ["g", ".a"]),
    "a circle is opened at its first id": (
        [group("c", parent="b"), group("b", parent="a"), group("a", parent="c"), sensor("x", parent="c")],
        ["a", ".b", "..c", "...x"],
    ),
    "what hangs on a circle": (
        [group("b", parent="a"), group("a", parent="b"), group("z", parent="b"), sensor("x", parent="z")],
        ["a", ".b", "..z", "...x"],
    ),
    "what hangs on a circle, and comes first by its id": (
        [group("a", parent="c"), group("c", parent="b"), group("b", parent="c"), sensor("x", parent="a")],
        ["b", ".c", "..a", "...x"],
    ),
    "a broken group keeps its place": (
        [group("root"), group("g", colour="red"), sensor("a", parent="g")],
        ["root", ".g", "..a"],
    ),
    "a broken sensor keeps its place": ([group("g"), sensor("a", parent="g", prot=1)], ["g", ".a"]),
    "a parent of an odd type": ([group("root"), sensor("a", parent=["g"])], ["root", ".a"]),
    "an unknown kind is a sensor": ([{"id": "a", "kind": "probe"}], ["a"]),
}


@pytest.mark.parametrize(("items", "expected"), TREES.values(), ids=TREES)
def test_the_tree(items: list[dict[str, Any]], expected: list[str]) -> None:
    assert expected == [shown(row) for row in drawn(*items)]


# A broken place, what is told about it.
PROBLEMS: dict[str, tuple[list[dict[str, Any]], dict[str, str]]] = {
    "no such parent": ([group("g", parent="gone")], {"g": "its parent gone does not exist"}),
    "a sensor as a parent": ([sensor("a"), group("g", parent="a")], {"g": "its parent a is a sensor"}),
    "a circle": ([group("b", parent="a"), group("a", parent="b")], {"a": "its parents go round in a circle"}),
    "its item is wrong": ([group("g", prot=1)], {"g": "prot: there is no such attribute; did you mean port?"}),
}


@pytest.mark.parametrize(("items", "expected"), PROBLEMS.values(), ids=PROBLEMS)
def test_what_is_wrong_with_a_branch_is_told(items: list[dict[str, Any]], expected: dict[str, str]) -> None:
    told = {row.branch.id: row.problem for row in drawn(*items) if row.branch and row.problem}
    assert expected == told


def test_a_branch_counts_all_that_is_below_it() -> None:
    items = [group("g"), group("h", parent="g"), *(sensor(one, parent="h") for one in "abc"), sensor("d", parent="g")]
    kept = {"a": state(Status.DOWN), "b": state(), "c": state(), "d": state(Status.PAUSED)}
    summaries = {row.branch.id: row.summary for row in drawn(*items, states=kept) if row.branch and row.summary}
    assert [(Status.DOWN, 1), (Status.UP, 2), (Status.PAUSED, 1)] == summaries["g"].statuses
    assert [(Status.DOWN, 1), (Status.UP, 2)] == summaries["h"].statuses


# The statuses below a branch, the one that it shows.
GRAVEST: dict[str, tuple[list[Status], Status | None]] = {
    "nothing": ([], None),
    "all well": ([Status.UP, Status.UP], Status.UP),
    "some paused": ([Status.PAUSED, Status.UP], Status.UP),
    "all paused": ([Status.PAUSED, Status.PAUSED], Status.PAUSED),
    "one unknown": ([Status.UP, Status.UNKNOWN, Status.PAUSED], Status.UNKNOWN),
    "one warning": ([Status.UNKNOWN, Status.WARNING, Status.UP], Status.WARNING),
    "one down": ([Status.WARNING, Status.DOWN, Status.UNKNOWN], Status.DOWN),
}


@pytest.mark.parametrize(("statuses", "expected"), GRAVEST.values(), ids=GRAVEST)
def test_the_gravest_status(statuses: list[Status], expected: Status | None) -> None:
    kept = {f"s{number}": state(status) for number, status in enumerate(statuses)}
    rows = drawn(group("g"), *(sensor(one, parent="g") for one in kept), states=kept)
    assert rows[0].summary
    assert expected == rows[0].summary.gravest


def test_beyond_the_limit_the_gravest_and_most_important_stay() -> None:
    items = [group("g"), group("h"), *(sensor(f"g{number}", parent="g") for number in range(4))]
    items += [sensor("h0", parent="h"), sensor("h1", parent="h", priority=5)]
    kept = {item["id"]: state(Status.DOWN if item["id"] == "g3" else Status.UP) for item in items}
    assert ["g", ".g3", ".+3", "h", ".h1", ".+1"] == [shown(row) for row in drawn(*items, states=kept, limit=2)]
    assert ["+2", "g", ".g3", ".+3"] == [shown(row) for row in drawn(*items, states=kept, limit=1)]


def test_a_branch_is_not_folded_for_what_stands_deep_below_it() -> None:
    items = [group("g"), group("h", parent="g"), sensor("a", parent="h", priority=5), sensor("b")]
    assert ["+1", "g", ".h", "..a"] == [shown(row) for row in drawn(*items, limit=1)]


def test_every_left_out_line_says_where_to_find_them() -> None:
    rows = drawn(group("g"), *(sensor(one, parent="g") for one in "abc"), limit=1)
    assert ["g"] == [row.home for row in rows if row.more]


def test_only_what_is_below_a_branch() -> None:
    items = [group("g"), group("h", parent="g"), sensor("a", parent="h"), sensor("b", parent="g"), sensor("c")]
    assert ["b", "h", ".a"] == [shown(row) for row in drawn(*items, below="g")]
    assert ["a"] == [shown(row) for row in drawn(*items, below="h")]


def test_a_filtered_tree_has_no_empty_branches() -> None:
    items = [group("g"), group("h"), sensor("a", parent="h")]
    assert ["h", ".a"] == [shown(row) for row in drawn(*items, with_empty=False)]


def test_a_chain_of_a_thousand_parents() -> None:
    chain = [group(f"g{number}", parent=f"g{number - 1}" if number else None) for number in range(1000)]
    rows = drawn(*chain, sensor("a", parent="g999"))
    assert (1001, 1000) == (len(rows), rows[-1].depth)
    assert 1 == sum((row.summary.counts.total() for row in rows[:1] if row.summary), 0)


IDS = st.sampled_from(["root", "a", "b", "c", "d", "e"])
ITEMS = st.lists(
    st.fixed_dictionaries({"id": IDS, "kind": st.sampled_from(["group", "device", "sensor", "probe"])}, optional={
        "parent": st.sampled_from(["root", "a", "b", "c", "gone", ""]),
        "prot": st.just(1),
    }),
    unique_by=lambda item: item["id"],
)  # fmt: skip


@given(ITEMS)
def test_every_item_is_there_exactly_once(items: list[dict[str, Any]]) -> None:
    rows = drawn(*items)
    there = sorted(row.branch.id if row.branch else row.sensor.id if row.sensor else "" for row in rows)
    assert sorted(item["id"] for item in items) == there


def test_the_path_to_a_sensor() -> None:
    tree = Tree(survey([group("root"), group("g"), sensor("a", parent="g"), sensor("b", parent="gone")], {}))
    assert ["root", "g"] == [branch.id for branch in tree.path("a")]
    assert [] == tree.path("b")

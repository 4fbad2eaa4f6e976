"""Everybody who waits for himself is found, over however many others, and nobody else."""

from collections.abc import Iterator, Mapping, Sequence

from hypothesis import given
from hypothesis import strategies as st

from pop3_sensor.items.circles import Knots, a_circle

names = st.sampled_from("abcdefgh")
graphs = st.dictionaries(names, st.lists(names, max_size=3, unique=True), max_size=8).map(
    lambda graph: {one: [master for master in masters if master in graph] for one, masters in graph.items()}
)


def reached(graph: Mapping[str, Sequence[str]], start: str) -> set[str]:
    """Whom one waits for, over however many others."""
    found: set[str] = set()
    ahead = list(graph[start])
    while ahead:
        here = ahead.pop()
        if here not in found:
            found.add(here)
            ahead += graph[here]
    return found


@given(graphs)
def test_a_knot_is_whoever_waits_for_each_other(graph: dict[str, list[str]]) -> None:
    waits = {one: reached(graph, one) for one in graph}
    expected = {frozenset(other for other in graph if other in waits[one] and one in waits[other]) for one in graph}
    assert {knot for knot in expected if knot} == {frozenset(knot) for knot in Knots(graph)}


@given(graphs)
def test_the_circle_that_is_told_of_a_knot_is_one(graph: dict[str, list[str]]) -> None:
    for knot in Knots(graph):
        circle = a_circle(graph, knot)
        assert set(circle) <= knot
        assert all(master in graph[one] for one, master in zip(circle, [*circle[1:], circle[0]], strict=True))
        assert len(circle) == len(set(circle))


class Counted(list[str]):
    """Masters that count how often somebody looks at them."""

    looks = 0

    def __iter__(self) -> Iterator[str]:
        for master in super().__iter__():
            Counted.looks += 1
            yield master


def looks(graph: Mapping[str, Sequence[str]]) -> int:
    Counted.looks = 0
    list(Knots({one: Counted(masters) for one, masters in graph.items()}))
    return Counted.looks


def test_every_link_is_followed_once_however_they_lie() -> None:
    """Many circles, one circle, a long way that passes a circle at each of its steps."""
    for size in (100, 1_000):
        pairs = {f"s{n}": [f"s{n ^ 1}"] for n in range(size)}
        ring = {f"s{n}": [f"s{(n + 1) % size}"] for n in range(size)}
        way = {f"a{n}": [f"z{n}", *([f"a{n + 1}"] if n < size - 1 else [])] for n in range(size)}
        way |= {f"z{n}": [f"z{n}"] for n in range(size)}
        for graph in (pairs, ring, way):
            assert sum(map(len, graph.values())) == looks(graph)

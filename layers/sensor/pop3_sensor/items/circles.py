"""Who waits for each other, over however many others: found in one walk, whatever waits for whatever."""

from collections.abc import Iterator, Mapping, Sequence

Waits = Mapping[str, Sequence[str]]  # of each sensor: for whom; all of them are keys, too


class Knots:
    """The sets in which everybody waits for everybody: Tarjan's strongly connected components, without recursion."""

    def __init__(self, waits: Waits) -> None:
        self._waits = waits
        self._arrival: dict[str, int] = {}
        self._earliest: dict[str, int] = {}  # the first arrival among those whom one waits for, and oneself
        self._open: dict[str, None] = {}  # in the order of arrival: those whose knot may still grow

    def __iter__(self) -> Iterator[set[str]]:
        for start in self._waits:
            if start not in self._arrival:
                yield from self._from(start)

    def _from(self, start: str) -> Iterator[set[str]]:
        way = [self._arrive(start)]
        while way:
            here, masters = way[-1]
            new = next((master for master in masters if not self._is_known(master, here)), None)
            if new is not None:
                way.append(self._arrive(new))
                continue
            way.pop()
            if way:
                self._wait(way[-1][0], self._earliest[here])
            if self._earliest[here] == self._arrival[here]:
                knot = self._close(here)
                if len(knot) > 1 or here in self._waits[here]:
                    yield knot

    def _arrive(self, here: str) -> tuple[str, Iterator[str]]:
        self._arrival[here] = self._earliest[here] = len(self._arrival)
        self._open[here] = None
        return here, iter(self._waits[here])

    def _is_known(self, master: str, client: str) -> bool:
        if master in self._open:
            self._wait(client, self._arrival[master])
        return master in self._arrival

    def _wait(self, client: str, arrival: int) -> None:
        self._earliest[client] = min(self._earliest[client], arrival)

    def _close(self, first: str) -> set[str]:
        knot = {first}
        while (last := self._open.popitem()[0]) != first:
            knot.add(last)
        return knot


def a_circle(waits: Waits, knot: set[str]) -> list[str]:
    """One of those in a knot: from its first name on, to where the way comes round."""
    way: dict[str, None] = {}
    here = min(knot)
    while here not in way:
        way[here] = None
        here = min(master for master in waits[here] if master in knot)
    steps = list(way)
    return steps[steps.index(here) :]

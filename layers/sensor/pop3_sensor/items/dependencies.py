"""Who waits for whom: `depends_on` and `master_for_parent`, resolved into each sensor's masters."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from graphlib import TopologicalSorter

from ..model import Settings
from .circles import Knots, a_circle
from .problems import Problem, allowed
from .reading import Written
from .words import listed, round_trip


def masters_first(settings: Mapping[str, Settings]) -> list[Settings]:
    """Every sensor after all of its masters."""
    graph = {one.id: [master for master in one.masters if master in settings] for one in settings.values()}
    return [settings[sensor_id] for sensor_id in TopologicalSorter(graph).static_order()]


def unfit_masters(masters: Iterable[str], written: Written) -> Iterator[Problem]:
    """Devices and groups have no status that somebody could wait for."""
    for master in masters:
        item = written.get(master)
        if item is not None and item.is_branch:
            yield Problem("depends_on", f"names {master}, which is a {item.kind}; {allowed('depends_on')}")


def rivals(claims: Mapping[str, Sequence[str]]) -> Mapping[str, Problem]:
    """The sensors that share a parent and would all be its master. `claims`: of each parent, who would be."""
    return {
        sensor_id: Problem(
            "master_for_parent",
            f"is set by {len(together)} sensors below {parent}: {listed(together)}. Each would wait for the others; "
            "allowed: one below each parent",
        )
        for parent, together in claims.items()
        if len(together) > 1
        for sensor_id in together
    }


def with_masters(settings: Settings, shared: Mapping[str, str], written: Written) -> Settings:
    """`shared`: of each parent the master of all below it."""
    from_parents = [shared[parent] for parent in settings.ancestors if shared.get(parent, settings.id) != settings.id]
    masters = list(dict.fromkeys([*settings.masters, *from_parents]))
    if not masters:
        return settings
    there = tuple(master for master in masters if master in written)
    vanished = tuple(master for master in masters if master not in written)
    return replace(settings, masters=there, vanished_masters=vanished)


def circles(sensors: Mapping[str, Settings]) -> Mapping[str, Problem]:
    """The sensors that wait for each other: each would stay paused for ever."""
    waiting = {one.id: one.masters for one in sensors.values() if one.masters}
    waits = {one: [master for master in masters if master in waiting] for one, masters in waiting.items()}
    found: dict[str, Problem] = {}
    for knot in Knots(waits):
        text = f"goes round in a circle: {round_trip(a_circle(waits, knot))}; {allowed('depends_on')}"
        found |= dict.fromkeys(knot, Problem("depends_on", text))
    return found

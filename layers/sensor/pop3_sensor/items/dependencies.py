"""Who waits for whom: `depends_on` and `master_for_parent`, resolved into each sensor's masters."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from graphlib import TopologicalSorter

from ..model import Settings
from .inheritance import Written
from .item import Item
from .problems import InvalidSettings, Problem, allowed

Sensors = Mapping[str, Settings | InvalidSettings]


def with_masters(sensors: Sensors, written: Written) -> Sensors:
    """Adds the masters that a parent's sensors share, and refuses what cannot be waited for."""
    shared: dict[str, list[str]] = {}
    done: dict[str, Settings | InvalidSettings] = {}
    for sensor_id, settings in sensors.items():
        item = written[sensor_id]
        if isinstance(settings, Settings) and isinstance(item, Item) and item.master_for_parent:
            if settings.ancestors:
                shared.setdefault(settings.ancestors[0], []).append(sensor_id)
            else:
                done[sensor_id] = InvalidSettings(Problem("master_for_parent", "is set, but this sensor has no parent"))
    for sensor_id, settings in sensors.items():
        if isinstance(settings, Settings) and sensor_id not in done:
            done[sensor_id] = _with_masters(settings, shared, written)
    return {**sensors, **done, **_circles(done)}


def masters_first(settings: Mapping[str, Settings]) -> list[Settings]:
    """Every sensor after all of its masters."""
    graph = {one.id: [master for master in one.masters if master in settings] for one in settings.values()}
    return [settings[sensor_id] for sensor_id in TopologicalSorter(graph).static_order()]


def _with_masters(
    settings: Settings, shared: Mapping[str, Iterable[str]], written: Written
) -> Settings | InvalidSettings:
    from_parents = [one for parent in settings.ancestors for one in shared.get(parent, ()) if one != settings.id]
    masters = list(dict.fromkeys([*settings.masters, *from_parents]))
    for master in masters:
        item = written.get(master)
        if isinstance(item, Item) and item.kind != "sensor":
            return _refused(f"names {master}, which is a {item.kind}")
    there = tuple(master for master in masters if master in written)
    vanished = tuple(master for master in masters if master not in written)
    return replace(settings, masters=there, vanished_masters=vanished) if masters else settings


def _circles(sensors: Sensors) -> Sensors:
    """The sensors that wait for each other: each would stay paused for ever. Linear, however many circles there are."""
    waits: dict[str, set[str]] = {
        sensor_id: {master for master in settings.masters if isinstance(sensors.get(master), Settings)}
        for sensor_id, settings in sensors.items()
        if isinstance(settings, Settings)
    }
    waited_for: dict[str, list[str]] = {}
    for sensor_id, masters in waits.items():
        for master in masters:
            waited_for.setdefault(master, []).append(sensor_id)
    refused: dict[str, InvalidSettings] = {}
    free = [sensor_id for sensor_id, masters in waits.items() if not masters]
    while waits:
        if not free:  # everybody left waits for somebody: follow one to where it comes round
            circle = _circle(waits)
            refused |= dict.fromkeys(circle, _refused(f"goes round in a circle: {' > '.join([*circle, circle[0]])}"))
            free = circle
        done = free.pop()
        if waits.pop(done, None) is not None:
            for sensor_id in waited_for.get(done, ()):
                if sensor_id in waits:
                    waits[sensor_id].discard(done)
                    if not waits[sensor_id]:
                        free.append(sensor_id)
    return refused


def _circle(waits: Mapping[str, set[str]]) -> list[str]:
    here = min(waits)
    path: dict[str, None] = {}
    while here not in path:
        path[here] = None
        here = min(waits[here])
    steps = list(path)
    return steps[steps.index(here) :]


def _refused(text: str) -> InvalidSettings:
    return InvalidSettings(Problem("depends_on", f"{text}; {allowed('depends_on')}"))

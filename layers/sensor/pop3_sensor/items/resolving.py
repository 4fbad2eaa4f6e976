"""From everything that is written to what is in force: the one way, for whoever needs more than a single item."""

from collections.abc import Mapping
from dataclasses import dataclass

from ..model import Settings
from .branches import Branches
from .dependencies import circles, rivals, unfit_masters, with_masters
from .in_force import refused, settings_of
from .item import Item
from .problems import InvalidSettings, Problem
from .reading import Written

Sensors = dict[str, Settings | InvalidSettings]


@dataclass(frozen=True, slots=True)
class Resolved:
    """`sensors`: by id, in the order of the items, the settings of each, or what is wrong with it or above it."""

    written: Written
    branches: Branches
    sensors: Mapping[str, Settings | InvalidSettings]


def resolve_all(written: Written, editor_id_prefix: str = "") -> Resolved:
    """`editor_id_prefix`: items whose ids begin with it may name only each other, as parent or master."""
    if editor_id_prefix:
        written = {item_id: _kept_apart(found, editor_id_prefix) for item_id, found in written.items()}
    branches = Branches(written)
    sensors: Sensors = {
        item_id: _in_force(found, branches, written) for item_id, found in written.items() if not found.is_branch
    }
    _add_masters(sensors, written)
    return Resolved(written, branches, sensors)


def _kept_apart(found: Item | InvalidSettings, prefix: str) -> Item | InvalidSettings:
    item, told = _parts(found)
    named = {"parent": item.parent, "depends_on": item.depends_on}
    strangers = {name: one for name, one in named.items() if one is not None and not one.startswith(prefix)}
    if not strangers or not item.id.startswith(prefix):
        return found
    text = f"; in an item whose id begins with {prefix} (EditorIdPrefix) it must begin so, too"
    problems = [Problem(name, f"names {one}{text}") for name, one in strangers.items()]
    return InvalidSettings(item.model_copy(update=dict.fromkeys(strangers)), *told, *problems)


def _in_force(found: Item | InvalidSettings, branches: Branches, written: Written) -> Settings | InvalidSettings:
    item, told = _parts(found)
    above = branches.above(item)
    inherited = () if isinstance(above, Problem) else above.masters
    masters = (item.depends_on, *inherited) if item.depends_on else inherited
    unfit = next(unfit_masters(masters, written), None)
    try:
        return settings_of(item, above, (*told, unfit) if unfit else told)
    except InvalidSettings as error:
        return error


def _parts(found: Item | InvalidSettings) -> tuple[Item, tuple[Problem, ...]]:
    return (found.item, found.problems) if isinstance(found, InvalidSettings) else (found, ())


def _add_masters(sensors: Sensors, written: Written) -> None:
    """What takes all sensors together: who is master of a whole parent, and who waits in a circle."""
    good = {sensor_id: one for sensor_id, one in sensors.items() if isinstance(one, Settings)}
    items = {sensor_id: item for sensor_id in good if isinstance(item := written[sensor_id], Item)}
    claims: dict[str, list[str]] = {}
    for sensor_id, item in items.items():
        if item.master_for_parent and item.parent:
            claims.setdefault(item.parent, []).append(sensor_id)
    refusals = dict(rivals(claims))
    shared = {parent: only[0] for parent, only in claims.items() if len(only) == 1}
    waiting = {one.id: with_masters(one, shared, written) for one in good.values() if one.id not in refusals}
    sensors |= waiting
    refusals |= circles(waiting)
    sensors |= {one: refused(items[one], good[one], problem) for one, problem in refusals.items()}

"""What every row of the settings table says in the same way: what is allowed, the default, what comes from above.

Always the whole path: items that somebody wrote go into a monitor, and what comes out is looked at.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from itertools import product
from typing import Any

from pop3_sensor.fleet import Policy
from pop3_sensor.fleet.failures import Failures
from pop3_sensor.fleet.reader import FleetReader
from pop3_sensor.model import Reason, Settings, Status
from tests.fakes.memory import Sensors, States
from tests.fakes.simulations import DOWN, fleet, sensor

Attributes = Mapping[str, Any]
LEVELS = 4
LETTERS = {"Up": "U", "Warning": "W", "Down": "D", "Paused": "p"}
NEIGHBOUR = sensor("neighbour")


def family(*levels: Attributes) -> list[dict[str, Any]]:
    """The sensor "mail" below a device, a group and the root: the attributes of each, from the root down."""
    root, group, device, own = levels
    return [
        {"id": "root", "kind": "group", "host": "mail.example.org", **root},
        {"id": "group", "kind": "group", **group},
        {"id": "device", "kind": "device", "parent": "group", **device},
        {"id": "mail", "parent": "device", **own},
    ]


def in_force(*items: Attributes) -> Settings:
    """The settings of the sensor "mail"."""
    read = FleetReader(Sensors(items), States(), Policy(forbidden=())).read(Failures())
    assert {} == read.invalid
    return read.settings["mail"]


def value(attribute: str, *items: Attributes) -> Any:
    return getattr(in_force(*items), attribute)


def takes(attribute: str, *values: object, beside: Sequence[Attributes] = (), **others: Any) -> None:
    """Each on a sensor of its own, which is scanned. `others`: the attributes that it needs to make sense."""
    sensors = [sensor(f"mail-{number}", **others, **{attribute: one}) for number, one in enumerate(values)]
    simulation = fleet(*beside, *sensors)
    simulation.minute()
    statuses = simulation.statuses()
    assert [] == [one[attribute] for one in sensors if statuses[one["id"]] == Status.UNKNOWN]


def refuses(attribute: str, *values: object, beside: Sequence[Attributes] = (), **others: Any) -> None:
    """Each harms its own sensor alone, and is told with the attribute's name."""
    sensors = [sensor(f"mail-{number}", **others, **{attribute: one}) for number, one in enumerate(values)]
    simulation = fleet(*beside, *sensors, NEIGHBOUR)
    assert "neighbour" in simulation.minute()
    states = simulation.states.load()
    for one in sensors:
        state = states[one["id"]]
        assert (Status.UNKNOWN, Reason.SETTINGS_INVALID) == (state.status, state.reason), one
        assert re.match(rf"{attribute}[:.\[]", state.message), state.message


def nearest_wins(attribute: str, *values: Any, default: Any, **others: Any) -> None:
    """Over every choice of the levels that have a value; `values`: one for each level, from the root down."""
    for chosen in product((False, True), repeat=LEVELS):
        levels = [{attribute: one} if has else {} for one, has in zip(values, chosen, strict=True)]
        nearest = [_read(one) for one, has in zip(values, chosen, strict=True) if has]
        expected = nearest[-1] if nearest else default
        assert expected == value(attribute, *family({**others, **levels[0]}, *levels[1:])), chosen


def own_only(attribute: str, own: Any, *, default: Any, **others: Any) -> None:
    """What stands above changes nothing below."""
    above = {attribute: own, **others}
    assert default == value(attribute, *family(above, above, above, {}))
    assert _read(own) == value(attribute, *family({}, {}, {}, above))


def life(*items: Attributes, minutes: int, down: Mapping[str, Collection[int]] | None = None, of: str = "mail") -> str:
    """A letter for each minute from 12:01 UTC on, on Saturday 31 January 2026; `down`: who fails in which of them."""
    simulation = fleet(*items)
    letters = ""
    for minute in range(1, minutes + 1):
        simulation.scans.seen = {one: DOWN for one, failing in (down or {}).items() if minute in failing}
        scanned = simulation.minute()
        status = simulation.statuses()[of]
        assert (status == Status.PAUSED) is (of not in scanned)
        letters += LETTERS[status]
    return letters


def _read(written: Any) -> Any:
    return tuple(written) if isinstance(written, list) else written

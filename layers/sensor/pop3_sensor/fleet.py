"""What an invocation reads at its start: every sensor's settings and state."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from .dependencies import with_masters
from .inheritance import resolve
from .items import Item
from .networks import Network
from .ports import SensorSource, StateStore
from .problems import InvalidSettings, read_item
from .settings import Settings
from .verdict import State


@dataclass(frozen=True, slots=True)
class Policy:
    """What the deployment imposes on every sensor."""

    forbidden: Sequence[Network]
    refuse_cleartext_login: bool = False


@dataclass(frozen=True, slots=True)
class Fleet:
    """By sensor id. `gone`: states of sensors whose items are no more."""

    settings: Mapping[str, Settings]
    invalid: Mapping[str, InvalidSettings]
    states: Mapping[str, State]

    @property
    def gone(self) -> list[str]:
        return [one for one in self.states if one not in self.settings and one not in self.invalid]

    def __len__(self) -> int:
        return len(self.settings) + len(self.invalid)


def read_fleet(sensors: SensorSource, states: StateStore, policy: Policy) -> Fleet:
    """Raises ServiceError where a table cannot be read."""
    written: dict[str, Item | InvalidSettings] = {}
    for attributes in sensors.load():
        written[str(attributes.get("id"))] = _read(attributes)
    settings: dict[str, Settings] = {}
    invalid: dict[str, InvalidSettings] = {}
    for sensor_id, resolved in with_masters(resolve(written), written).items():
        if isinstance(resolved, Settings):
            settings[sensor_id] = _imposed(resolved, policy)
        elif resolved.kind not in ("device", "group"):  # a bad device is told by the sensors below it
            invalid[sensor_id] = resolved
    return Fleet(settings, invalid, states.load())


def _read(attributes: Mapping[str, Any]) -> Item | InvalidSettings:
    try:
        return read_item(attributes)
    except InvalidSettings as error:
        return error


def _imposed(settings: Settings, policy: Policy) -> Settings:
    return replace(settings, cleartext_login="refuse") if policy.refuse_cleartext_login else settings

"""What an invocation reads at its start: every sensor's settings and state."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from ..items import InvalidSettings, Item, item_or_problems, masters_first, resolve_all
from ..model import Settings, State
from ..ports import SensorSource, ServiceError, StateStore
from ..scan import Network
from .failures import Failures

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Policy:
    """What the deployment imposes on every sensor."""

    forbidden: Sequence[Network]
    refuse_cleartext_login: bool = False
    editor_id_prefix: str = ""  # what the ids of some editors' items begin with; empty: of nobody's

    def impose(self, settings: Settings) -> Settings:
        return replace(settings, cleartext_login="refuse") if self.refuse_cleartext_login else settings


@dataclass(frozen=True, slots=True)
class Fleet:
    """By sensor id, masters before those that wait for them."""

    settings: Mapping[str, Settings] = field(default_factory=dict)
    invalid: Mapping[str, InvalidSettings] = field(default_factory=dict)
    states: Mapping[str, State] = field(default_factory=dict)
    is_current: bool = True  # False: the settings are those of an earlier tick

    @property
    def gone(self) -> list[str]:
        """Sensors that have a state but no item any more. None where the items are those of an earlier tick."""
        if not self.is_current:
            return []
        return [one for one in self.states if one not in self.settings and one not in self.invalid]

    def __len__(self) -> int:
        return len(self.settings) + len(self.invalid)


class FleetReader:
    """Lives as long as its process. Most ticks find no item changed, and then nothing is worked out again."""

    def __init__(self, sensors: SensorSource, states: StateStore, policy: Policy) -> None:
        self._sensors = sensors
        self._states = states
        self._policy = policy
        self._seen: dict[str, Mapping[str, Any]] = {}
        self._written: dict[str, Item | InvalidSettings] = {}
        self._resolved = Fleet()
        self._known_states: dict[str, State] = {}

    def read(self, failures: Failures) -> Fleet:
        """Raises ServiceError where a table cannot be read, and this process has not read it before."""
        before: Sequence[Mapping[str, Any]] = list(self._seen.values())
        items = self._or_before(self._sensors.load, before, "settings", failures)
        known: Mapping[str, State] = self._known_states
        states = self._or_before(self._states.load, known, "states", failures)
        self._known_states = dict(states)
        seen = {str(attributes.get("id")): attributes for attributes in items}
        if len(seen) != len(self._seen) or not all(self._is_known(*one) for one in seen.items()):
            self._written = {
                one: self._written[one] if self._is_known(one, attributes) else item_or_problems(attributes)
                for one, attributes in seen.items()
            }
            self._resolved = _resolved(self._written, self._policy)
            self._seen = seen
        return replace(self._resolved, states=states, is_current=items is not before)

    def remember(self, sensor_id: str, state: State) -> None:
        """Keeps a new state, in case the next tick cannot read the table."""
        self._known_states[sensor_id] = state

    def _or_before(self, load: Callable[[], T], before: T, what: str, failures: Failures) -> T:
        """Where a table cannot be read, what the last tick read serves: it is a minute old; writes are conditional."""
        try:
            return load()
        except ServiceError as error:
            if not self._seen:
                raise
            failures.note(f"going on with the {what} of the last tick", error)
            return before

    def _is_known(self, sensor_id: str, attributes: Mapping[str, Any]) -> bool:
        return (
            self._seen.get(sensor_id) is attributes
        )  # the source promises the same object; and == would take 1 for true


def _resolved(written: Mapping[str, Item | InvalidSettings], policy: Policy) -> Fleet:
    settings: dict[str, Settings] = {}
    invalid: dict[str, InvalidSettings] = {}
    for sensor_id, resolved in resolve_all(written, policy.editor_id_prefix).sensors.items():
        if isinstance(resolved, Settings):
            settings[sensor_id] = policy.impose(resolved)
        else:
            invalid[sensor_id] = resolved
    # The longest timeouts come first: started later, they would not fit into the invocation.
    longest_first = sorted(settings.values(), key=lambda one: one.timeout, reverse=True)
    return Fleet({one.id: one for one in masters_first({one.id: one for one in longest_first})}, invalid)

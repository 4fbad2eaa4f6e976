"""A service fails for more than one call: nothing is forgotten by mistake, nothing piles up, nobody else notices."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from pydantic import SecretStr

from pop3_sensor.fleet import Keyring, division
from pop3_sensor.fleet.failures import Failures
from pop3_sensor.model import Reason, ScanError, State, Status
from pop3_sensor.ports import Point, ServiceError, StatusChange
from pop3_sensor.scan import Credentials
from tests.fakes.clock import Clock
from tests.fakes.memory import Events, Metrics, Results, States
from tests.fakes.simulations import DOWN, MINUTE, Simulation, fleet, sensor
from tests.samples import AT, SENSOR

FAULT = ServiceError("on fire")
STORED = sensor("a", result_handling="store")


def test_clients_of_a_giant_s_masters_that_nobody_takes_are_scanned_here_with_their_secrets(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(division, "INLINE", 3)
    monkeypatch.setattr(division, "BATCH", 3)
    login = {"authentication": "apop", "username": "ann", "secret_id": "ann's", "depends_on": "ping"}
    stack = fleet(sensor("ping"), *(sensor(f"mail-{number}", **login) for number in range(5)))
    stack.secrets.texts["ann's"] = "tanstaaf"
    stack.queue.fault = FAULT
    assert ["ping", *(f"mail-{number}" for number in range(5))] == sorted(
        stack.minute(), key=lambda one: (one != "ping", one)
    )
    assert {"Up"} == set(stack.statuses().values())


def test_a_master_that_was_down_is_down_while_the_states_cannot_be_read() -> None:
    """Its clients are paused because of it: to scan them would page for each."""
    stack = fleet(sensor("ping", interval=864_000), sensor("a", depends_on="ping"))
    stack.minute(ping=DOWN, a=DOWN)
    assert {"ping": "Down", "a": "Paused"} == stack.statuses()
    stack.states.unreadable = FAULT
    for _ in range(3):
        assert [] == stack.minute()
        assert 1 == stack.failed_calls
    stack.states.unreadable = None
    assert {"ping": "Down", "a": "Paused"} == stack.statuses()


def test_failures_are_counted_on_while_the_states_cannot_be_read() -> None:
    stack = fleet(sensor("a", warning_scans=2))
    stack.minute()
    stack.states.unreadable = FAULT
    for _ in range(3):
        stack.minute(a=DOWN)
    stack.states.unreadable = None
    assert {"a": "Down"} == stack.statuses()
    assert [("a", "", "Up"), ("a", "Up", "Warning"), ("a", "Warning", "Down")] == stack.told()


def test_nobody_is_forgotten_whose_item_could_not_be_read() -> None:
    """Added since the last tick, and scanned by another process, which could read it."""
    stack = fleet(sensor("a"))
    stack.minute()
    stack.states.save("new", State(Status.DOWN, AT, scanned_at=AT), None)
    stack.sensors.fault = FAULT
    stack.minute()
    assert {"a": "Up", "new": "Down"} == stack.statuses()
    stack.sensors.fault = None
    stack.minute()
    assert {"a": "Up"} == stack.statuses()


def test_a_failure_is_counted_in_its_own_call_only() -> None:
    stack = fleet(sensor("a", interval=30))
    stack.minute()
    stack.states.unreadable = FAULT
    stack.minute()
    assert 1 == stack.failed_calls
    stack.states.unreadable = None
    stack.now[0] += timedelta(seconds=30)
    taken = stack.monitor.take(stack.queue.handed_on[-1], 100)
    assert taken is not None
    assert 0 == taken.failed_calls


@dataclass
class Counted(States):
    tried: int = 0

    def save(self, sensor_id: str, state: State, previous: State | None) -> bool:
        self.tried += 1
        return super().save(sensor_id, state, previous)


def test_what_cannot_be_saved_does_not_pile_up() -> None:
    """What was found first is recorded with its own time; then what changed since."""
    stack = Simulation([sensor(f"mail-{number}") for number in range(10)], states=(states := Counted(fault=FAULT)))
    for _ in range(20):
        stack.minute(mail_1=DOWN)
    states.fault, states.tried = None, 0
    stack.minute()
    assert ({f"mail-{number}" for number in range(10)}, 11) == (set(states.saved), states.tried)
    assert {("", "Up"): 9, ("", "Down"): 1} == Counter(told[1:] for told in stack.told())
    assert AT + MINUTE == states.load()["mail-1"].since


@dataclass
class BrokenMetrics(Metrics):
    def put(self, points: Sequence[Point]) -> None:
        raise RuntimeError(len(points))


@dataclass
class BrokenEvents(Events):
    def put(self, changes: Sequence[StatusChange]) -> None:
        raise RuntimeError(len(changes))


@dataclass
class BrokenStates(States):
    def save(self, sensor_id: str, state: State, previous: State | None) -> bool:
        raise RuntimeError(sensor_id, state, previous)


@dataclass
class BrokenResults(Results):
    def put(self, name: str, text: str) -> None:
        raise RuntimeError(name, text)


# Which adapter has a fault of its own; what goes out all the same.
BROKEN: dict[str, tuple[Callable[[], Simulation], set[str]]] = {
    "metrics": (lambda: Simulation([STORED], metrics=BrokenMetrics()), {"states", "events", "results"}),
    "events": (lambda: Simulation([STORED], events=BrokenEvents()), {"states", "metrics", "results"}),
    "states": (lambda: Simulation([STORED], states=BrokenStates()), {"metrics", "results"}),
    "results": (lambda: Simulation([STORED], results=BrokenResults()), {"states", "events", "metrics"}),
}


@pytest.mark.parametrize(("make", "whole"), BROKEN.values(), ids=BROKEN)
def test_a_fault_of_ours_in_one_place_stops_no_other(make: Callable[[], Simulation], whole: set[str]) -> None:
    stack = make()
    assert {"sensors": 1, "due": 1, "scanned": 1, "up": 1} == stack.tick()
    out = {
        "metrics": stack.metrics.points,
        "states": stack.states.saved,
        "events": stack.events.changes,
        "results": stack.results.files,
    }
    assert whole == {name for name, things in out.items() if things}
    assert 1 == stack.failed_calls


@dataclass
class Slowly(States):
    """Each deletion fails, after so many seconds."""

    clock: Clock | None = None
    tried: int = 0

    def forget(self, sensor_id: str) -> None:
        assert self.clock
        self.clock.skip(22)
        self.tried += 1
        raise ServiceError(sensor_id)


def test_a_hundred_deletions_that_hang_do_not_eat_up_the_invocation(clock: Clock) -> None:
    stack = Simulation([sensor("a")], states=(states := Slowly(clock=clock)))
    for number in range(100):
        states.save(f"gone-{number}", State(Status.UP, AT), None)
    stack.minute()
    assert 1 == states.tried


# ---- secrets ---------------------------------------------------------------------------------------------------------


@dataclass
class DeadSecrets:
    """They are given once; from then on the service fails."""

    asked: list[set[str]] = field(default_factory=list)

    def fetch(self, secret_ids: Collection[str]) -> Mapping[str, SecretStr | ScanError]:
        self.asked.append(set(secret_ids))
        if len(self.asked) == 1:
            return dict.fromkeys(secret_ids, SecretStr("old"))
        return dict.fromkeys(secret_ids, ScanError(Reason.INTERNAL_ERROR, "hangs"))


def test_of_many_that_share_a_secret_one_finds_out_that_it_cannot_be_renewed() -> None:
    """Each attempt takes the SDK half a minute, and they come one after the other."""
    login = replace(SENSOR, authentication="apop", username="ann", secret_id="a")
    sensors = [replace(login, id=str(number)) for number in range(50)]
    secrets = DeadSecrets()
    keyring = Keyring(secrets)
    failures = Failures()
    keyring.prepare(sensors, failures)
    since = keyring.now()
    rejected = keyring.credentials(sensors[0])
    assert isinstance(rejected, Credentials)
    with ThreadPoolExecutor(8) as pool:
        renewed = list(pool.map(lambda one: keyring.renew(one, rejected, since, failures), sensors))
    assert [None] * 50 == renewed
    assert 2 == len(secrets.asked)
    assert rejected == keyring.credentials(sensors[0])
    assert ["hangs"] == failures
    # The next invocation asks again.
    keyring.renew(sensors[0], rejected, keyring.now(), failures)
    assert 3 == len(secrets.asked)

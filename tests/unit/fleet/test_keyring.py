"""Secrets: fetched together, kept for a while, asked for again when a login was rejected."""

import json
import threading
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace

import pytest
from pydantic import SecretStr

from pop3_sensor.fleet import Keyring
from pop3_sensor.fleet.failures import Failures
from pop3_sensor.fleet.keyring import CACHE_SECONDS
from pop3_sensor.model import Reason, ScanError, Settings
from pop3_sensor.scan import Credentials
from tests.fakes.memory import Secrets
from tests.samples import SENSOR

NO_LOGIN = replace(SENSOR, secret_id="unneeded")


def login(secret_id: str, key: str | None = None) -> Settings:
    return replace(SENSOR, authentication="apop", username="ann", secret_id=secret_id, secret_key=key)


def ann(password: str) -> Credentials:
    return Credentials("ann", SecretStr(password))


@dataclass
class Hands:
    """A clock that stands still until somebody moves its hands."""

    time: float = 1000.0

    def __call__(self) -> float:
        return self.time


@dataclass
class Ring:
    """A keyring, and what it stands on."""

    secrets: Secrets = field(default_factory=lambda: Secrets({"a": "old", "b": "bee"}))
    clock: Hands = field(default_factory=Hands)

    def __post_init__(self) -> None:
        self.keyring = Keyring(self.secrets, self.clock)

    def invoke(self, *sensors: Settings) -> float:
        """What an invocation does at its start, a minute after the one before; returns its moment."""
        self.clock.time += 60
        self.prepare(*sensors)
        return self.clock.time

    def prepare(self, *sensors: Settings) -> None:
        self.keyring.prepare(sensors, Failures())

    def renew(self, settings: Settings, rejected: Credentials, since: float) -> Credentials | None:
        return self.keyring.renew(settings, rejected, since, Failures())

    def error(self, settings: Settings) -> tuple[Reason, str]:
        found = self.keyring.credentials(settings)
        assert isinstance(found, ScanError)
        return found.reason, found.message


@pytest.fixture
def ring() -> Ring:
    return Ring()


def test_all_are_fetched_in_one_go_and_none_twice(ring: Ring) -> None:
    ring.invoke(login("a"), NO_LOGIN, login("b"), login("a"))
    assert [{"a", "b"}] == ring.secrets.asked
    assert [ann("old"), ann("bee")] == [ring.keyring.credentials(login("a")), ring.keyring.credentials(login("b"))]


def test_without_need_nothing_is_fetched(ring: Ring) -> None:
    ring.invoke()
    ring.invoke(NO_LOGIN)
    assert [] == ring.secrets.asked
    assert ring.keyring.credentials(NO_LOGIN) is None


def test_one_secret_may_hold_many_credentials(ring: Ring) -> None:
    ring.secrets.texts["a"] = json.dumps({"x": "ex", "y": {"username": "yves", "password": "why"}})
    ring.invoke(login("a", "x"), login("a", "y"))
    assert [{"a"}] == ring.secrets.asked
    expected = [ann("ex"), Credentials("yves", SecretStr("why"))]
    assert expected == [ring.keyring.credentials(login("a", key)) for key in ("x", "y")]


def test_each_sensor_has_its_own_error(ring: Ring) -> None:
    ring.secrets.texts["bad"] = "{}"
    ring.invoke(login("none"), login("bad"), login("b"), login("b", "x"))
    malformed = 'must hold JSON {"username": "…", "password": "…"}, or the bare password where the item has username'
    assert (Reason.SECRET_MISSING, "the secret none does not exist") == ring.error(login("none"))
    assert (Reason.SECRET_MALFORMED, f"the secret bad {malformed}") == ring.error(login("bad"))
    assert (
        Reason.SECRET_MALFORMED,
        "the secret b must be a JSON map that has the key x (secret_key)",
    ) == ring.error(login("b", "x"))
    assert ann("bee") == ring.keyring.credentials(login("b"))


def test_what_was_fetched_is_kept_across_invocations(ring: Ring) -> None:
    ring.invoke(login("a"))
    ring.invoke(login("a"), login("b"))
    ring.invoke(login("a"), login("b"))
    assert [{"a"}, {"b"}] == ring.secrets.asked


# Seconds since it was fetched: is it fetched again.
AGES = {0: False, 60: False, CACHE_SECONDS - 1: False, CACHE_SECONDS: True, CACHE_SECONDS + 1: True}


@pytest.mark.parametrize(("age", "again"), AGES.items(), ids=map(str, AGES))
def test_what_is_kept_expires(ring: Ring, age: float, again: bool) -> None:
    ring.prepare(login("a"))
    ring.secrets.texts["a"] = "new"
    ring.clock.time += age
    ring.prepare(login("a"))
    assert [{"a"}, {"a"}][: 1 + again] == ring.secrets.asked
    assert ann("new" if again else "old") == ring.keyring.credentials(login("a"))


def test_failures_are_asked_for_again(ring: Ring) -> None:
    ring.invoke(login("c"), login("a"))
    ring.invoke(login("c"), login("a"))
    assert (Reason.SECRET_MISSING, "the secret c does not exist") == ring.error(login("c"))
    ring.secrets.texts["c"] = "sea"
    ring.invoke(login("c"), login("a"))
    assert ann("sea") == ring.keyring.credentials(login("c"))
    ring.invoke(login("c"), login("a"))
    assert [{"a", "c"}, {"c"}, {"c"}] == ring.secrets.asked


def test_a_rotated_secret_is_renewed_past_the_cache(ring: Ring) -> None:
    ring.invoke(login("a"))
    ring.secrets.texts["a"] = "new"
    since = ring.invoke(login("a"))
    assert ann("old") == ring.keyring.credentials(login("a"))
    assert ann("new") == ring.renew(login("a"), ann("old"), since)
    assert ann("new") == ring.keyring.credentials(login("a"))
    assert [{"a"}, {"a"}] == ring.secrets.asked


# What the secret is now, where it was "old".
NOT_RENEWED = {"unchanged": "old", "malformed": "{}"}


@pytest.mark.parametrize("now", NOT_RENEWED.values(), ids=NOT_RENEWED)
def test_none_where_nothing_better_came(ring: Ring, now: str) -> None:
    ring.invoke(login("a"))
    ring.secrets.texts["a"] = now
    since = ring.invoke(login("a"))
    assert ring.renew(login("a"), ann("old"), since) is None
    assert [{"a"}, {"a"}] == ring.secrets.asked


def test_none_where_the_secret_has_gone(ring: Ring) -> None:
    ring.invoke(login("a"))
    del ring.secrets.texts["a"]
    since = ring.invoke(login("a"))
    assert ring.renew(login("a"), ann("old"), since) is None
    assert (Reason.SECRET_MISSING, "the secret a does not exist") == ring.error(login("a"))


def test_once_in_each_invocation(ring: Ring) -> None:
    """All sensors of one secret are rejected together; one of them asks."""
    ring.secrets.texts["a"] = json.dumps({"x": "old x", "y": "old y"})
    ring.invoke(login("a", "x"), login("a", "y"))
    ring.secrets.texts["a"] = json.dumps({"x": "new x", "y": "old y"})
    for _ in range(2):
        since = ring.invoke(login("a", "x"), login("a", "y"))
        ring.clock.time += 1
        renewed = [
            ring.renew(login("a", "x"), ann("old x"), since),
            ring.renew(login("a", "y"), ann("old y"), since),
            ring.renew(login("a", "x"), ann("new x"), since),
        ]
        assert [ann("new x"), None, None] == renewed
    assert [{"a"}, {"a"}, {"a"}] == ring.secrets.asked


def test_what_this_invocation_fetched_is_not_fetched_again(ring: Ring) -> None:
    since = ring.invoke(login("a"))
    assert ring.renew(login("a"), ann("old"), since) is None
    assert [{"a"}] == ring.secrets.asked


def test_a_sensor_without_a_secret_has_nothing_to_renew(ring: Ring) -> None:
    assert ring.renew(SENSOR, ann("old"), 0) is None
    assert [] == ring.secrets.asked


@dataclass
class SlowSecrets(Secrets):
    """Whose answer waits for company: for a second caller, or until it is clear that none comes."""

    company: threading.Barrier = field(default_factory=lambda: threading.Barrier(2, timeout=0.1))

    def fetch(self, secret_ids: Collection[str]) -> Mapping[str, SecretStr | ScanError]:
        if self.asked:
            with suppress(threading.BrokenBarrierError):
                self.company.wait()
        return super().fetch(secret_ids)


def test_once_also_where_two_are_rejected_at_the_same_time() -> None:
    """The monitor renews in threads."""
    ring = Ring(SlowSecrets({"a": "old"}))
    ring.invoke(login("a"))
    ring.secrets.texts["a"] = "new"
    since = ring.invoke(login("a"))
    with ThreadPoolExecutor(2) as pool:
        renewals = [pool.submit(ring.renew, login("a"), ann("old"), since) for _ in range(2)]
        assert [ann("new"), ann("new")] == [renewal.result() for renewal in renewals]
    assert [{"a"}, {"a"}] == ring.secrets.asked


def test_the_clock_is_one_that_never_goes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.time", lambda: pytest.fail("the wall clock may be set at any moment"))
    keyring = Keyring(Secrets({"a": "old"}))
    before = keyring.now()
    keyring.prepare([login("a")], Failures())
    assert keyring.now() >= before

"""The States table; the one in memory, on which other tests stand, keeps the same promises."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

import boto3
import pytest

from pop3_sensor.aws.states_table import StatesTable
from pop3_sensor.ports import StateStore
from pop3_sensor.verdict import State
from pop3_sensor.vocabulary import Status
from tests.aws.conftest import Calls
from tests.fakes.deployed import deploy
from tests.fakes.memory import States
from tests.fakes.samples import AT

DOWN = State(Status.DOWN, AT - timedelta(hours=1), "login", "login_rejected", "größe: -ERR {no}", 7)
UP = State(Status.UP, AT)
MICROSECOND = timedelta(microseconds=1)


@pytest.fixture(params=["in DynamoDB", "in memory"])
def store(request: pytest.FixtureRequest) -> Iterator[StateStore]:
    if request.param == "in memory":
        yield States()
        return
    session: boto3.Session = request.getfixturevalue("session")
    yield StatesTable(session.client("dynamodb"), deploy(session, "StatesTable")["StatesTable"])


def test_an_empty_table(store: StateStore) -> None:
    assert {} == store.load()


STATES: dict[str, State] = {
    "with a trouble": DOWN,
    "without one": UP,
    "with a part of a second": State(Status.UNKNOWN, AT + timedelta(microseconds=120), reason="not_run"),
    "of a paused sensor": State(Status.PAUSED, AT),
}


@pytest.mark.parametrize("state", STATES.values(), ids=STATES)
def test_a_state_comes_back_as_it_was(store: StateStore, state: State) -> None:
    store.save("mail-1", state, AT)
    assert {"mail-1": state} == store.load()


def test_each_sensor_has_its_own(store: StateStore) -> None:
    store.save("a", UP, AT)
    store.save("b", DOWN, AT)
    assert {"a": UP, "b": DOWN} == store.load()


# The moment of the first scan, that of the second: does the second's state stand in the end.
MOMENTS: dict[str, tuple[datetime, datetime, bool]] = {
    "a later one": (AT, AT + timedelta(minutes=1), True),
    "one later by a microsecond": (AT, AT + MICROSECOND, True),
    "a later one, of which the second is whole": (AT - MICROSECOND, AT, True),
    "a later one, of which the first is whole": (AT, AT + 500_000 * MICROSECOND, True),
    "a later one from another time zone": (
        AT.astimezone(timezone(timedelta(hours=9))),
        AT + timedelta(minutes=1),
        True,
    ),
    "an earlier one": (AT, AT - timedelta(minutes=1), False),
    "one earlier by a microsecond": (AT, AT - MICROSECOND, False),
    "an earlier one from another time zone": (
        AT,
        (AT - timedelta(minutes=1)).astimezone(timezone(timedelta(hours=9))),
        False,
    ),
    "one of the same moment": (AT, AT, False),
}


@pytest.mark.parametrize(("first", "second", "stands"), MOMENTS.values(), ids=MOMENTS)
def test_an_older_scan_never_overwrites_a_newer_one(
    store: StateStore, first: datetime, second: datetime, stands: bool
) -> None:
    store.save("mail-1", UP, first)
    store.save("mail-1", DOWN, second)
    assert {"mail-1": DOWN if stands else UP} == store.load()


@pytest.fixture
def table(session: boto3.Session) -> str:
    return deploy(session, "StatesTable")["StatesTable"]


def test_what_stands_in_the_table(session: boto3.Session, table: str) -> None:
    """The contract's names, for people who read the table."""
    StatesTable(session.client("dynamodb"), table).save("mail-1", DOWN, AT)
    (item,) = session.resource("dynamodb").Table(table).scan()["Items"]
    expected = {
        "sensor_id": "mail-1",
        "scanned_at": "2026-01-31T12:00:00.000000+00:00",
        "status": "Down",
        "since": "2026-01-31T11:00:00.000000+00:00",
        "phase": "login",
        "reason": "login_rejected",
        "message": "größe: -ERR {no}",
        "failures": 7,
        "pause_reasons": [],
    }
    assert expected == item


def test_the_condition_is_the_table_s_own(session: boto3.Session, table: str, calls: Calls) -> None:
    """One call: to read first would leave a gap for another invocation."""
    StatesTable(session.client("dynamodb"), table).save("mail-1", UP, AT)
    assert ["PutItem"] == [name for name, _ in calls.made if name != "CreateStack" and "Stack" not in name]


def test_more_than_one_page(session: boto3.Session, table: str, calls: Calls) -> None:
    store = StatesTable(session.client("dynamodb"), table)
    states = {f"mail-{number}": State(Status.UP, AT.astimezone(UTC), message="x" * 100_000) for number in range(12)}
    for sensor_id, state in states.items():
        store.save(sensor_id, state, AT)
    assert states == store.load()
    assert 2 == len(calls.of("Scan"))

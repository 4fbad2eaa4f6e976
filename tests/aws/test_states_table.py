"""The States table. The one in memory, which other tests use, behaves alike."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, timedelta, timezone
from typing import Any

import boto3
import pytest

from pop3_sensor.aws.states_table import StatesTable
from pop3_sensor.model import PauseReason, State, Status
from pop3_sensor.ports import StateStore
from tests.aws.conftest import Calls
from tests.fakes.deployed import deploy
from tests.fakes.memory import States
from tests.samples import AT

DOWN = State(Status.DOWN, AT - timedelta(hours=1), "login", "login_rejected", "größe: -ERR {no}", 7, scanned_at=AT)
UP = State(Status.UP, AT, scanned_at=AT)
PAUSED = State(
    Status.PAUSED,
    AT,
    message="paused",
    pause_reasons=tuple(PauseReason),
    masters_well_since=AT,
    fingerprint="0a",
    scanned_at=AT,
)
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
    "of a paused sensor": PAUSED,
}


@pytest.mark.parametrize("state", STATES.values(), ids=STATES)
def test_a_state_comes_back_as_it_was(store: StateStore, state: State) -> None:
    assert store.save("mail-1", state, None)
    assert {"mail-1": state} == store.load()


def test_the_time_of_the_scan_comes_back(store: StateStore) -> None:
    """Comparing states leaves it out, so it needs a test of its own. It tells who wrote last."""
    store.save("a", replace(UP, scanned_at=AT + MICROSECOND), None)
    store.save("b", replace(UP, scanned_at=None), None)
    assert {"a": AT + MICROSECOND, "b": AT} == {one: state.scanned_at for one, state in store.load().items()}


def test_each_sensor_has_its_own(store: StateStore) -> None:
    store.save("a", UP, None)
    store.save("b", DOWN, None)
    assert {"a": UP, "b": DOWN} == store.load()


NINE = timezone(timedelta(hours=9))
# What the table holds; what this writer has read of it; whether its own state is there in the end.
WRITERS: dict[str, tuple[State | None, State | None, bool]] = {
    "the first ever": (None, None, True),
    "nobody else was there": (UP, UP, True),
    "nobody else was there, in another time zone": (UP, replace(UP, scanned_at=AT.astimezone(NINE)), True),
    "somebody wrote since, later": (replace(UP, scanned_at=AT + MICROSECOND), UP, False),
    "somebody wrote since, with a clock that is behind": (replace(UP, scanned_at=AT - MICROSECOND), UP, False),
    "somebody wrote the first one since": (UP, None, False),
    "somebody deleted it since": (None, UP, True),
    "this one wrote it, but did not hear of it": (replace(DOWN, scanned_at=AT + timedelta(minutes=1)), UP, True),
}


@pytest.mark.parametrize(("there", "read", "stands"), WRITERS.values(), ids=WRITERS)
def test_of_two_writers_one_wins(store: StateStore, there: State | None, read: State | None, stands: bool) -> None:
    if there:
        store.save("mail-1", there, None)
    later = replace(DOWN, scanned_at=AT + timedelta(minutes=1))
    assert stands == store.save("mail-1", later, read)
    assert {"mail-1": later if stands else there} == store.load()


def test_what_is_forgotten_is_gone_and_may_come_again(store: StateStore) -> None:
    store.save("a", UP, None)
    store.save("b", UP, None)
    for _ in range(2):
        store.forget("a")
        assert {"b": UP} == store.load()
    assert store.save("a", DOWN, None)
    assert {"a": DOWN, "b": UP} == store.load()


@pytest.fixture
def table(session: boto3.Session) -> str:
    return deploy(session, "StatesTable")["StatesTable"]


def test_what_stands_in_the_table(session: boto3.Session, table: str) -> None:
    """People who read the table find these names (docs/reference.md#states-table)."""
    StatesTable(session.client("dynamodb"), table).save("mail-1", DOWN, None)
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
        "masters_well_since": "",
        "fingerprint": "",
        "last_scan": "",
    }
    assert expected == item


def test_a_tick_is_claimed_once(session: boto3.Session, table: str) -> None:
    store, until = StatesTable(session.client("dynamodb"), table), AT + timedelta(hours=1)
    assert [True, False, True] == [
        store.claim_once("tick one", "me", until),
        store.claim_once("tick one", "another", until),
        store.claim_once("tick one", "me", until),  # as a retry does whose first answer was lost
    ]
    assert store.claim_once("tick two", "another", until)
    assert {} == store.load()  # no sensor's state
    rows = session.resource("dynamodb").Table(table).scan()["Items"]
    assert {"#tick one": int(until.timestamp()), "#tick two": int(until.timestamp())} == {
        row["sensor_id"]: row["expires"] for row in rows
    }


def test_a_row_of_an_earlier_version_is_read(session: boto3.Session, table: str) -> None:
    """An update of the stack finds rows without the newest attributes; one unread row would end every tick."""
    row: dict[str, Any] = {"sensor_id": "mail-1", "status": "Up", "since": "2026-01-31T12:00:00+00:00", "failures": 0}
    row |= {"phase": "", "reason": "", "message": "", "pause_reasons": [], "scanned_at": "2026-01-31T12:00:00+00:00"}
    session.resource("dynamodb").Table(table).put_item(Item=row)
    assert {"mail-1": UP} == StatesTable(session.client("dynamodb"), table).load()


def test_the_condition_is_the_table_s_own(session: boto3.Session, table: str, calls: Calls) -> None:
    """It is one call: reading first would leave a gap for another invocation."""
    StatesTable(session.client("dynamodb"), table).save("mail-1", UP, None)
    assert ["PutItem"] == [name for name, _ in calls.made if name != "CreateStack" and "Stack" not in name]


def test_more_than_one_page(session: boto3.Session, table: str, calls: Calls) -> None:
    store = StatesTable(session.client("dynamodb"), table)
    states = {f"mail-{number}": State(Status.UP, AT.astimezone(UTC), message="x" * 100_000) for number in range(12)}
    for sensor_id, state in states.items():
        store.save(sensor_id, state, None)
    assert states == store.load()
    assert 2 == len(calls.of("Scan"))

"""Every call to AWS with every fault. What does not need the call goes on; the rest is retried, logged, counted, kept.

The wiring is the deployed function's own. Between it and moto are real sockets, where a test breaks one operation.
"""

import logging
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from botocore.config import Config
from moto.dynamodb.models import dynamodb_backends

from pop3_sensor import scan_function
from pop3_sensor.aws.calls import CONFIG
from pop3_sensor.fleet.claims import Claims
from pop3_sensor.model import State, Status
from pop3_sensor.ports import Batch, ServiceError
from tests.aws.fault_proxy import REGION, Call, Fault
from tests.aws.fault_world import World, fault_world

ATTEMPTS = 3
HANG_SECONDS = 0.5


@pytest.fixture(scope="module")
def deployed() -> Iterator[World]:
    """One for all tests: deploying takes longer than scanning."""
    with fault_world() as world:
        yield world


@pytest.fixture
def world(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, deployed: World) -> Iterator[World]:
    """A world after a good tick. For the next one a sensor is new, one is gone, and one mail server fails."""
    for table in dynamodb_backends["123456789012"][REGION].tables.values():
        table.items.clear()
    # Only calls that hang end by this timeout; all others have time enough, also on a busy machine.
    patience = HANG_SECONDS if request.node.callspec.params.get("fault") is hangs else 5
    monkeypatch.setattr(scan_function, "CONFIG", CONFIG.merge(Config(read_timeout=patience)))
    scan_function.monitor.cache_clear()
    world = replace(deployed, at=datetime.now(UTC))
    world.moody.is_sick = False
    world.proxy.recovers()
    world.write("plain")
    world.write("moody", port=world.moody.server_address[1], warning_scans=0)
    world.write("store", result_handling="store")
    world.write("gone")
    for number in range(2):
        world.write(f"other-{number}")
    world.login("login")
    world.tick()
    assert dict.fromkeys([*OLD, "gone"], "Up") == world.states()
    world.login("new")
    world.tables["SensorsTable"].delete_item(Key={"id": "gone"})
    world.moody.is_sick = True
    world.proxy.taken.clear()
    yield world
    world.proxy.release()
    scan_function.monitor.cache_clear()


OLD = ["plain", "moody", "store", "login", "other-0", "other-1"]
ALL = [*OLD, "new"]
AFTERWARDS = {**dict.fromkeys(ALL, "Up"), "moody": "Down"}
TOLD = {("moody", "Up", "Down"): 1, ("new", "", "Up"): 1}
TOLD_WITHOUT_SECRETS = {("moody", "Up", "Down"): 1, ("new", "", "Unknown"): 1}


# ---- the faults ------------------------------------------------------------------------------------------------------

THROTTLED = {
    "SensorsTable.Scan": "ProvisionedThroughputExceededException",
    "StatesTable.Scan": "ProvisionedThroughputExceededException",
    "StatesTable.BatchGetItem": "ProvisionedThroughputExceededException",
    "StatesTable.PutItem": "ProvisionedThroughputExceededException",
    "StatesTable.UpdateItem": "ThrottlingException",
    "StatesTable.DeleteItem": "RequestLimitExceeded",
    "BatchGetSecretValue": "ThrottlingException",
    "PutMetricData": "Throttling",
    "PutObject": "SlowDown",
    "SendMessage": "RequestThrottled",
    "PutEvents": "ThrottlingException",
}


def throttled(call: Call, _: int) -> None:
    call.error(503 if call.operation == "PutObject" else 400, THROTTLED[call.operation])


def throttled_twice(call: Call, attempt: int) -> None:
    throttled(call, attempt) if attempt < ATTEMPTS else call.answer(*call.forward())


def denied(call: Call, _: int) -> None:
    call.error(403 if call.operation == "PutObject" else 400, "AccessDeniedException")


def broken(call: Call, _: int) -> None:
    call.error(500, "InternalFailure")


def reset(call: Call, _: int) -> None:
    call.reset()


def hangs(call: Call, _: int) -> None:
    call.hang()


def garbage(call: Call, _: int) -> None:
    call.answer(200, {}, b"<html>Welcome to our network</html>")


def empty(call: Call, _: int) -> None:
    call.answer(200, {}, b"")


def answer_lost(call: Call, attempt: int) -> None:
    """AWS does what was asked, but its first answer is lost."""
    done = call.forward()
    call.reset() if attempt == 1 else call.answer(*done)


# Each fault, and whether the SDK tries again.
PERSISTENT: dict[str, tuple[Fault, bool]] = {
    "is throttled": (throttled, True),
    "is denied": (denied, False),
    "fails inside": (broken, True),
    "is cut off": (reset, True),
    "hangs": (hangs, True),
}
PASSING: dict[str, tuple[Fault, int]] = {
    "is throttled twice": (throttled_twice, 2),
    "is done, but not told": (answer_lost, 1),
}
SENSELESS: dict[str, Fault] = {"answers with garbage": garbage, "answers with nothing": empty}

# Each operation, and what is missing after a tick in which it failed.
TICK: dict[str, set[str]] = {
    "SensorsTable.Scan": {"new", "deletion"},
    "StatesTable.Scan": set(),
    "StatesTable.PutItem": {"states", "events"},
    "StatesTable.DeleteItem": {"deletion"},
    "BatchGetSecretValue": {"new", "secrets"},
    "PutMetricData": {"metrics"},
    "PutObject": {"files"},
    "SendMessage": set(),
    "PutEvents": {"events"},
}
# The operations whose answers say something: without it an answer does not pass for a good one.
TELLING = ["SensorsTable.Scan", "StatesTable.Scan", "BatchGetSecretValue", "SendMessage", "PutEvents"]


def check_neighbours(world: World, missing: set[str]) -> None:
    """After the tick in which something failed, all that does not depend on it is there."""
    scanned = {one for one in ALL if one != "new" or "new" not in missing}
    scans = world.scans()
    if "metrics" in missing:
        assert {} == scans
    else:
        assert dict.fromkeys(sorted(set(OLD) & scanned), 1) == {one: scans[one] for one in sorted(OLD)}
        assert ("new" in missing) or scans["new"] == 1
    states = world.states()
    if "states" not in missing:
        assert {one: AFTERWARDS[one] for one in scanned} == {one: states[one] for one in scanned}
    assert ("gone" in states) == ("deletion" in missing)
    all_told = TOLD_WITHOUT_SECRETS if "secrets" in missing else TOLD
    told = {event: count for event, count in all_told.items() if event[0] in scanned or "secrets" in missing}
    assert ({} if "events" in missing else told) == world.told()
    assert (0 if "files" in missing else 2) == world.files()


def check_all(world: World, missing: set[str]) -> None:
    """After the tick with the fault and the next one, everything is there exactly once."""
    assert AFTERWARDS == world.states()
    assert (TOLD if "secrets" not in missing else {**TOLD_WITHOUT_SECRETS, ("new", "Unknown", "Up"): 1}) == world.told()
    assert {1} == set(world.points().values())


@pytest.mark.parametrize(("fault", "is_retried"), PERSISTENT.values(), ids=PERSISTENT)
@pytest.mark.parametrize(("operation", "missing"), TICK.items(), ids=TICK)
def test_a_call_that_fails(
    world: World,
    log: list[logging.LogRecord],
    *,
    operation: str,
    missing: set[str],
    fault: Fault,
    is_retried: bool,
) -> None:
    world.proxy.fails(operation, fault)
    world.tick()
    check_neighbours(world, missing)
    asked = world.proxy.asked[operation]
    assert asked
    assert not is_retried or asked % ATTEMPTS == 0
    if (operation, fault) != ("BatchGetSecretValue", denied):  # each sensor says so itself: secret_denied
        assert world.failures
        assert [one for one in log if one.levelno >= logging.ERROR]
    world.proxy.recovers()
    world.tick()
    assert 0 == world.failures
    check_all(world, missing)
    late = {"new"} if "new" in missing and operation == "SensorsTable.Scan" else set()
    assert {one: 2 - (one in late) for one in ALL} == {one: world.scans()[one] for one in ALL}


@pytest.mark.parametrize(("fault", "more"), PASSING.values(), ids=PASSING)
@pytest.mark.parametrize("operation", TICK)
def test_a_call_that_fails_and_then_succeeds(world: World, *, operation: str, fault: Fault, more: int) -> None:
    world.proxy.fails(operation, fault)
    world.tick()
    assert world.proxy.asked[operation] > more
    assert 0 == world.failures
    if fault is answer_lost and operation in ("PutMetricData", "PutEvents", "PutObject"):
        assert {1, 2} >= set(world.points().values()) | set(world.told().values())  # at least once
        assert set(TOLD) == set(world.told())
        assert set(ALL) <= world.scans().keys()
    else:
        check_neighbours(world, set())


@pytest.mark.parametrize("fault", SENSELESS.values(), ids=SENSELESS)
@pytest.mark.parametrize("operation", TELLING)
def test_an_answer_without_sense(world: World, log: list[logging.LogRecord], operation: str, fault: Fault) -> None:
    world.proxy.fails(operation, fault)
    world.tick()
    check_neighbours(world, TICK[operation])
    assert world.failures
    assert [one for one in log if one.levelno >= logging.ERROR]
    world.proxy.recovers()
    world.tick()
    assert 0 == world.failures
    check_all(world, TICK[operation])


@pytest.mark.parametrize("fault", SENSELESS.values(), ids=SENSELESS)
@pytest.mark.parametrize("operation", sorted(TICK.keys() - set(TELLING)))
def test_a_senseless_answer_where_none_is_wanted(world: World, operation: str, fault: Fault) -> None:
    """These answers hold nothing that is needed: with status 200 the call counts as done, and nothing else breaks."""
    world.proxy.fails(operation, fault)
    world.tick()
    check_neighbours(world, {"states"} if operation == "StatesTable.PutItem" else TICK[operation])


# ---- calls that not every tick makes ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("fault", "is_retried"), PERSISTENT.values(), ids=PERSISTENT)
def test_a_claim_that_fails(
    world: World, monkeypatch: pytest.MonkeyPatch, log: list[logging.LogRecord], *, fault: Fault, is_retried: bool
) -> None:
    """The long scan goes on, and so do all others."""
    monkeypatch.setattr(Claims.keep, "__defaults__", (0.01,))
    world.proxy.fails("StatesTable.UpdateItem", fault)

    def let_in(asked: Counter[str]) -> None:
        if asked["StatesTable.UpdateItem"] == (ATTEMPTS if is_retried else 1):
            world.moody.let_in.set()

    world.proxy.on_asked = let_in
    world.moody.let_in.clear()
    world.tick()
    assert world.moody.let_in.is_set()
    check_neighbours(world, set())
    assert world.failures
    assert [one for one in log if one.getMessage().startswith("could not claim a scan: claiming ")]


@pytest.mark.parametrize(("fault", "is_retried"), PERSISTENT.values(), ids=PERSISTENT)
def test_a_batch_whose_states_cannot_be_read(world: World, *, fault: Fault, is_retried: bool) -> None:
    """The batch fails loudly: without its states nobody knows who is claimed or paused. Other batches go on."""
    sensors = {one.id: one for one in world.settings().values()}
    half, other = (Batch(world.at, (sensors[one],), world.at + timedelta(hours=1)) for one in ("plain", "moody"))
    other = replace(other, states={"moody": State(Status.UP, world.at)})
    world.proxy.fails("StatesTable.BatchGetItem", fault)
    with pytest.raises(ServiceError, match="reading the table"):
        world.monitor.take(half, 100)
    assert (ATTEMPTS if is_retried else 1) == world.proxy.asked["StatesTable.BatchGetItem"]
    world.monitor.take(other, 100)
    assert {"moody": 1} == world.scans()


@pytest.mark.parametrize("fault", SENSELESS.values(), ids=SENSELESS)
def test_a_batch_whose_states_are_nonsense(world: World, fault: Fault) -> None:
    sensors = world.settings()
    world.proxy.fails("StatesTable.BatchGetItem", fault)
    with pytest.raises(ServiceError, match="the answer has no Responses"):
        world.monitor.take(Batch(world.at, (sensors["plain"],), world.at + timedelta(hours=1)), 100)
    assert {} == world.scans()


@pytest.mark.parametrize("operation", ["SensorsTable.Scan", "StatesTable.Scan"])
@pytest.mark.parametrize(("fault", "is_retried"), PERSISTENT.values(), ids=PERSISTENT)
def test_a_new_process_without_its_tables_fails_loudly(
    world: World, *, operation: str, fault: Fault, is_retried: bool
) -> None:
    scan_function.monitor.cache_clear()
    world.proxy.fails(operation, fault)
    with pytest.raises(ServiceError, match="reading the table"):
        world.tick()
    assert (ATTEMPTS if is_retried else 1) == world.proxy.asked[operation]

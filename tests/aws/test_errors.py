"""Every failure at AWS becomes one kind of error, which says what was tried."""

from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import BotoCoreError, ClientError, ConnectTimeoutError

from pop3_sensor.aws.calls import CONFIG, translated
from pop3_sensor.aws.results_bucket import ResultsBucket
from pop3_sensor.aws.sensors_table import SensorsTable
from pop3_sensor.aws.states_table import StatesTable
from pop3_sensor.model import State, Status
from pop3_sensor.ports import ServiceError
from tests.samples import AT

STATE = State(Status.UP, AT)
NO_TABLE = "An error occurred (ResourceNotFoundException) when calling the {} operation: Requested resource not found"
NO_BUCKET = "An error occurred (NoSuchBucket) when calling the PutObject operation: The specified bucket does not exist"
# A call to something that does not exist; the text of the error.
CALLS: dict[str, tuple[Callable[[boto3.Session], object], str]] = {
    "reading the sensors": (
        lambda session: SensorsTable(session.client("dynamodb"), "gone").load(),
        f"reading the table gone: {NO_TABLE.format('Scan')}",
    ),
    "reading the states": (
        lambda session: StatesTable(session.client("dynamodb"), "gone").load(),
        f"reading the table gone: {NO_TABLE.format('Scan')}",
    ),
    "writing a state": (
        lambda session: StatesTable(session.client("dynamodb"), "gone").save("mail-1", STATE, None),
        f"writing the state of mail-1 to the table gone: {NO_TABLE.format('PutItem')}",
    ),
    "forgetting a state": (
        lambda session: StatesTable(session.client("dynamodb"), "gone").forget("mail-1"),
        f"deleting the state of mail-1 from the table gone: {NO_TABLE.format('DeleteItem')}",
    ),
    "storing a file": (
        lambda session: ResultsBucket(lambda: session.client("s3"), "gone").put("sensors/a b.txt", ""),
        f"storing sensors/a b.txt in the bucket gone: {NO_BUCKET}",
    ),
}


@pytest.mark.parametrize(("call", "told"), CALLS.values(), ids=CALLS)
def test_what_fails_is_told(session: boto3.Session, call: Callable[[boto3.Session], object], told: str) -> None:
    with pytest.raises(ServiceError) as caught:
        call(session)
    assert told == str(caught.value)
    assert isinstance(caught.value.__cause__, ClientError | BotoCoreError)


def test_a_service_that_does_not_answer() -> None:
    cause = ConnectTimeoutError(endpoint_url="https://dynamodb.example")
    with pytest.raises(ServiceError) as caught, translated("doing this"):
        raise cause
    assert 'doing this: Connect timeout on endpoint URL: "https://dynamodb.example"' == str(caught.value)
    assert cause is caught.value.__cause__


def test_a_fault_of_ours_is_not_dressed_as_one_of_aws() -> None:
    with pytest.raises(KeyError), translated("doing this"):
        raise KeyError("a")


def test_what_succeeds_is_left_alone() -> None:
    with translated("doing this"):
        pass


def test_no_call_may_eat_up_an_invocation() -> None:
    """All attempts at a dead service together take less than a minute."""
    how: dict[str, Any] = vars(CONFIG)
    longest_pauses = 1 + 2 + 4  # standard mode waits at most 2 to the power of the attempt
    attempts = how["retries"]["total_max_attempts"]
    assert attempts * (how["connect_timeout"] + how["read_timeout"]) + longest_pauses <= 60

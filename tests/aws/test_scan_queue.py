"""The scan queue: what one invocation hands to others."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from pop3_sensor.aws.scan_queue import ScanQueue, decode
from pop3_sensor.model import State, Status
from pop3_sensor.ports import Batch, ServiceError
from tests.aws.conftest import Calls
from tests.fakes.deployed import deploy
from tests.samples import AT, SENSOR

LATEST = AT + timedelta(minutes=1)
BATCHES = [
    Batch(AT + timedelta(seconds=30), (SENSOR, replace(SENSOR, id="b")), LATEST, delay_seconds=7),
    Batch(AT, (SENSOR,), LATEST, {"mail-1": State(Status.DOWN, AT, "connect", "refused", "nobody there", 2)}),
]


Urls = tuple[str, str]
GONE = "https://sqs.eu-central-1.amazonaws.com/123456789012/gone"


@pytest.fixture
def urls(session: boto3.Session) -> Urls:
    """Of the usual queue, and of the one for slow scans."""
    names = deploy(session, "ScanQueue", "SlowScanQueue", "ScanDeadLetterQueue")
    return names["ScanQueue"], names["SlowScanQueue"]


def test_each_batch_is_a_message(session: boto3.Session, urls: Urls, calls: Calls) -> None:
    client = session.client("sqs")
    ScanQueue(client, *urls).put(BATCHES)
    sent = calls.of("SendMessage")
    assert [0, 7] == sorted(call["DelaySeconds"] for call in sent)
    assert BATCHES == sorted((decode(call["MessageBody"]) for call in sent), key=lambda one: one.due, reverse=True)


def test_they_come_as_they_were(session: boto3.Session, urls: Urls) -> None:
    client = session.client("sqs")
    at_once = [replace(batch, delay_seconds=0) for batch in BATCHES]
    ScanQueue(client, *urls).put(at_once)
    received: list[Batch] = []
    while messages := client.receive_message(QueueUrl=urls[0], MaxNumberOfMessages=10).get("Messages"):
        received += [decode(message["Body"]) for message in messages]
    assert sorted(at_once, key=lambda one: one.due) == sorted(received, key=lambda one: one.due)


def test_slow_batches_have_a_queue_of_their_own(session: boto3.Session, urls: Urls, calls: Calls) -> None:
    """Also where one is split into several messages."""
    large = tuple(replace(SENSOR, id=f"mail-{number}", trusted_ca="x" * 500_000) for number in range(2))
    slow = Batch(AT, large, LATEST, is_slow=True)
    ScanQueue(session.client("sqs"), *urls).put([*BATCHES, slow])
    sent = dict.fromkeys(urls, 0)
    for call in calls.of("SendMessage"):
        sent[call["QueueUrl"]] += 1
    assert [2, 2] == list(sent.values())


def test_nothing_is_no_call(session: boto3.Session, urls: Urls, calls: Calls) -> None:
    ScanQueue(session.client("sqs"), *urls).put([])
    assert [] == calls.of("SendMessage")


def test_every_message_is_tried_and_each_failure_told(session: boto3.Session, calls: Calls) -> None:
    with pytest.raises(ServiceError) as caught:
        ScanQueue(session.client("sqs"), GONE, GONE).put(BATCHES)
    assert 2 == len(calls.of("SendMessage"))
    second, first = sorted(str(caught.value).split("; "))
    assert BATCHES == list(caught.value.rest)
    assert first.startswith(f"handing 2 sensors on through {GONE}: ")
    assert second.startswith("handing 1 sensors on through ")


def test_a_message_holds_no_more_than_differs_from_the_defaults(
    session: boto3.Session, urls: Urls, calls: Calls
) -> None:
    ScanQueue(session.client("sqs"), *urls).put(BATCHES[1:])
    (call,) = calls.of("SendMessage")
    expected = {"id": "mail-1", "name": "Mail {one}", "host": "mail.example.org", "port": 110}
    assert [expected] == json.loads(call["MessageBody"])["sensors"]


MOST = 1_048_576  # bytes that SQS takes; a DynamoDB item holds 400 KB
LARGE: dict[str, dict[str, Any]] = {
    "an authority": {"trusted_ca": "x" * 5_000},
    "a large authority": {"trusted_ca": "x" * 150_000},
    "many tags": {"tags": tuple(f"tag-{number:04}" for number in range(2_000))},
}


@pytest.mark.parametrize("changes", LARGE.values(), ids=LARGE)
def test_what_is_too_large_for_a_message_goes_in_several(
    session: boto3.Session, urls: Urls, calls: Calls, changes: dict[str, Any]
) -> None:
    sensors = [replace(SENSOR, id=f"mail-{number}", **changes) for number in range(100)]
    ScanQueue(session.client("sqs"), *urls).put([Batch(AT, tuple(sensors), LATEST)])
    bodies = [call["MessageBody"] for call in calls.of("SendMessage")]
    assert max(len(body.encode()) for body in bodies) <= MOST
    assert sensors == [one for body in bodies for one in decode(body).sensors]


def test_a_message_is_measured_in_bytes(session: boto3.Session, urls: Urls, calls: Calls) -> None:
    sensors = [replace(SENSOR, id=f"mail-{number}", tags=("ß" * 8_000,)) for number in range(100)]
    ScanQueue(session.client("sqs"), *urls).put([Batch(AT, tuple(sensors), LATEST)])
    bodies = [call["MessageBody"] for call in calls.of("SendMessage")]
    assert max(len(body.encode()) for body in bodies) <= MOST
    assert sensors == [one for body in bodies for one in decode(body).sensors]


def refused(client: Any, code: str) -> None:
    """The first message is refused; those after it are taken."""
    seen: list[str] = []

    def answer(params: dict[str, Any], **_: Any) -> Any:
        seen.append(params["body"].decode() if isinstance(params["body"], bytes) else params["body"])
        if len(seen) > 1:
            return None
        return AWSResponse("", 400, HTTPHeaders(), None), {
            "Error": {"Code": code, "Message": "no"},
            "ResponseMetadata": {"HTTPStatusCode": 400},
        }

    client.meta.events.register("before-call.sqs.SendMessage", answer)


# The last two would fail again. Their sensors are given back all the same, for somebody must scan them.
CODES = ["ServiceUnavailable", "InvalidParameterValue", "ValidationException"]


@pytest.mark.parametrize("code", CODES)
def test_what_is_not_taken_is_given_back_and_nothing_else(
    session: boto3.Session, urls: Urls, calls: Calls, code: str
) -> None:
    """Also part of a batch that is split into several messages: no sensor is lost, and none is scanned twice."""
    sensors = [replace(SENSOR, id=f"mail-{number}", trusted_ca="x" * 300_000) for number in range(6)]
    client = session.client("sqs")
    refused(client, code)
    with pytest.raises(ServiceError) as caught:
        ScanQueue(client, *urls).put([Batch(AT, tuple(sensors), LATEST)])
    sent = [one for call in calls.of("SendMessage")[1:] for one in decode(call["MessageBody"]).sensors]
    left = [one for batch in caught.value.rest for one in batch.sensors]
    assert left
    assert sent
    assert sensors == [*left, *sent]

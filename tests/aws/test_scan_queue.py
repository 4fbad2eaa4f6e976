"""What one invocation hands on to others."""

import json
from dataclasses import replace
from datetime import timedelta

import boto3
import pytest

from pop3_sensor.aws.scan_queue import ScanQueue
from pop3_sensor.batches import Batch, decode
from pop3_sensor.ports import ServiceError
from tests.aws.conftest import Calls
from tests.fakes.deployed import deploy
from tests.fakes.samples import AT, SENSOR

BATCHES = [Batch(AT + timedelta(seconds=30), (SENSOR, replace(SENSOR, id="b"))), Batch(AT, (SENSOR,))]


@pytest.fixture
def url(session: boto3.Session) -> str:
    return deploy(session, "ScanQueue", "ScanDeadLetterQueue")["ScanQueue"]


def test_each_batch_is_a_message(session: boto3.Session, url: str, calls: Calls) -> None:
    client = session.client("sqs")
    ScanQueue(client, url).put(BATCHES, 7)
    sent = calls.of("SendMessage")
    assert [7, 7] == [call["DelaySeconds"] for call in sent]
    assert BATCHES == [decode(call["MessageBody"]) for call in sent]


def test_they_come_as_they_were(session: boto3.Session, url: str) -> None:
    client = session.client("sqs")
    ScanQueue(client, url).put(BATCHES, 0)
    received: list[Batch] = []
    while messages := client.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        received += [decode(message["Body"]) for message in messages]
    assert sorted(BATCHES, key=lambda one: one.due) == sorted(received, key=lambda one: one.due)


def test_nothing_is_no_call(session: boto3.Session, url: str, calls: Calls) -> None:
    ScanQueue(session.client("sqs"), url).put([], 0)
    assert [] == calls.of("SendMessage")


def test_every_message_is_tried_and_each_failure_told(session: boto3.Session, calls: Calls) -> None:
    with pytest.raises(ServiceError) as caught:
        ScanQueue(session.client("sqs"), "https://sqs.eu-central-1.amazonaws.com/123456789012/gone").put(BATCHES, 0)
    assert 2 == len(calls.of("SendMessage"))
    first, second = str(caught.value).split("; ")
    assert first.startswith("handing 2 sensors on through https://sqs.eu-central-1.amazonaws.com/123456789012/gone: ")
    assert second.startswith("handing 1 sensors on through ")


def test_a_message_holds_no_more_than_differs_from_the_defaults(session: boto3.Session, url: str, calls: Calls) -> None:
    ScanQueue(session.client("sqs"), url).put(BATCHES[1:], 0)
    (call,) = calls.of("SendMessage")
    expected = {"id": "mail-1", "name": "Mail {one}", "host": "mail.example.org", "port": 110}
    assert [expected] == json.loads(call["MessageBody"])["sensors"]

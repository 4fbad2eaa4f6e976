"""Status events on EventBridge: however many there are, all are put; what is refused is told."""

import json
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from pop3_sensor.aws.event_bus import DefaultEventBus
from pop3_sensor.ports import ServiceError, StatusChange
from pop3_sensor.status import report_of_scan
from tests.aws.conftest import Calls
from tests.samples import AT, REFUSED, SENSOR

CHANGE = StatusChange(report_of_scan("mail-1", SENSOR, REFUSED, None).change(), AT)
NAMESPACE = "Mail"


def changes(count: int) -> list[StatusChange]:
    return [StatusChange({"sensor_id": f"mail-{number}"}, AT) for number in range(count)]


def test_an_event_of_the_contract(session: boto3.Session, calls: Calls) -> None:
    DefaultEventBus(session.client("events"), NAMESPACE).put([CHANGE])
    (call,) = calls.of("PutEvents")
    (entry,) = call["Entries"]
    assert {"Source", "DetailType", "Time", "Detail"} == entry.keys()  # no bus is named: the default one
    assert ("pop3-sensor", "Sensor Status Change", AT) == (entry["Source"], entry["DetailType"], entry["Time"])
    assert {
        "sensor_id": "mail-1",
        "name": "Mail {one}",
        "tags": ["mailsensor", "pop3sensor"],
        "priority": 3,
        "host": "mail.example.org",
        "port": 110,
        "status": "Warning",
        "previous_status": "",
        "since": "2026-01-31T12:00:00+00:00",
        "phase": "connect",
        "reason": "refused",
        "message": "nothing accepts connections on this port",
        "response_time_ms": None,
        "namespace": "Mail",
        "text": "Mail {one} (mail-1) is Warning, since 2026-01-31 12:00:00 UTC [mail.example.org:110] "
        "refused: nothing accepts connections on this port",
    } == json.loads(entry["Detail"])


def test_no_character_of_one_event_is_in_its_neighbours_way(session: boto3.Session, calls: Calls) -> None:
    """The detail goes in ASCII, whatever it holds."""
    odd = {"name": 'Say "hi" \\ there 👋', "message": "\ufffe \ud800 شالوم"}
    DefaultEventBus(session.client("events"), NAMESPACE).put([StatusChange(odd, AT), CHANGE])
    (call,) = calls.of("PutEvents")
    assert all(entry["Detail"].isascii() for entry in call["Entries"])
    assert {**odd, "namespace": NAMESPACE} == json.loads(call["Entries"][0]["Detail"])


# How many changes; how many are in each call. PutEvents takes ten at once.
@pytest.mark.parametrize(("count", "batches"), {0: [], 1: [1], 10: [10], 11: [10, 1], 25: [10, 10, 5]}.items())
def test_however_many(session: boto3.Session, calls: Calls, count: int, batches: list[int]) -> None:
    DefaultEventBus(session.client("events"), NAMESPACE).put(changes(count))
    sent = [call["Entries"] for call in calls.of("PutEvents")]
    assert batches == [len(entries) for entries in sent]
    expected = [f"mail-{number}" for number in range(count)]
    assert expected == [json.loads(entry["Detail"])["sensor_id"] for entries in sent for entry in entries]


def test_a_batch_that_fails_stops_no_other(session: boto3.Session) -> None:
    client = session.client("events")
    with Stubber(client) as stub:
        stub.add_client_error("put_events", "ThrottlingException", "slow down")
        stub.add_response("put_events", answer(10))
        refused = {"ErrorCode": "InternalFailure", "ErrorMessage": "try again"}
        stub.add_response("put_events", answer(4) | {"Entries": [*answer(3)["Entries"], refused]})
        with pytest.raises(ServiceError) as caught:
            DefaultEventBus(client, NAMESPACE).put(changes(24))
        stub.assert_no_pending_responses()
    assert (
        "putting 10 events on the default bus: An error occurred (ThrottlingException) when calling the PutEvents "
        "operation: slow down; the event of mail-23: try again"
    ) == str(caught.value)


def test_only_the_event_that_eventbridge_refuses_is_lost() -> None:
    """Ten entries of at most 256 KB together: for one that is too large it refuses all ten."""
    taken: list[str] = []

    class Bus:
        def put_events(self, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803 - as boto3 has it
            ids = [json.loads(entry["Detail"])["sensor_id"] for entry in Entries]
            if "mail-7" in ids:
                raise ClientError(
                    {"Error": {"Code": "ValidationException", "Message": "total size of the entries"}}, "PutEvents"
                )
            taken.extend(ids)
            return answer(len(ids))

    bus: Any = Bus()
    with pytest.raises(ServiceError, match="total size") as caught:
        DefaultEventBus(bus, NAMESPACE).put(changes(10))
    assert [] == list(caught.value.rest)
    assert [f"mail-{number}" for number in range(10) if number != 7] == taken


# The entry's ErrorCode: is the event worth another try.
REFUSALS = {"InternalFailure": True, "ThrottlingException": True, "MalformedDetail": False, "InvalidArgument": False}


@pytest.mark.parametrize(("code", "again"), REFUSALS.items())
def test_a_refused_entry(session: boto3.Session, code: str, *, again: bool) -> None:
    client = session.client("events")
    with Stubber(client) as stub:
        stub.add_response("put_events", {"FailedEntryCount": 1, "Entries": [{"ErrorCode": code, "ErrorMessage": "no"}]})
        with pytest.raises(ServiceError) as caught:
            DefaultEventBus(client, NAMESPACE).put(changes(1))
    assert changes(1)[: int(again)] == list(caught.value.rest)


def answer(count: int) -> dict[str, Any]:
    return {"FailedEntryCount": 0, "Entries": [{"EventId": str(number)} for number in range(count)]}


def test_the_time_is_the_scan_s(session: boto3.Session, calls: Calls) -> None:
    at = datetime(2025, 12, 31, 23, 59, 59, tzinfo=UTC)
    DefaultEventBus(session.client("events"), NAMESPACE).put([StatusChange({"sensor_id": "a"}, at)])
    assert [at] == [entry["Time"] for call in calls.of("PutEvents") for entry in call["Entries"]]

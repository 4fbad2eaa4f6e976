"""CloudWatch metrics."""

from datetime import timedelta
from typing import Any

import boto3
import pytest

from pop3_sensor.aws.metrics import Metrics
from pop3_sensor.model import Channel
from pop3_sensor.model.channels import UNITS
from pop3_sensor.ports import Point, ServiceError
from tests.aws.conftest import Calls
from tests.samples import AT


def put(session: boto3.Session, *points: Point) -> None:
    Metrics(session.client("cloudwatch"), "Mail/Test").put(points)


def read(session: boto3.Session, sensor_id: str, channel: str) -> list[dict[str, Any]]:
    answer = session.client("cloudwatch").get_metric_statistics(
        Namespace="Mail/Test",
        MetricName=channel,
        Dimensions=[{"Name": "SensorId", "Value": sensor_id}],
        StartTime=AT - timedelta(hours=1),
        EndTime=AT + timedelta(hours=1),
        Period=60,
        Statistics=["Sum"],
    )
    return [dict(point) for point in answer["Datapoints"]]


@pytest.mark.parametrize("channel", Channel)
def test_a_value_comes_back(session: boto3.Session, channel: Channel) -> None:
    put(session, Point("mail-1", channel, 12.345, AT), Point("mail-2", channel, 1, AT))
    assert [{"Timestamp": AT, "Sum": 12.345, "Unit": UNITS[channel]}] == read(session, "mail-1", channel)
    assert [{"Timestamp": AT, "Sum": 1, "Unit": UNITS[channel]}] == read(session, "mail-2", channel)


def test_what_is_sent(session: boto3.Session, calls: Calls) -> None:
    at = AT + timedelta(seconds=7, microseconds=8)
    put(session, Point("mail-1", Channel.RESPONSE_TIME, 141.751, at), Point("mail-1", Channel.DOWNTIME, 0, at))
    shared = {"Dimensions": [{"Name": "SensorId", "Value": "mail-1"}], "Timestamp": at}
    expected = {
        "Namespace": "Mail/Test",
        "MetricData": [
            {**shared, "MetricName": "ResponseTime", "Value": 141.751, "Unit": "Milliseconds"},
            {**shared, "MetricName": "Downtime", "Value": 0, "Unit": "Percent"},
        ],
    }
    assert [expected] == calls.of("PutMetricData")


def test_a_negative_value(session: boto3.Session) -> None:
    put(session, Point("mail-1", Channel.CERTIFICATE_DAYS_LEFT, -2.5, AT))
    assert [{"Timestamp": AT, "Sum": -2.5, "Unit": "None"}] == read(session, "mail-1", "CertificateDaysLeft")


# How many points; how many are in each call.
BATCHES = {0: [], 1: [1], 999: [999], 1000: [1000], 1001: [1000, 1], 2500: [1000, 1000, 500]}


@pytest.mark.parametrize(("count", "batches"), BATCHES.items(), ids=map(str, BATCHES))
def test_a_call_takes_a_thousand(session: boto3.Session, calls: Calls, count: int, batches: list[int]) -> None:
    points = [Point(f"mail-{number}", Channel.DOWNTIME, 0, AT) for number in range(count)]
    put(session, *points)
    sent = calls.of("PutMetricData")
    assert batches == [len(call["MetricData"]) for call in sent]
    ids = [datum["Dimensions"][0]["Value"] for call in sent for datum in call["MetricData"]]
    assert [point.sensor_id for point in points] == ids


def test_only_the_value_that_cloudwatch_refuses_is_lost(session: boto3.Session) -> None:
    """It refuses the whole call for it: the neighbours in this call are tried again without it."""
    points = [Point(f"mail-{number}", Channel.DOWNTIME, number, AT) for number in range(3000)]
    points[1500] = points[1500]._replace(value=float("nan"))  # CloudWatch refuses it, and moto too
    with pytest.raises(ServiceError) as caught:
        put(session, *points)
    assert str(caught.value).startswith("putting 1 values into the namespace Mail/Test: An error occurred (")
    assert [] == list(caught.value.rest)
    sums = [
        point["Sum"]
        for number in (0, 999, 1000, 1499, 1500, 1501, 1999, 2000, 2999)
        for point in read(session, f"mail-{number}", "Downtime")
    ]
    assert [0, 999, 1000, 1499, 1501, 1999, 2000, 2999] == sums

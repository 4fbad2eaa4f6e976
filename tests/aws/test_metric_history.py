"""Values read back from CloudWatch. The history in memory, which other tests use, gives the same answers."""

from datetime import timedelta
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from pop3_sensor.aws.metric_history import BATCH, CloudWatchHistory
from pop3_sensor.aws.metrics import Metrics
from pop3_sensor.model import Channel
from pop3_sensor.ports import Point, Span, Value, Wanted
from tests.aws.conftest import Calls
from tests.fakes.history import History
from tests.samples import AT

MINUTE = timedelta(minutes=1)
HOUR = Span(AT - timedelta(hours=1), AT, 60)
TIME = Wanted("mail-1", Channel.RESPONSE_TIME)


def put(session: boto3.Session, *points: Point) -> None:
    Metrics(session.client("cloudwatch"), "Mail/Test").put(points)


def history(session: boto3.Session) -> CloudWatchHistory:
    return CloudWatchHistory(session.client("cloudwatch"), "Mail/Test")


def test_values_come_back_oldest_first(session: boto3.Session) -> None:
    put(session, *(Point("mail-1", Channel.RESPONSE_TIME, number, AT - number * MINUTE) for number in (3, 1, 2)))
    put(session, Point("mail-2", Channel.RESPONSE_TIME, 99, AT - MINUTE))

    def measured(wanted: Wanted, at: Any) -> float | None:
        ago = (AT - at) / MINUTE
        return ago if wanted == TIME and ago <= 3 else None

    wanted = [TIME, Wanted("mail-1", Channel.DOWNTIME)]
    expected = [Value(AT - number * MINUTE, number) for number in (3, 2, 1)]
    found = history(session).read(wanted, HOUR)
    assert {TIME: expected} == found.series == History(measured).read(wanted, HOUR).series
    assert "" == found.complaint


def test_values_of_one_period_are_averaged(session: boto3.Session) -> None:
    ago = (9, 8, 7, 2)
    put(session, *(Point("mail-1", Channel.RESPONSE_TIME, 10 * number, AT - number * MINUTE) for number in ago))
    (values,) = history(session).read([TIME], Span(AT - 10 * MINUTE, AT, 300)).series.values()
    assert [Value(AT - 10 * MINUTE, 80), Value(AT - 5 * MINUTE, 20)] == values


def test_what_is_asked(session: boto3.Session, calls: Calls) -> None:
    history(session).read([TIME, TIME], HOUR)
    (asked,) = calls.of("GetMetricData")
    assert (HOUR.start, HOUR.end) == (asked["StartTime"], asked["EndTime"])
    metric = {
        "Namespace": "Mail/Test",
        "MetricName": "ResponseTime",
        "Dimensions": [{"Name": "SensorId", "Value": "mail-1"}],
    }
    assert [{"Id": "m0", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Average"}}] == asked[
        "MetricDataQueries"
    ]


# How many channels are wanted; how many are in each call.
BATCHES = {0: [], 1: [1], 500: [500], 501: [500, 1], 1200: [500, 500, 200]}


@pytest.mark.parametrize(("count", "batches"), BATCHES.items(), ids=map(str, BATCHES))
def test_a_call_takes_five_hundred(session: boto3.Session, calls: Calls, count: int, batches: list[int]) -> None:
    history(session).read([Wanted(f"mail-{number}", Channel.DOWNTIME) for number in range(count)], HOUR)
    assert batches == [len(call["MetricDataQueries"]) for call in calls.of("GetMetricData")]


def result(number: int, *ago: int, status: str = "Complete") -> dict[str, Any]:
    times = [AT - one * MINUTE for one in ago]
    values = [float(one) for one in ago]
    return {"Id": f"m{number}", "Label": "x", "Timestamps": times, "Values": values, "StatusCode": status}


def answers(session: boto3.Session, *pages: dict[str, Any]) -> CloudWatchHistory:
    """A history whose client gives these pages: moto has no pages, and no failures of single metrics."""
    client = session.client("cloudwatch")
    stubber = Stubber(client)
    for page in pages:
        stubber.add_response("get_metric_data", page)
    stubber.activate()
    return CloudWatchHistory(client, "Mail/Test")


def test_a_series_may_go_on_in_the_next_page(session: boto3.Session) -> None:
    pages: list[dict[str, Any]] = [
        {"MetricDataResults": [result(0, 3, 2, status="PartialData")], "NextToken": "more"},
        {"MetricDataResults": [result(0, 1)]},
    ]
    found = answers(session, *pages).read([TIME], HOUR)
    assert [3, 2, 1] == [value for _, value in found.series[TIME]]
    assert "" == found.complaint


def test_one_metric_that_fails_is_told_and_hides_no_other(session: boto3.Session) -> None:
    other = Wanted("mail-2", Channel.RESPONSE_TIME)
    page = {"MetricDataResults": [result(0, status="InternalError"), result(1, 1)]}
    found = answers(session, page).read([TIME, other], HOUR)
    assert {other: [Value(AT - MINUTE, 1)]} == found.series
    assert "CloudWatch answers InternalError for ResponseTime" == found.complaint


def test_one_call_that_fails_is_told_and_hides_no_other(session: boto3.Session) -> None:
    client = session.client("cloudwatch")
    stubber = Stubber(client)
    stubber.add_client_error("get_metric_data", "Throttling", "Rate exceeded")
    stubber.add_response("get_metric_data", {"MetricDataResults": [result(0, 1)]})
    stubber.activate()
    wanted = [Wanted(f"mail-{number}", Channel.DOWNTIME) for number in range(BATCH + 1)]
    found = CloudWatchHistory(client, "Mail/Test").read(wanted, HOUR)
    assert {wanted[-1]: [Value(AT - MINUTE, 1)]} == found.series
    expected = "reading 500 channels from the namespace Mail/Test: An error occurred (Throttling)"
    assert found.complaint.startswith(expected)

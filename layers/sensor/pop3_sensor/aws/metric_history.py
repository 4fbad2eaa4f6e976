"""Reads the channels' values back from CloudWatch."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC
from typing import TYPE_CHECKING

from ..ports import Readings, ServiceError, Span, Value, Wanted
from .calls import translated

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_cloudwatch.type_defs import MetricDataQueryTypeDef, MetricDataResultTypeDef

BATCH = 500  # GetMetricData takes at most so many queries


class CloudWatchHistory:
    def __init__(self, client: "CloudWatchClient", namespace: str) -> None:
        self._client = client
        self._namespace = namespace

    def read(self, wanted: Collection[Wanted], span: Span) -> Readings:
        """One call for each batch, also after another batch failed."""
        everything = list(dict.fromkeys(wanted))
        series: dict[Wanted, list[Value]] = {}
        complaints: dict[str, None] = {}  # an ordered set
        for start in range(0, len(everything), BATCH):
            batch = everything[start : start + BATCH]
            try:
                found = self._batch(batch, span, complaints)
            except ServiceError as error:
                complaints[str(error)] = None
            else:
                series |= found
        return Readings(series, "; ".join(complaints))

    def _batch(self, batch: Sequence[Wanted], span: Span, complaints: dict[str, None]) -> Mapping[Wanted, list[Value]]:
        series: dict[Wanted, list[Value]] = {}
        with translated(f"reading {len(batch)} channels from the namespace {self._namespace}"):
            pages = self._client.get_paginator("get_metric_data").paginate(
                MetricDataQueries=[self._query(number, one, span.period) for number, one in enumerate(batch)],
                StartTime=span.start,
                EndTime=span.end,
                ScanBy="TimestampAscending",
            )
            for answer in pages:  # a long series may go on on the next page
                for result in answer["MetricDataResults"]:
                    one = batch[int(result["Id"][1:])]
                    values = zip(result["Timestamps"], result["Values"], strict=True)
                    if result["Values"]:
                        series.setdefault(one, []).extend(Value(at.astimezone(UTC), value) for at, value in values)
                    elif _failed(result):
                        complaints[f"CloudWatch answers {result['StatusCode']} for {one.channel}"] = None
        return series

    def _query(self, number: int, one: Wanted, period: int) -> "MetricDataQueryTypeDef":
        return {
            "Id": f"m{number}",
            "MetricStat": {
                "Metric": {
                    "Namespace": self._namespace,
                    "MetricName": one.channel,
                    "Dimensions": [{"Name": "SensorId", "Value": one.sensor_id}],
                },
                "Period": period,
                "Stat": "Average",
            },
        }


def _failed(result: "MetricDataResultTypeDef") -> bool:
    return result["StatusCode"] in ("InternalError", "Forbidden")

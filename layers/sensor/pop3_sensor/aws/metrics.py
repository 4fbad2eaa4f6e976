"""CloudWatch metrics: one series for each sensor and channel."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ..channels import UNITS
from ..ports import Point, ServiceError
from .calls import translated

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_cloudwatch.type_defs import MetricDatumTypeDef

BATCH = 1000  # PutMetricData takes no more, in at most 1 MB; botocore compresses it


class Metrics:
    def __init__(self, client: "CloudWatchClient", namespace: str) -> None:
        self._client = client
        self._namespace = namespace

    def put(self, points: Sequence[Point]) -> None:
        """Every batch is tried, whatever happened to the one before it."""
        failures = []
        for batch in _batches([_datum(point) for point in points]):
            try:
                with translated(f"putting {len(batch)} values into the namespace {self._namespace}"):
                    self._client.put_metric_data(Namespace=self._namespace, MetricData=batch)
            except ServiceError as error:
                failures.append(str(error))
        if failures:
            raise ServiceError("; ".join(failures))


def _datum(point: Point) -> "MetricDatumTypeDef":
    return {
        "MetricName": point.channel,
        "Dimensions": [{"Name": "SensorId", "Value": point.sensor_id}],
        "Timestamp": point.at,
        "Value": point.value,
        "Unit": UNITS[point.channel],
    }


def _batches(data: "list[MetricDatumTypeDef]") -> "Iterator[list[MetricDatumTypeDef]]":
    for start in range(0, len(data), BATCH):
        yield data[start : start + BATCH]

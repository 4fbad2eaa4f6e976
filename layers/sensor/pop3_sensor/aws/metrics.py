"""CloudWatch metrics: one series for each sensor and channel."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..model.channels import UNITS
from ..ports import Point
from .calls import in_parts, translated

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_cloudwatch.type_defs import MetricDatumTypeDef

BATCH = 1000  # PutMetricData takes at most so many, in at most 1 MB; botocore compresses the request


class Metrics:
    def __init__(self, client: "CloudWatchClient", namespace: str) -> None:
        self._client = client
        self._namespace = namespace

    def put(self, points: Sequence[Point]) -> None:
        in_parts(points, BATCH, self._put)

    def _put(self, points: Sequence[Point]) -> None:
        with translated(f"putting {len(points)} values into the namespace {self._namespace}", points):
            self._client.put_metric_data(Namespace=self._namespace, MetricData=list(map(_datum, points)))


def _datum(point: Point) -> "MetricDatumTypeDef":
    return {
        "MetricName": point.channel,
        "Dimensions": [{"Name": "SensorId", "Value": point.sensor_id}],
        "Timestamp": point.at,
        "Value": point.value,
        "Unit": UNITS[point.channel],
    }

"""The function that people call: it scans the sensors that they name, now, and takes nothing else."""

import time
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from pop3_sensor import scan_function
from pop3_sensor.aws.logs import log_package_by
from pop3_sensor.events import read_scan_now

logger = Logger()
metrics = Metrics()
log_package_by(logger)


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    started = time.monotonic()
    try:
        answer = scan_function.scan_now(read_scan_now(event), context.get_remaining_time_in_millis() / 1000)
        for name, count in answer.counts.items():
            metrics.add_metric(name, MetricUnit.Count, count)
    finally:
        metrics.add_metric("Duration", MetricUnit.Milliseconds, (time.monotonic() - started) * 1000)
    return answer.returned

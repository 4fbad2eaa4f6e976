"""The scan function: the schedule calls it every minute, the queue with batches, and a person by hand."""

import time
from typing import Any, assert_never

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from pop3_sensor import scan_function
from pop3_sensor.aws.logs import log_package_by
from pop3_sensor.events import Messages, ScanNow, ScheduledTick, read_request

logger = Logger()
metrics = Metrics()
log_package_by(logger)


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    started = time.monotonic()
    seconds = context.get_remaining_time_in_millis() / 1000
    try:
        match read_request(event):
            case ScheduledTick() as request:
                answer = scan_function.tick(request, seconds)
            case Messages() as request:
                answer = scan_function.take(request, seconds)
            case ScanNow() as request:
                answer = scan_function.scan_now(request, seconds)
            case request:
                assert_never(request)
        for name, count in answer.counts.items():
            metrics.add_metric(name, MetricUnit.Count, count)
    finally:
        metrics.add_metric("Duration", MetricUnit.Milliseconds, (time.monotonic() - started) * 1000)
    return answer.returned

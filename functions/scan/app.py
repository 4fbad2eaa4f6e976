"""The scan function: the schedule calls it every minute, and anybody may call it by hand."""

import logging
import time
from collections.abc import Iterator
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from pop3_sensor.aws.scan_queue import decode
from pop3_sensor.events import Messages, ScanNow, read_request
from pop3_sensor.ports import ServiceError
from pop3_sensor.scan_function import monitor

# Publishing what the last scans saw, and the log's last lines, need this much of the invocation.
RESERVE_SECONDS = 45.0

_MEASURED = {"Sensors": "sensors", "Due": "due", "Scanned": "scanned", "Invalid": "invalid", "HandedOn": "handed_on"}

logger = Logger()
metrics = Metrics()
# The package logs by the standard library: here its records take Powertools' form, and the root logs them not again.
package = logging.getLogger("pop3_sensor")
package.handlers, package.propagate = logger.handlers, False
package.setLevel(logger.log_level)


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    started = time.monotonic()
    request = read_request(event)
    seconds = context.get_remaining_time_in_millis() / 1000 - RESERVE_SECONDS
    try:
        if isinstance(request, ScanNow):
            return {"results": monitor().scan_now(request.sensor_ids, seconds)}
        if isinstance(request, Messages):
            return {"batchItemFailures": [{"itemIdentifier": one} for one in _take(request, seconds)]}
        tick = monitor().tick(request.scheduled_time, seconds)
    finally:
        metrics.add_metric("FailedCalls", MetricUnit.Count, monitor().failures)
        metrics.add_metric("Duration", MetricUnit.Milliseconds, (time.monotonic() - started) * 1000)
    summary = tick.as_json()
    for name, key in _MEASURED.items():
        metrics.add_metric(name, MetricUnit.Count, summary[key])
    logger.info("tick", extra=summary)
    return summary


def _take(messages: Messages, seconds: float) -> Iterator[str]:
    """The ids of the messages that failed: only these come again."""
    for message in messages.records:
        try:
            tick = monitor().take(decode(message.body), seconds)
        except (ServiceError, ValueError):
            logger.exception("a batch of sensors failed")
            yield message.message_id
        else:
            metrics.add_metric("ExpiredBatches", MetricUnit.Count, int(tick is None))
            metrics.add_metric("Scanned", MetricUnit.Count, tick.scanned if tick else 0)

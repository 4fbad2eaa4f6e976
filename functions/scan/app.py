"""The scan function: the schedule calls it every minute, and anybody may call it by hand."""

import logging
import time
from collections.abc import Iterator
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from pop3_sensor.batches import decode
from pop3_sensor.bootstrap import monitor
from pop3_sensor.ports import ServiceError
from pop3_sensor.requests import Messages, ScanNow, read_request

# Publishing what the last scans saw, and the log's last lines, need this much of the invocation.
RESERVE_SECONDS = 30.0

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
    if isinstance(request, ScanNow):
        results = monitor().scan_now(request.sensor_ids, seconds)
        metrics.add_metric("FailedPublishes", MetricUnit.Count, monitor().failed_publishes)
        return {"results": results}
    if isinstance(request, Messages):
        return {"batchItemFailures": [{"itemIdentifier": one} for one in _take(request, seconds)]}
    tick = monitor().tick(request.scheduled_time, seconds)
    summary = tick.as_json()
    for name in ("sensors", "due", "scanned", "invalid"):
        metrics.add_metric(name.title(), MetricUnit.Count, summary[name])
    metrics.add_metric("FailedPublishes", MetricUnit.Count, monitor().failed_publishes)
    metrics.add_metric("Duration", MetricUnit.Milliseconds, (time.monotonic() - started) * 1000)
    logger.info("tick", extra=summary)
    return summary


def _take(messages: Messages, seconds: float) -> Iterator[str]:
    """The ids of the messages that failed: only these come again."""
    for message in messages.records:
        try:
            monitor().take(decode(message.body), seconds)
        except (ServiceError, ValueError):
            logger.exception("a batch of sensors failed")
            yield message.message_id
        metrics.add_metric("FailedPublishes", MetricUnit.Count, monitor().failed_publishes)

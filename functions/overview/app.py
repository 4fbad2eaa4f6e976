"""The overview function: a CloudWatch dashboard calls it for its custom widget, with the reader's own rights."""

import logging
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from pop3_sensor.overview_function import overview

logger = Logger()
# The package logs by the standard library: here its records take Powertools' form, and the root logs them not again.
package = logging.getLogger("pop3_sensor")
package.handlers, package.propagate = logger.handlers, False
package.setLevel(logger.log_level)


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> str:
    return overview().answer(event, context.invoked_function_arn)

"""The overview function: a CloudWatch dashboard calls it for its custom widget, with the reader's own rights."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from pop3_sensor.aws.logs import log_package_by
from pop3_sensor.overview_function import overview

logger = Logger()
log_package_by(logger)


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> str:
    return overview().answer(event, context.invoked_function_arn)

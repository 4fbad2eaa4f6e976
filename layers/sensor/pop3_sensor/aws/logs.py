"""The package logs by the standard library; in a function its records take the form of Powertools."""

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger


def log_package_by(logger: "Logger") -> None:
    package = logging.getLogger("pop3_sensor")
    package.handlers = logger.handlers
    package.propagate = False  # Lambda has a handler at the root, which would log each record once more
    package.setLevel(logger.log_level)

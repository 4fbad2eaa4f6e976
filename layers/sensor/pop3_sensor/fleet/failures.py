"""The calls to services that failed in one invocation."""

import logging

from ..model import ScanError
from ..ports import ServiceError

logger = logging.getLogger(__name__)


class Failures(list[str]):
    """Each is logged and counted, and stops no other call. Made anew for each invocation."""

    def note(self, what: str, error: Exception) -> None:
        """`what` could not be done, or what is done instead. Only a fault of our own is logged with its trace."""
        told = isinstance(error, ServiceError | ScanError)  # their texts say it all
        self.append(str(error) if told else repr(error))
        logger.error("%s: %s", what, error, exc_info=None if told else error)

"""What every call to AWS has in common: bounded waiting, the SDK's retries, one error."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from ..ports import ServiceError

# boto3 waits 60 s for a connection and again for an answer; an invocation has no such time for one call.
CONFIG = Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 3})


@contextmanager
def translated(action: str) -> Iterator[None]:
    """`action` names the call and what it is about, for the person who reads the log."""
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        raise ServiceError(f"{action}: {error}") from error

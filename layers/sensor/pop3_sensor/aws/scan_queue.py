"""The queue through which one invocation hands sensors on to others."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..batches import Batch, encode
from ..ports import ServiceError
from .calls import translated

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


class ScanQueue:
    def __init__(self, client: "SQSClient", url: str) -> None:
        self._client = client
        self._url = url

    def put(self, batches: Sequence[Batch], delay_seconds: int) -> None:
        """One call for each: SQS charges by the size, and every message is tried whatever became of the others."""
        failures = []
        for batch in batches:
            try:
                with translated(f"handing {len(batch.sensors)} sensors on through {self._url}"):
                    self._client.send_message(QueueUrl=self._url, MessageBody=encode(batch), DelaySeconds=delay_seconds)
            except ServiceError as error:
                failures.append(str(error))
        if failures:
            raise ServiceError("; ".join(failures))

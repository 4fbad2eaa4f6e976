"""The scan queue, through which one invocation hands sensors to others, and the format of its messages."""

import functools
import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

from pydantic import TypeAdapter, ValidationError

from ..ports import Batch, ServiceError
from .calls import in_parts, part, translated

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

_NOT_SENT = {"delay_seconds", "is_slow"}
MAX_BYTES = 900_000  # SQS takes a message of at most 1 MiB
AT_ONCE = 8  # threads: a large fleet has a thousand messages, and each call takes some ten milliseconds


class ScanQueue:
    """`slow_url`: of the queue for scans that may all last, which have invocations of their own."""

    def __init__(self, client: "SQSClient", url: str, slow_url: str) -> None:
        self._client = client
        self._url = url
        self._slow_url = slow_url

    def put(self, batches: Sequence[Batch]) -> None:
        """One call for each message: SQS charges by size, so fewer calls would not cost less."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            in_parts(batches, AT_ONCE, lambda some: _raise(list(pool.map(self._put, some))))

    def _put(self, batch: Batch) -> ServiceError | None:
        failures: list[str] = []
        rest: list[Batch] = []
        url = self._slow_url if batch.is_slow else self._url
        for body, some in _messages(batch):
            try:
                with translated(f"handing {len(some.sensors)} sensors on through {url}"):
                    answer = self._client.send_message(QueueUrl=url, MessageBody=body, DelaySeconds=some.delay_seconds)
                    part(answer, "MessageId")
            except ServiceError as error:
                failures.append(str(error))
                rest.append(some)  # after any error, also a lasting one: somebody has to scan these sensors
        return ServiceError("; ".join(failures), rest) if failures else None


def _raise(outcomes: Sequence[ServiceError | None]) -> None:
    if failures := [outcome for outcome in outcomes if outcome]:
        raise ServiceError("; ".join(map(str, failures)), [batch for failure in failures for batch in failure.rest])


def _messages(batch: Batch) -> Iterator[tuple[str, Batch]]:
    """The batch as one message, or its halves if it is too large: each sensor may bring authorities of its own."""
    body = encode(batch)
    half = len(batch.sensors) // 2
    if len(body) <= MAX_BYTES or not half:
        yield body, batch
    else:
        yield from _messages(replace(batch, sensors=batch.sensors[:half]))
        yield from _messages(replace(batch, sensors=batch.sensors[half:]))


def encode(batch: Batch) -> str:
    """In ASCII: SQS refuses a whole message for one character that XML does not know, such as U+FFFE."""
    plain = _adapter().dump_python(batch, mode="json", exclude_defaults=True, exclude=_NOT_SENT)
    return json.dumps(plain, separators=(",", ":"))


def decode(message: str) -> Batch:
    """Raises ValueError for a message that `encode` did not write."""
    try:
        return _adapter().validate_json(message)
    except ValidationError as error:
        raise ValueError(
            f"this message is no batch of sensors: {error.errors(include_input=False)[0]['msg']}"
        ) from None


@functools.cache
def _adapter() -> TypeAdapter[Batch]:
    return TypeAdapter(Batch)

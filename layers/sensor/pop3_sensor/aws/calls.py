"""What every call to AWS has in common: bounded waiting, the SDK's retries, one error."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from ..ports import Patience, ServiceError

T = TypeVar("T")

# boto3 waits 60 s for a connection and again for an answer; an invocation has no such time for one call.
CONFIG = Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 3})


# Nothing that is asked again will be taken.
_FOR_EVER = frozenset(
    {"ValidationError", "ValidationException", "InvalidParameterValue", "InvalidParameterCombination"}
)


class Senseless(BotoCoreError):
    """Status 200 above something that is no answer: the page of a proxy on the way, or half a page."""

    fmt = "the answer has no {name}"


def part(answer: Mapping[str, Any], name: str) -> Any:
    """What every answer of this kind has: nothing is no empty list, or an outage would delete every state."""
    try:
        return answer[name]
    except KeyError:
        raise Senseless(name=name) from None


@contextmanager
def translated(action: str, things: Sequence[Any] = ()) -> Iterator[None]:
    """`action` names the call and what it is about, for the person who reads the log; `things`: what it hands over."""
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        code = error.response["Error"]["Code"] if isinstance(error, ClientError) else ""
        raise ServiceError(f"{action}: {error}", () if code in _FOR_EVER else things) from error


def in_parts(things: Sequence[T], size: int, call: Callable[[Sequence[T]], None]) -> None:
    """Each part is tried, whatever became of the one before it. Raises ServiceError with what is left of all."""
    failures: list[str] = []
    rest: list[T] = []
    patience = Patience()
    for start in range(0, len(things), size):
        part = things[start : start + size]
        if patience.is_over:
            rest += part
            continue
        try:
            call(part)
        except ServiceError as error:
            patience.fail()
            failures.append(str(error))
            rest += error.rest
    if failures:
        raise ServiceError("; ".join(failures), rest)

"""What every call to AWS has in common: bounded waiting, the SDK's retries, one error."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from ..ports import Patience, ServiceError

T = TypeVar("T")

# boto3 would wait 60 s for a connection and 60 s for an answer: too much of an invocation for a single call.
CONFIG = Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 3})


# After these errors the same call would fail again: what it handed over is not kept for another try.
_LASTING = frozenset({"ValidationError", "ValidationException", "InvalidParameterValue", "InvalidParameterCombination"})


class Senseless(BotoCoreError):
    """The status is 200, but the body is no answer: the page of a proxy, or an answer cut short."""

    fmt = "the answer has no {name}"


def part(answer: Mapping[str, Any], name: str) -> Any:
    """The part `name`, which every whole answer has.

    A missing part must not pass for an empty list: a Sensors table that seems empty would delete every state.
    """
    try:
        return answer[name]
    except KeyError:
        raise Senseless(name=name) from None


@contextmanager
def translated(action: str, things: Sequence[Any] = ()) -> Iterator[None]:
    """Turns boto3's errors into ServiceError. `action`: what the log says was tried; `things`: what is handed over."""
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        code = error.response["Error"]["Code"] if isinstance(error, ClientError) else ""
        lasting = code in _LASTING
        raise ServiceError(f"{action}: {error}", () if lasting else things, is_lasting=lasting) from error


def in_parts(things: Sequence[T], size: int, call: Callable[[Sequence[T]], None]) -> None:
    """One call for each part, also after another part failed, until patience is over.

    A service refuses a whole call for one thing that it cannot take. So a refused part is halved until the thing at
    fault stands alone: only that one is lost. Raises ServiceError with all that was not taken.
    """
    failures: list[str] = []
    rest: list[T] = []
    patience = Patience()
    parts = [things[start : start + size] for start in range(0, len(things), size)]
    while parts:
        part = parts.pop(0)
        if patience.is_over:
            rest += part
            continue
        try:
            call(part)
        except ServiceError as error:
            if error.is_lasting and len(part) > 1:
                half = len(part) // 2
                parts[:0] = [part[:half], part[half:]]
                continue
            patience.fail()
            failures.append(str(error))
            rest += error.rest
    if failures:
        raise ServiceError("; ".join(failures), rest)

"""What is wrong with an item, in words for the person who wrote it."""

import difflib
from dataclasses import dataclass
from typing import get_args

from pydantic_core import ErrorDetails

from ..model.settings import Kind
from .item import Item

# Their values are never shown: a password that was pasted into the wrong field must not reach a log.
_NEVER_SHOWN = frozenset({"username", "secret_id", "secret_key", "trusted_ca", "comment"})


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: the attribute, what it holds, what is allowed."""

    attribute: str
    text: str

    def __str__(self) -> str:
        return f"{self.attribute}: {self.text}"


class InvalidSettings(Exception):
    """An item that cannot be used as written, with every problem that was found; `kind` as far as it is known."""

    def __init__(self, *problems: Problem, kind: object = "sensor") -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = problems
        self.kind = kind

    @property
    def is_branch(self) -> bool:
        return self.kind in get_args(Kind) and self.kind != "sensor"


def allowed(attribute: str) -> str:
    return f"allowed: {Item.model_fields[attribute].description}"


def problem_of(detail: ErrorDetails) -> Problem:
    attribute, *inside = detail["loc"]
    path = str(attribute)[:64] + "".join(f"[{step}]" if isinstance(step, int) else f".{step[:64]}" for step in inside)
    if attribute not in Item.model_fields:
        close = difflib.get_close_matches(str(attribute), Item.model_fields, n=1)
        return Problem(path, f"there is no such attribute{f'; did you mean {close[0]}?' if close else ''}")
    match detail["type"]:
        case "extra_forbidden":
            what = "is not known here"
        case "missing":
            what = "is missing"
        case "value_error":
            what = str(detail["ctx"]["error"])
        case _:
            what = f"holds {_shown(str(attribute), detail['input'])}"
    return Problem(path, f"{what}; {allowed(str(attribute))}")


def _shown(attribute: str, value: object) -> str:
    if attribute in _NEVER_SHOWN:
        return "something else"
    match value:
        case str():
            return f"the text {value[:100]!r}"
        case bool():
            return f"the boolean {str(value).lower()}"
        case int() | float():
            return f"{value}"
        case _:
            return f"a {type(value).__name__}"

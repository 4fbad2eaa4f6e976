"""What is wrong with an item, in words for the person who wrote it."""

import difflib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from pydantic_core import ErrorDetails

from ..model.settings import Identity, Kind
from ..model.text import MAX_MESSAGE, printable
from .item import Item
from .words import MOST_NAMED, held

# Their values are never shown: a password that was pasted into the wrong field must not reach a log.
_NEVER_SHOWN = frozenset({"username", "secret_id", "secret_key", "trusted_ca", "comment"})
_PASSWORD = re.compile(r"pas+w|passphrase|^pass$|^pwd?$|kennwort", re.IGNORECASE)
_MOST_TOLD = 5  # of one attribute
_MAX_NAME = 64  # characters of an attribute's name


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: where (`limits.LoginTime.upper_error`), what stands there, what is allowed."""

    attribute: str
    text: str

    def __str__(self) -> str:
        return f"{self.attribute}: {self.text}" if self.attribute else self.text

    @property
    def outermost(self) -> str:
        """The attribute of the item."""
        return re.split(r"[.\[]", self.attribute, maxsplit=1)[0]


class InvalidSettings(Exception):
    """An item that cannot be used as written, with every problem that was found.

    `item`: all of it that is good. `identity`: likewise, with what comes from above where that is known.
    """

    def __init__(self, item: Item, *problems: Problem, identity: Identity | None = None) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.item = item
        self.problems = problems
        self.identity = identity or Identity(name=item.id)

    @property
    def kind(self) -> Kind:
        return self.item.kind

    @property
    def is_branch(self) -> bool:
        return self.item.is_branch

    @property
    def attributes(self) -> list[str]:
        return list(dict.fromkeys(problem.outermost for problem in self.problems if problem.attribute))

    @property
    def line(self) -> str:
        """For a pager. Where not everything fits on it, every attribute is named first."""
        whole = str(self)
        if len(whole) > MAX_MESSAGE and len(self.attributes) > 1:
            whole = f"{_as_many_as_fit(self.attributes)} are wrong: {whole}"
        return whole if len(whole) <= MAX_MESSAGE else f"{whole[: MAX_MESSAGE - 1]}…"


def _as_many_as_fit(names: Sequence[str]) -> str:
    shown = list(names)
    while len(", ".join(shown)) > MAX_MESSAGE - len(", and 99 more are wrong"):
        shown.pop()
    left_out = len(names) - len(shown)
    return f"{', '.join(shown)}{f', and {left_out} more' if left_out else ''}"


def allowed(attribute: str) -> str:
    return f"allowed: {Item.model_fields[attribute].description}"


def unknown_attributes(names: Sequence[object]) -> Iterator[Problem]:
    """The first ten are named, and looked at."""
    for name in names[:MOST_NAMED]:
        text = str(name)
        yield Problem(_shown(text), f"there is no such attribute{_advice(text)}")
    if len(names) > MOST_NAMED:
        yield Problem("", f"and {len(names) - MOST_NAMED} more attributes that do not exist")


def _shown(name: str) -> str:
    """With a space at its end, which may be all that is wrong with it."""
    shown = printable(name, _MAX_NAME)
    return name if len(name) <= _MAX_NAME and shown == name.strip() else shown


def _advice(name: str) -> str:
    if _PASSWORD.search(name[:_MAX_NAME]):
        return (
            "; a password belongs in Secrets Manager, and secret_id names the secret: remove it here, and change it, "
            "for it has been shown"
        )
    close = difflib.get_close_matches(name[:_MAX_NAME], Item.model_fields, n=1)
    return f"; did you mean {close[0]}?" if close else ""


def problems_of(details: Iterable[ErrorDetails]) -> list[Problem]:
    """One for each place; of a list the first entry at fault stands for all of them."""
    found: dict[str, dict[tuple[str, ...], Problem]] = {}
    for detail in details:
        attribute, *inside = detail["loc"]
        of_key = inside[-1:] == ["[key]"]  # pydantic's word: the key itself is at fault
        steps = inside[:-2] if of_key else inside
        told = found.setdefault(str(attribute), {})
        place = tuple(step for step in steps if isinstance(step, str))
        if place not in told and len(told) < _MOST_TOLD:
            told[place] = _problem(str(attribute), steps, detail)
    return [problem for told in found.values() for problem in told.values()]


def _problem(attribute: str, steps: Sequence[int | str], detail: ErrorDetails) -> Problem:
    path = "".join(f"[{step}]" if isinstance(step, int) else f".{_shown(step)}" for step in steps)
    match detail["type"]:
        case "extra_forbidden":
            what = "is not known here"
        case "missing":
            what = "is missing"
        case "too_long":
            what = f"has {len(detail['input'])} entries"
        case "value_error":
            what = str(detail["ctx"]["error"])
        case _ if attribute in _NEVER_SHOWN:
            what = "holds something else"
        case _:
            what = f"holds {held(detail['input'])}"
    return Problem(f"{attribute}{path}", f"{what}; {allowed(attribute)}")

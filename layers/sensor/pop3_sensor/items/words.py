"""How a problem speaks of what somebody wrote: in DynamoDB's words, on one line, and never longer than that."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet

from ..model.text import printable

MOST_NAMED = 10
_MAX_QUOTED = 100
_MOST_DIGITS = 38  # of a number in DynamoDB
_KINDS: tuple[tuple[type, str], ...] = (
    (type(None), "NULL"),
    (bytes, "binary data"),
    (Mapping, "a map"),
    (AbstractSet, "a set"),
    (Sequence, "a list"),
)


def quoted(text: str) -> str:
    """What no terminal should be shown is spelled out, control characters and half characters too."""
    return printable(repr(text[:_MAX_QUOTED]), _MAX_QUOTED + 20)


def held(value: object) -> str:
    """A value by its type, and as it is where it is short."""
    if isinstance(value, str):
        return f"the text {quoted(value)}"
    if isinstance(value, bool):
        return f"the boolean {str(value).lower()}"
    if isinstance(value, int | float):
        return "a very large number" if abs(value) >= 10**_MOST_DIGITS else f"{value}"
    return next((words for kind, words in _KINDS if isinstance(value, kind)), "something else")


def listed(names: Sequence[str]) -> str:
    """The first ten, and how many there are."""
    if len(names) <= MOST_NAMED:
        return ", ".join(names)
    return f"{', '.join(names[:MOST_NAMED])}, … ({len(names)} in all)"


def round_trip(names: Sequence[str]) -> str:
    """A circle, from the first of its names to that name again."""
    first = names.index(min(names))
    turned = [*names[first:], *names[:first]]
    shown = turned if len(names) <= MOST_NAMED else [*turned[:MOST_NAMED], f"… ({len(names)} in all)"]
    return " > ".join([*shown, turned[0]])

"""Limits of a channel. A value strictly above an upper or below a lower limit is Warning or Down at once."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from .channels import UNITS, Channel
from .vocabulary import Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    upper_error: float | None = None
    upper_warning: float | None = None
    lower_warning: float | None = None
    lower_error: float | None = None
    error_message: str = ""
    warning_message: str = ""


class Violation(NamedTuple):
    status: Status
    message: str


def violations(limits: Mapping[Channel, Limits], values: Mapping[Channel, float]) -> Iterator[Violation]:
    """At most one for each channel: the violated error limit, otherwise the violated warning limit."""
    for channel, limit in limits.items():
        if channel in values:
            violation = _error(channel, limit, values[channel]) or _warning(channel, limit, values[channel])
            if violation:
                yield violation


def _error(channel: Channel, limit: Limits, value: float) -> Violation | None:
    text = _outside(channel, value, "error", limit.upper_error, limit.lower_error)
    return Violation(Status.DOWN, _ending(text, limit.error_message)) if text else None


def _warning(channel: Channel, limit: Limits, value: float) -> Violation | None:
    text = _outside(channel, value, "warning", limit.upper_warning, limit.lower_warning)
    return Violation(Status.WARNING, _ending(text, limit.warning_message)) if text else None


def _outside(channel: Channel, value: float, kind: str, upper: float | None, lower: float | None) -> str:
    unit = "" if UNITS[channel] == "None" else f" {UNITS[channel]}"
    if upper is not None and value > upper:
        return f"{channel} {_exact(value)}{unit} is above the upper {kind} limit of {_exact(upper)}"
    if lower is not None and value < lower:
        return f"{channel} {_exact(value)}{unit} is below the lower {kind} limit of {_exact(lower)}"
    return ""


def _exact(number: float) -> str:
    return str(int(number)) if number == int(number) else repr(float(number))


def _ending(text: str, own: str) -> str:
    return f"{text}; {own}" if own else text

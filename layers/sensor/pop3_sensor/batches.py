"""Sensors that are handed on to another invocation, as a message: with their settings in force, never with a secret."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import TypeAdapter, ValidationError

from .settings import Settings
from .verdict import State


@dataclass(frozen=True, slots=True)
class Batch:
    """`due`: the tick. `states`: of these sensors and their masters, where nobody can have changed them meanwhile.

    `delay_seconds`: how long the message rests in the queue; not part of it.
    """

    due: datetime
    sensors: tuple[Settings, ...]
    states: Mapping[str, State] = field(default_factory=dict)
    delay_seconds: int = field(default=0, compare=False)


def encode(batch: Batch) -> str:
    return _adapter().dump_json(batch, exclude_defaults=True, exclude={"delay_seconds"}).decode()


def decode(message: str) -> Batch:
    """Raises ValueError for what `encode` did not write."""
    try:
        return _adapter().validate_json(message)
    except ValidationError as error:
        raise ValueError(
            f"this message is no batch of sensors: {error.errors(include_input=False)[0]['msg']}"
        ) from None


@functools.cache
def _adapter() -> TypeAdapter[Batch]:
    return TypeAdapter(Batch)

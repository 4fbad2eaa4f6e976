"""Sensors that are handed on to another invocation, as a message: with their settings in force, never with a secret."""

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import TypeAdapter, ValidationError

from .settings import Settings, as_json

MAX_SENSORS = 100
MAX_BYTES = 200_000  # of a message; SQS takes 1 MiB


@dataclass(frozen=True, slots=True)
class Batch:
    """`due`: when these are to be scanned."""

    due: datetime
    sensors: tuple[Settings, ...]


def encode(batch: Batch) -> str:
    return _adapter().dump_json(batch, exclude_defaults=True).decode()


def decode(message: str) -> Batch:
    """Raises ValueError for what `encode` did not write."""
    try:
        return _adapter().validate_json(message)
    except ValidationError as error:
        raise ValueError(
            f"this message is no batch of sensors: {error.errors(include_input=False)[0]['msg']}"
        ) from None


def batches(due: datetime, sensors: Sequence[Settings]) -> Iterator[Batch]:
    """Bounded in number and size; what does not fit with others goes alone."""
    batch: list[Settings] = []
    size = 0
    for settings in sensors:
        weight = len(as_json(settings))
        if batch and (len(batch) >= MAX_SENSORS or size + weight > MAX_BYTES):
            yield Batch(due, tuple(batch))
            batch, size = [], 0
        batch.append(settings)
        size += weight
    if batch:
        yield Batch(due, tuple(batch))


@functools.cache
def _adapter() -> TypeAdapter[Batch]:
    return TypeAdapter(Batch)

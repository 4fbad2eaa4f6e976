"""The events that the functions which scan understand."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

# A number would pass for seconds since 1970, and calculating with times ends in the year 9999.
FIRST_YEAR, LAST_YEAR = 2000, 2100


def _filled_in(scheduled_time: object) -> object:
    """Emulators of EventBridge Scheduler do not fill in the placeholder for the time: then the tick is now."""
    return datetime.now(UTC) if scheduled_time == "<aws.scheduler.scheduled-time>" else scheduled_time


def _sensible(moment: datetime) -> datetime:
    if not FIRST_YEAR <= moment.year < LAST_YEAR:
        raise ValueError("out of range")
    return moment


class ScheduledTick(BaseModel):
    """The schedule's own event (`events/schedule.json`)."""

    model_config = ConfigDict(frozen=True)

    scheduled_time: Annotated[AwareDatetime, BeforeValidator(_filled_in), AfterValidator(_sensible)]


class ScanNow(BaseModel):
    """Somebody asks for just these sensors, due or not (`events/scan_now.json`)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sensor_ids: Annotated[list[str], Field(min_length=1)]


class Message(BaseModel):
    """One message of the scan queue, as Lambda hands it over."""

    model_config = ConfigDict(frozen=True)

    message_id: str = Field(alias="messageId")
    body: str


class Messages(BaseModel):
    model_config = ConfigDict(frozen=True)

    records: list[Message] = Field(alias="Records")


SCAN_NOW = '{"sensor_ids": ["a", "b"]}'
ALLOWED = f'{{"scheduled_time": "2026-01-31T12:00:00Z"}} or {SCAN_NOW}'


def read_request(event: Mapping[str, Any]) -> ScheduledTick | ScanNow | Messages:
    """Raises ValueError that says what is wrong and what is allowed."""
    if not isinstance(event, Mapping):
        raise _not_understood("it is no map", ALLOWED)
    try:
        if "Records" in event:
            return Messages.model_validate(event)
        return ScanNow.model_validate(event) if "sensor_ids" in event else ScheduledTick.model_validate(event)
    except ValidationError as error:
        raise _not_understood(_wrong(error.errors()[0]), ALLOWED) from None


def read_scan_now(event: Mapping[str, Any]) -> ScanNow:
    """For people, who may ask for nothing else: batches and ticks are believed. Raises ValueError as `read_request`."""
    if not isinstance(event, Mapping):
        raise _not_understood("it is no map", SCAN_NOW)
    try:
        return ScanNow.model_validate(event)
    except ValidationError as error:
        raise _not_understood(_wrong(error.errors()[0]), SCAN_NOW) from None


def _not_understood(wrong: str, allowed: str) -> ValueError:
    return ValueError(f"this event is not understood: {wrong}; allowed: {allowed}")


def _wrong(detail: ErrorDetails) -> str:
    name = str(detail["loc"][0])
    match detail["type"]:
        case "extra_forbidden":
            return f"{name[:64]} is not known beside sensor_ids"
        case "missing" if name == "scheduled_time":
            return "it has neither scheduled_time nor sensor_ids"
        case _:
            return _MUST[name]


_MUST = {
    "scheduled_time": f"scheduled_time must be an ISO 8601 time with an offset, from {FIRST_YEAR} to {LAST_YEAR - 1}",
    "sensor_ids": "sensor_ids must be a list of one or more ids",
    "Records": "Records must be messages of the scan queue",
}

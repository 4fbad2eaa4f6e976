"""The events that the scan function understands."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError


def _filled_in(scheduled_time: object) -> object:
    """Emulators of EventBridge Scheduler do not fill in the placeholder for the time: then the tick is now."""
    return datetime.now(UTC) if scheduled_time == "<aws.scheduler.scheduled-time>" else scheduled_time


class ScheduledTick(BaseModel):
    """The schedule's own event (`events/schedule.json`)."""

    model_config = ConfigDict(frozen=True)

    scheduled_time: Annotated[AwareDatetime, BeforeValidator(_filled_in)]


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


def read_request(event: Mapping[str, Any]) -> ScheduledTick | ScanNow | Messages:
    """Raises ValueError that says what is allowed."""
    try:
        if "Records" in event:
            return Messages.model_validate(event)
        return ScanNow.model_validate(event) if "sensor_ids" in event else ScheduledTick.model_validate(event)
    except ValidationError as error:
        allowed = '{"scheduled_time": "2026-01-31T12:00:00Z"} or {"sensor_ids": ["a", "b"]}'
        raise ValueError(f"this event is not understood; allowed: {allowed}; {error.errors()[0]['msg']}") from None

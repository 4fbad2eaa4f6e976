"""What the widget is asked for: by CloudWatch's event, the author's parameters, the reader's form and clicks."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..model.text import printable
from .filters import Filter, statuses_of, tags_of

USUAL_HOURS = 3  # shown if the event has no time range
NARROWEST, WIDEST = 320, 1600  # pixels
NARROW = 640

_MAX_FIELD = 200


class _Event(BaseModel):
    """Every part may be missing: people also call the function by hand."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class _Moments(_Event):
    start: float  # milliseconds since 1970
    end: float


class _TimeRange(_Moments):
    zoom: _Moments | None = None


class _Zone(_Event):
    offset: str = Field("+00:00", alias="offsetISO", pattern=r"^([+-]\d\d:\d\d|Z)$")


class _Forms(_Event):
    all: dict[str, Any] = Field(default_factory=dict)


class _Context(_Event):
    theme: str = "light"
    width: float = 1000
    timezone: _Zone = _Zone()
    time_range: _TimeRange | None = Field(None, alias="timeRange")
    forms: _Forms = _Forms()
    params: dict[str, Any] = Field(default_factory=dict)


class _Call(_Event):
    describe: bool = False
    go: dict[str, Any] = Field(default_factory=dict)  # what was clicked; it wins over the form
    context: _Context = Field(_Context(), alias="widgetContext")


@dataclass(frozen=True, slots=True)
class Request:
    """`pinned`: the author's filter; `chosen`: the reader's filter within it. `sensor`, `group`: ids, or empty.

    `complaints`: what is wrong with parameters that are ignored.
    """

    describe: bool
    sensor: str
    group: str
    pinned_group: str
    pinned: Filter
    chosen: Filter
    chosen_status: str
    start: datetime
    end: datetime
    zone: timezone
    width: int
    theme: Literal["light", "dark"]
    complaints: tuple[str, ...]

    @property
    def narrow(self) -> bool:
        """Whether there is no room for the less important columns."""
        return self.width < NARROW


def read_request(event: Mapping[str, Any], now: datetime) -> Request:
    """Raises ValueError if no widget can have sent the event."""
    try:
        call = _Call.model_validate(event)
    except ValidationError as error:
        place = ".".join(map(str, error.errors()[0]["loc"]))
        allowed = "that of a CloudWatch custom widget, or {}"
        raise ValueError(
            f"this event is not understood; allowed: {allowed}; {place}: {error.errors()[0]['msg']}"
        ) from None
    context, complaints = call.context, list[str]()
    typed = {**context.forms.all, **call.go}
    start, end = _span(context.time_range, now)
    return Request(
        describe=call.describe,
        sensor=_field(typed, "sensor"),
        group=_field(typed, "group"),
        pinned_group=_field(context.params, "group"),
        pinned=_filter(context.params, complaints),
        chosen=_filter({name: _field(typed, name) for name in ("tags", "status")}, complaints),
        chosen_status=_field(typed, "status"),
        start=start,
        end=end,
        zone=_zone(context.timezone.offset),
        width=round(min(max(context.width, NARROWEST), WIDEST)),
        theme="dark" if context.theme == "dark" else "light",
        complaints=tuple(complaints),
    )


def _field(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    return value[:_MAX_FIELD] if isinstance(value, str) else ""


def _filter(fields: Mapping[str, Any], complaints: list[str]) -> Filter:
    tags, statuses = fields.get("tags") or (), fields.get("status") or ()
    for name, given in (("tags", tags), ("status", statuses)):
        if not isinstance(given, str | list | tuple):
            complaints.append(
                f"the parameter {name} holds {printable(repr(given), 100)}; allowed: a text or a list of texts"
            )
            return Filter()
    try:
        return Filter(tags_of(tags), statuses_of(statuses))
    except ValueError as error:
        complaints.append(printable(f"the parameter status {error}"))
        return Filter(tags_of(tags))


def _span(given: _TimeRange | None, now: datetime) -> tuple[datetime, datetime]:
    """The zoomed time range, or else the whole one. It is never empty and ends at `now` at the latest."""
    span = given and (given.zoom or given)
    if span is None:
        return now - timedelta(hours=USUAL_HOURS), now
    try:
        start, end = (datetime.fromtimestamp(moment / 1000, UTC) for moment in (span.start, span.end))
    except (ValueError, OverflowError, OSError):
        return now - timedelta(hours=USUAL_HOURS), now
    end = min(end, now)
    return min(start, end - timedelta(minutes=1)), end


def _zone(offset: str) -> timezone:
    moment = datetime.fromisoformat(f"2000-01-01T00:00:00{offset}")
    return timezone(moment.utcoffset() or timedelta())

"""An item of the Sensors table as somebody wrote it: strict and frozen. Each description says what is allowed."""

from typing import Annotated, Any, Self, get_args

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from ..model import Channel
from ..model.calendars import PRESETS, MaintenanceWindow, Schedule
from ..model.channels import Unit
from ..model.limits import Limits
from ..model.settings import (
    ID_PATTERN,
    MAX_NAME,
    Authentication,
    CertificateCheck,
    CleartextLogin,
    GraphType,
    IpVersion,
    Kind,
    ResultHandling,
    TransportSecurity,
)
from . import attributes
from .attributes import MAX_AUTHORITIES, MAX_PERIODS, MAX_TAG, MAX_TAGS, MAX_WINDOWS


def _one_of(words: object) -> str:
    """The words of a Literal, so that no description can forget one."""
    *others, last = get_args(words)
    return f"{', '.join(others)} or {last}"


def _at_most(entries: int | None = None) -> Any:
    """DynamoDB has lists and sets; both become tuples. One fault is told of each, however many there are."""
    return Field(strict=False, fail_fast=True, max_length=entries)


_STRICT = ConfigDict(strict=True, frozen=True, extra="forbid", hide_input_in_errors=True)
_Number = Annotated[float, Field(allow_inf_nan=False)]
_Sendable = Annotated[str, AfterValidator(attributes.sendable)]
_Moment = Annotated[Any, AfterValidator(attributes.moment), WithJsonSchema({"type": "string", "format": "date-time"})]


class WrittenSchedule(BaseModel):
    model_config = _STRICT

    time_zone: Annotated[str, AfterValidator(attributes.time_zone)]
    paused: Annotated[tuple[str, ...], _at_most(MAX_PERIODS), AfterValidator(attributes.periods)] | None = None
    preset: Annotated[str, AfterValidator(attributes.preset)] | None = None

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.paused is None) == (self.preset is None):
            raise ValueError("needs either paused or preset")
        return self

    def schedule(self) -> Schedule:
        return Schedule(self.time_zone, PRESETS[self.preset] if self.preset else self.paused or ())


class WrittenWindow(BaseModel):
    model_config = _STRICT

    start: _Moment
    end: _Moment

    @model_validator(mode="after")
    def _end_after_start(self) -> Self:
        if self.end <= self.start:
            raise ValueError("ends before it starts")
        return self

    def window(self) -> MaintenanceWindow:
        return MaintenanceWindow(self.start, self.end)


class WrittenLimits(BaseModel):
    model_config = _STRICT

    upper_error: _Number | None = None
    upper_warning: _Number | None = None
    lower_warning: _Number | None = None
    lower_error: _Number | None = None
    error_message: str = Field("", max_length=200)
    warning_message: str = Field("", max_length=200)

    def limits(self) -> Limits:
        return Limits(**self.model_dump())


class Item(BaseModel):
    """None: not set here, so that the parent's value or the default counts."""

    model_config = _STRICT

    id: str = Field(pattern=ID_PATTERN, description="1 to 64 of A-Z a-z 0-9 . _ -")
    kind: Kind = Field("sensor", description=_one_of(Kind))
    parent: Annotated[str, Field(pattern=ID_PATTERN)] | None = Field(None, description="the id of a device or group")
    comment: Any = Field(None, description="free text")
    name: Annotated[str, AfterValidator(attributes.name)] | None = Field(
        None, description=f"1 to {MAX_NAME} characters, no control characters"
    )
    tags: Annotated[tuple[str, ...], _at_most(MAX_TAGS), AfterValidator(attributes.tags)] | None = Field(
        None,
        description=f"a list of at most {MAX_TAGS} texts, each at most {MAX_TAG} characters without spaces, commas, "
        "( ) < > and without a leading + or -",
    )
    priority: int | None = Field(None, ge=1, le=5, description="a whole number from 1 (lowest) to 5 (highest)")
    host: Annotated[str, AfterValidator(attributes.host)] | None = Field(
        None, description="a DNS name or an IP address, without a port"
    )
    port: int | None = Field(None, ge=1, le=65535, description="a whole number from 1 to 65535")
    timeout: int | None = Field(None, ge=1, le=900, description="whole seconds from 1 to 900")
    transport_security: TransportSecurity | None = Field(None, description=_one_of(TransportSecurity))
    authentication: Authentication | None = Field(None, description=_one_of(Authentication))
    username: _Sendable | None = Field(None, description="a text without CR, LF or NUL")
    secret_id: _Sendable | None = Field(None, description="the name or ARN of a Secrets Manager secret")
    secret_key: _Sendable | None = Field(None, description="a key inside the secret")
    cleartext_login: CleartextLogin | None = Field(None, description=_one_of(CleartextLogin))
    certificate_check: CertificateCheck | None = Field(None, description=_one_of(CertificateCheck))
    trusted_ca: Annotated[str, AfterValidator(attributes.authorities)] | None = Field(
        None, description=f"PEM text of one or more certificates, at most {MAX_AUTHORITIES // 1024} KiB"
    )
    ip_version: IpVersion | None = Field(None, description=_one_of(IpVersion))
    result_handling: ResultHandling | None = Field(None, description=_one_of(ResultHandling))
    channels: Annotated[tuple[str, ...], _at_most(), AfterValidator(attributes.channels)] | None = Field(
        None, description=f"a list out of {', '.join(Channel)}"
    )
    primary_channel: Channel | None = Field(None, strict=False, description="a channel that this sensor publishes")
    graph_type: GraphType | None = Field(None, description=_one_of(GraphType))
    stack_unit: Unit | None = Field(None, description="a unit of this sensor's channels, where graph_type is stacked")
    limits: (
        Annotated[
            dict[Annotated[str, AfterValidator(attributes.limited_channel)], WrittenLimits],
            BeforeValidator(attributes.few_channels),
        ]
        | None
    ) = Field(
        None,
        description="a map from a channel to upper_error, upper_warning, lower_warning, lower_error (numbers), "
        "error_message, warning_message (texts of at most 200 characters)",
    )
    interval: Annotated[int, AfterValidator(attributes.interval)] | None = Field(
        None, description="30, or a multiple of 60 up to 864000 (10 days), in seconds"
    )
    warning_scans: int | None = Field(None, ge=0, le=5, description="a whole number from 0 to 5")
    schedule: Annotated[WrittenSchedule, BeforeValidator(attributes.no_preset_alone)] | None = Field(
        None,
        description="a map of time_zone (an IANA name) and either paused (a list of at most "
        f"{MAX_PERIODS} periods like fr:17:00-mo:09:00) or preset ({', '.join(PRESETS)})",
    )
    maintenance_windows: Annotated[tuple[WrittenWindow, ...], _at_most(MAX_WINDOWS)] | None = Field(
        None,
        description=f"a list of at most {MAX_WINDOWS} maps with start and end, ISO 8601 with an offset, "
        "end after start",
    )
    depends_on: Annotated[str, Field(pattern=ID_PATTERN)] | None = Field(None, description="the id of a sensor")
    master_for_parent: bool | None = Field(None, description="true or false")
    dependency_delay: int | None = Field(None, ge=0, le=86400, description="whole seconds from 0 to 86400")
    paused: Annotated[Any, AfterValidator(attributes.pause), WithJsonSchema({"type": ["boolean", "string"]})] = Field(
        default=False, description="true, false, or an ISO 8601 time with an offset until which it is paused"
    )

    @property
    def is_branch(self) -> bool:
        """A device or a group: what sensors and other branches can be below."""
        return self.kind != "sensor"

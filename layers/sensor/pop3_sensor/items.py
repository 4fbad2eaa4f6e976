"""An item of the Sensors table as somebody wrote it: strict, frozen, and wrong in words that help."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from . import attributes
from .channels import Channel
from .settings import (
    ID_PATTERN,
    Authentication,
    CertificateCheck,
    CleartextLogin,
    IpVersion,
    Kind,
    ResultHandling,
    TransportSecurity,
)

# Their values are never shown: a password that was pasted into the wrong field must not reach a log.
_NEVER_SHOWN = frozenset({"username", "secret_id", "secret_key", "trusted_ca", "comment"})

_Lax = Field(strict=False)  # DynamoDB has lists and sets; both become tuples
_Sendable = Annotated[str, AfterValidator(attributes.sendable)]


class Item(BaseModel):
    """None: not set here, so the parent's value or the default counts. Each description says what is allowed."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", hide_input_in_errors=True)

    id: str = Field(pattern=ID_PATTERN, description="1 to 64 of A-Z a-z 0-9 . _ -")
    kind: Kind = Field("sensor", description="sensor, device or group")
    comment: Any = Field(None, description="free text")
    name: Annotated[str, AfterValidator(attributes.name)] | None = Field(
        None, description="1 to 128 characters, no control characters"
    )
    tags: Annotated[tuple[str, ...], _Lax, AfterValidator(attributes.tags)] | None = Field(
        None, description="a list of texts without spaces, commas, ( ) < > and without a leading + or -"
    )
    priority: int | None = Field(None, ge=1, le=5, description="a whole number from 1 (lowest) to 5 (highest)")
    host: Annotated[str, AfterValidator(attributes.host)] | None = Field(
        None, description="a DNS name or an IP address, without a port"
    )
    port: int | None = Field(None, ge=1, le=65535, description="a whole number from 1 to 65535")
    timeout: int | None = Field(None, ge=1, le=900, description="whole seconds from 1 to 900")
    transport_security: TransportSecurity | None = Field(
        None, description="starttls_if_available, tls_if_available, starttls_required or tls_required"
    )
    authentication: Authentication | None = Field(None, description="none, user_password or apop")
    username: _Sendable | None = Field(None, description="a text without CR, LF or NUL")
    secret_id: _Sendable | None = Field(None, description="the name or ARN of a Secrets Manager secret")
    secret_key: _Sendable | None = Field(None, description="a key inside the secret")
    cleartext_login: CleartextLogin | None = Field(None, description="allow or refuse")
    certificate_check: CertificateCheck | None = Field(None, description="verify, warn or off")
    trusted_ca: Annotated[str, AfterValidator(attributes.authorities)] | None = Field(
        None, description="PEM text of one or more certificates"
    )
    ip_version: IpVersion | None = Field(None, description="ipv4, ipv6 or any")
    result_handling: ResultHandling | None = Field(None, description="discard, store or store_on_failure")
    channels: Annotated[tuple[str, ...], _Lax, AfterValidator(attributes.channels)] | None = Field(
        None, description=f"a list out of {', '.join(Channel)}"
    )
    interval: Annotated[int, AfterValidator(attributes.interval)] | None = Field(
        None, description="30, or a multiple of 60 up to 864000 (10 days), in seconds"
    )
    warning_scans: int | None = Field(None, ge=0, le=5, description="a whole number from 0 to 5")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with an item, in words that name the attribute and what is allowed."""

    attribute: str
    text: str

    def __str__(self) -> str:
        return f"{self.attribute}: {self.text}"


class InvalidSettings(Exception):
    """A sensor that cannot be scanned as written, with every problem that was found."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = problems


def read_item(attributes_: Mapping[str, Any]) -> Item:
    """Raises InvalidSettings with a problem for each attribute at fault."""
    try:
        return Item.model_validate(dict(attributes_))
    except ValidationError as error:
        details = error.errors(include_url=False)
        problems = {str(detail["loc"][0]): _problem(detail, attributes_) for detail in reversed(details)}
        raise InvalidSettings(*reversed(problems.values())) from None


def _problem(detail: ErrorDetails, written: Mapping[str, Any]) -> Problem:
    attribute = str(detail["loc"][0])
    if detail["type"] == "extra_forbidden":
        close = difflib.get_close_matches(attribute, Item.model_fields, n=1)
        hint = f"; did you mean {close[0]}?" if close else ""
        return Problem(attribute[:64], f"there is no such attribute{hint}")
    allowed = Item.model_fields[attribute].description
    if detail["type"] == "missing":
        return Problem(attribute, f"is missing; allowed: {allowed}")
    cause = detail.get("ctx", {}).get("error")
    holds = str(cause) if isinstance(cause, ValueError) else f"holds {_shown(attribute, written[attribute])}"
    return Problem(attribute, f"{holds}; allowed: {allowed}")


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

"""The settings in force for one sensor: every attribute resolved, every default applied."""

import functools
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from pydantic import TypeAdapter

from .calendars import MaintenanceWindow, Schedule
from .channels import ALWAYS, UNITS, Channel, Unit
from .limits import Limits

Kind = Literal["sensor", "device", "group"]
TransportSecurity = Literal["starttls_if_available", "tls_if_available", "starttls_required", "tls_required"]
Authentication = Literal[
    "none",
    "user_password",
    "apop",
    "plain",
    "cram_md5",
    "scram_sha_1",
    "scram_sha_256",
    "xoauth2",
    "oauthbearer",
]
CleartextLogin = Literal["allow", "refuse"]
CertificateCheck = Literal["verify", "warn", "off"]
IpVersion = Literal["ipv4", "ipv6", "any"]
ResultHandling = Literal["discard", "store", "store_on_failure"]
GraphType = Literal["independent", "stacked"]

# These send a token, which whoever reads it can use: only under TLS, with a certificate that verified.
BEARER: frozenset[Authentication] = frozenset({"xoauth2", "oauthbearer"})

DEFAULT_TRANSPORT_SECURITY: TransportSecurity = "starttls_if_available"
DEFAULT_TAGS = ("mailsensor", "pop3sensor")
DEFAULT_PRIORITY = 3
ID_PATTERN = r"^[A-Za-z0-9._-]{1,64}$"
MAX_NAME = 128


@dataclass(frozen=True, kw_only=True)
class Settings:
    """`items.item` says what each attribute means; the defaults are those of docs/sensors.md."""

    id: str
    name: str
    host: str
    port: int
    tags: tuple[str, ...] = DEFAULT_TAGS
    priority: int = DEFAULT_PRIORITY
    timeout: int = 60
    transport_security: TransportSecurity = DEFAULT_TRANSPORT_SECURITY
    authentication: Authentication = "none"
    username: str | None = None
    secret_id: str | None = None
    secret_key: str | None = None
    cleartext_login: CleartextLogin = "allow"
    certificate_check: CertificateCheck = "verify"
    trusted_ca: str = ""
    ip_version: IpVersion = "ipv4"
    result_handling: ResultHandling = "discard"
    channels: tuple[Channel, ...] = ()
    primary_channel: Channel = Channel.RESPONSE_TIME
    graph_type: GraphType = "independent"
    stack_unit: Unit | None = None  # None: the primary channel's unit
    limits: Mapping[Channel, Limits] = field(default_factory=dict)
    interval: int = 60
    warning_scans: int = 1
    dependency_delay: int = 0
    # These come from the sensor and all its ancestors together; no item can interrupt their inheritance.
    schedules: tuple[Schedule, ...] = ()
    maintenance_windows: tuple[MaintenanceWindow, ...] = ()
    paused: tuple[datetime | None, ...] = ()  # until when; None: until somebody ends it
    masters: tuple[str, ...] = ()
    vanished_masters: tuple[str, ...] = ()  # named but not in the table: they pause nothing, and the message names them
    ancestors: tuple[str, ...] = ()  # nearest first

    @property
    def published_channels(self) -> tuple[Channel, ...]:
        return tuple(dict.fromkeys((*ALWAYS, *self.channels)))

    @property
    def stacked_unit(self) -> Unit:
        return self.stack_unit or UNITS[self.primary_channel]

    @functools.cached_property
    def fingerprint(self) -> str:
        """Differs when a setting does. Empty for intervals up to a minute: the next scan comes soon enough."""
        return hashlib.sha256(as_json(self)).hexdigest()[:16] if self.interval > MINUTE else ""

    @property
    def implicit_tls(self) -> bool:
        return default_port(self.transport_security) == IMPLICIT_TLS_PORT

    @property
    def tls_required(self) -> bool:
        return self.transport_security in ("starttls_required", "tls_required")


def as_json(settings: Settings) -> bytes:
    """Equal settings give equal bytes, also after they have travelled in a message."""
    return _adapter().dump_json(settings, exclude_defaults=True)


@functools.cache
def _adapter() -> TypeAdapter[Settings]:
    return TypeAdapter(Settings)


@dataclass(frozen=True, kw_only=True)
class Identity:
    """What people know a sensor by, as far as it is good, where its settings are invalid."""

    name: str
    tags: tuple[str, ...] = ()
    priority: int | None = None
    host: str | None = None
    port: int | None = None


HALF_MINUTE = 30
MINUTE = 60
HOUR = 3600
POP3_PORT = 110
IMPLICIT_TLS_PORT = 995


def default_port(transport_security: TransportSecurity) -> int:
    """RFC 1939 section 3 and RFC 8314 section 3.3."""
    return IMPLICIT_TLS_PORT if transport_security in ("tls_if_available", "tls_required") else POP3_PORT

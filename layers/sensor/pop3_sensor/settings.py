"""The settings in force for one sensor: every attribute resolved, every default applied."""

from dataclasses import dataclass
from typing import Literal

from .channels import ALWAYS, Channel

Kind = Literal["sensor", "device", "group"]
TransportSecurity = Literal["starttls_if_available", "tls_if_available", "starttls_required", "tls_required"]
Authentication = Literal["none", "user_password", "apop"]
CleartextLogin = Literal["allow", "refuse"]
CertificateCheck = Literal["verify", "warn", "off"]
IpVersion = Literal["ipv4", "ipv6", "any"]
ResultHandling = Literal["discard", "store", "store_on_failure"]

DEFAULT_TRANSPORT_SECURITY: TransportSecurity = "starttls_if_available"
ID_PATTERN = r"^[A-Za-z0-9._-]{1,64}$"
DEFAULT_TAGS = ("mailsensor", "pop3sensor")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What `items` describes, attribute by attribute, with the contract's defaults."""

    id: str
    name: str
    host: str
    port: int
    tags: tuple[str, ...] = DEFAULT_TAGS
    priority: int = 3
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
    interval: int = 60
    warning_scans: int = 1

    @property
    def published_channels(self) -> tuple[Channel, ...]:
        return tuple(dict.fromkeys((*ALWAYS, *self.channels)))

    @property
    def implicit_tls(self) -> bool:
        return default_port(self.transport_security) == IMPLICIT_TLS_PORT

    @property
    def tls_required(self) -> bool:
        return self.transport_security in ("starttls_required", "tls_required")


POP3_PORT = 110
IMPLICIT_TLS_PORT = 995


def default_port(transport_security: TransportSecurity) -> int:
    """RFC 1939 section 3 and RFC 8314 section 3.3."""
    return IMPLICIT_TLS_PORT if transport_security in ("tls_if_available", "tls_required") else POP3_PORT

"""The closed lists: statuses, phases, reasons. Users and other programs rely on them (docs/reference.md)."""

from enum import StrEnum


class Status(StrEnum):
    UP = "Up"
    WARNING = "Warning"
    DOWN = "Down"
    PAUSED = "Paused"
    UNKNOWN = "Unknown"


class Phase(StrEnum):
    """In the order of a scan; with implicit TLS `security` comes before `greeting`."""

    LOOKUP = "lookup"
    CONNECT = "connect"
    GREETING = "greeting"
    SECURITY = "security"
    LOGIN = "login"
    QUIT = "quit"


class Reason(StrEnum):
    TIMEOUT = "timeout"
    NAME_NOT_FOUND = "name_not_found"
    LOOKUP_FAILED = "lookup_failed"
    NO_ADDRESS = "no_address"
    ADDRESS_FORBIDDEN = "address_forbidden"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    RESET = "reset"
    CLOSED = "closed"
    ERROR_REPLY = "error_reply"
    NOT_POP3 = "not_pop3"
    REPLY_TOO_LONG = "reply_too_long"
    UNEXPECTED_DATA = "unexpected_data"
    TLS_NOT_OFFERED = "tls_not_offered"
    TLS_REFUSED = "tls_refused"
    TLS_NOT_SUPPORTED = "tls_not_supported"
    TLS_FAILED = "tls_failed"
    CERTIFICATE_EXPIRED = "certificate_expired"
    CERTIFICATE_NOT_YET_VALID = "certificate_not_yet_valid"
    CERTIFICATE_WRONG_HOST = "certificate_wrong_host"
    CERTIFICATE_UNTRUSTED = "certificate_untrusted"
    CLEARTEXT_REFUSED = "cleartext_refused"
    METHOD_NOT_OFFERED = "method_not_offered"
    LOGIN_REJECTED = "login_rejected"
    MAILBOX_IN_USE = "mailbox_in_use"
    LOGIN_DELAY = "login_delay"
    TEMPORARY_FAILURE = "temporary_failure"
    PERMANENT_FAILURE = "permanent_failure"
    LIMIT = "limit"
    SECRET_MISSING = "secret_missing"  # noqa: S105 - a reason, not a secret
    SECRET_DENIED = "secret_denied"  # noqa: S105 - likewise
    SECRET_MALFORMED = "secret_malformed"  # noqa: S105 - likewise
    SETTINGS_INVALID = "settings_invalid"
    NOT_RUN = "not_run"
    INTERNAL_ERROR = "internal_error"


class PauseReason(StrEnum):
    """In the order in which they are recorded."""

    USER = "user"
    DEPENDENCY = "dependency"
    SCHEDULE = "schedule"
    MAINTENANCE = "maintenance"


# The monitoring's own trouble: it says nothing about the mail server, so the status is Unknown, never Down.
OWN_TROUBLE = frozenset(
    {
        Reason.ADDRESS_FORBIDDEN,
        Reason.SECRET_MISSING,
        Reason.SECRET_DENIED,
        Reason.SECRET_MALFORMED,
        Reason.SETTINGS_INVALID,
        Reason.NOT_RUN,
        Reason.INTERNAL_ERROR,
    }
)

# The server answered and the credentials are right: Warning, never Down, and the scan has its Response Time.
ANSWERS = frozenset({Reason.MAILBOX_IN_USE, Reason.LOGIN_DELAY})

# No phase is to blame for these.
BLAMELESS = (OWN_TROUBLE - {Reason.ADDRESS_FORBIDDEN}) | {Reason.LIMIT}

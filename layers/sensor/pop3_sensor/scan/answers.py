"""What a reply means for the scan: go on, or end with a reason."""

from .. import protocol as pop3
from ..model import Reason, ScanError

# RFC 2449 section 8.1 and RFC 3206; codes are hierarchical, so SYS/TEMP/DISK is a SYS/TEMP.
_CODES = {
    "IN-USE": Reason.MAILBOX_IN_USE,
    "LOGIN-DELAY": Reason.LOGIN_DELAY,
    "SYS/TEMP": Reason.TEMPORARY_FAILURE,
    "SYS/PERM": Reason.PERMANENT_FAILURE,
    "AUTH": Reason.LOGIN_REJECTED,
}
_SYSTEM_FAILURES = {Reason.TEMPORARY_FAILURE, Reason.PERMANENT_FAILURE}

_BROKEN_BY_SERVER: dict[type[pop3.RemoteProtocolError], Reason] = {
    pop3.NotPop3: Reason.NOT_POP3,
    pop3.ReplyTooLong: Reason.REPLY_TOO_LONG,
    pop3.UnexpectedData: Reason.UNEXPECTED_DATA,
    pop3.ConnectionClosed: Reason.CLOSED,
}


def broken_reason(error: pop3.RemoteProtocolError) -> Reason:
    return _BROKEN_BY_SERVER[type(error)]


def code_reason(reply: pop3.Err) -> Reason | None:
    """What the response code says, where it is one that we know."""
    return next((reason for code, reason in _CODES.items() if f"{reply.code}/".startswith(f"{code}/")), None)


def accepted(reply: pop3.Reply, complaint: str, reason: Reason = Reason.ERROR_REPLY) -> pop3.Ok:
    """The `+OK`. Raises ScanError for `-ERR`, with its code's reason where it has one."""
    if isinstance(reply, pop3.Err):
        raise ScanError(code_reason(reply) or reason, complaint, reply.status_line)
    return reply


def refuse_system_failure(reply: pop3.Reply) -> None:
    """Raises ScanError for `[SYS/…]` to CAPA or STLS: that is no statement about TLS, so no reason to go on without."""
    if isinstance(reply, pop3.Err) and (reason := code_reason(reply)) in _SYSTEM_FAILURES:
        raise ScanError(reason, "the server reports a failure of its own", reply.status_line)

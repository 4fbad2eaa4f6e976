"""How a sensor logs in: one table of methods, and no way from one to another."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import assert_never

from .. import protocol as pop3
from ..model import Reason, ScanError
from ..model.settings import Authentication, CleartextLogin
from .answers import accepted
from .credentials import Credentials
from .dialogue import Dialogue


@dataclass(frozen=True, slots=True)
class Method:
    """`capability`: what the server's CAPA must list; None where CAPA says nothing of the method.

    `reveals_password`: who listens to a connection without TLS could use again what crosses it.
    `commands`: from the credentials and the greeting's text; each is sent once the one before it was accepted. All are
    made before the first is sent, so that what cannot be sent is found out before anything is.
    """

    name: str
    capability: str | None
    reveals_password: bool
    commands: Callable[[Credentials, str], Sequence[pop3.Command]]


def _user_pass(credentials: Credentials, _greeting: str) -> Sequence[pop3.Command]:
    return pop3.User(credentials.username), pop3.Pass(credentials.password.get_secret_value())


def _apop(credentials: Credentials, greeting: str) -> Sequence[pop3.Command]:
    challenge = pop3.apop_challenge(greeting)
    if challenge is None:
        message = "the greeting holds no proper challenge for APOP"
        raise ScanError(Reason.METHOD_NOT_OFFERED, message, greeting)
    return (pop3.Apop(credentials.username, challenge, credentials.password.get_secret_value()),)


USER_PASS = Method("USER/PASS", "USER", reveals_password=True, commands=_user_pass)  # RFC 2449 section 6.2
APOP = Method("APOP", None, reveals_password=False, commands=_apop)


def method_of(authentication: Authentication) -> Method | None:
    """None where the sensor does not log in. A method that has no case here fails type checking."""
    match authentication:
        case "none":
            return None
        case "user_password":
            return USER_PASS
        case "apop":
            return APOP
        case _:
            assert_never(authentication)


async def log_in(
    dialogue: Dialogue, method: Method, credentials: Credentials, greeting: str, cleartext: CleartextLogin
) -> None:
    """Raises ScanError where the method is not offered, not allowed here, or rejected; RemoteProtocolError."""
    if method.reveals_password and cleartext == "refuse" and not dialogue.is_encrypted:
        message = "the connection is not encrypted and cleartext_login is refuse: not even the user name was sent"
        raise ScanError(Reason.CLEARTEXT_REFUSED, message)
    if method.capability is not None:
        offered = await dialogue.offered()
        if offered and not offered.offers(method.capability):
            hint = "" if dialogue.is_encrypted else " without TLS"
            raise ScanError(Reason.METHOD_NOT_OFFERED, f"the server does not offer {method.name}{hint}")
    for command in method.commands(credentials, greeting):
        accepted(await dialogue.say(command), "the login was rejected", Reason.LOGIN_REJECTED)

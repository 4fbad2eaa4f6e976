"""How a sensor logs in: one table of methods, and no way from one to another."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import assert_never

from .. import protocol as pop3
from ..model import Reason, ScanError, Settings
from ..model.settings import Authentication, CleartextLogin
from ..protocol.sasl import CramMd5, Mechanism, OAuthBearer, Plain, ScramSha1, ScramSha256, XOAuth2
from .answers import accepted
from .credentials import Credentials
from .dialogue import Dialogue

# Microsoft's POP3 servers: all over the world, for the government of the United States, in China.
EXCHANGE_ONLINE = frozenset({"outlook.office365.com", "outlook.office365.us", "partner.outlook.cn"})
_REJECTED = "the login was rejected"
_USUAL_CAUSES = (
    "usual causes: service principal not registered, or by the wrong object id; no permission for the mailbox; "
    "POP off; wrong user name"
)


class Reveals(Enum):
    """What somebody who listens to a connection without TLS could use again."""

    NOTHING = auto()
    PASSWORD = auto()
    TOKEN = auto()


@dataclass(frozen=True, slots=True)
class ByCommands:
    """`capability`: what the server's CAPA must list; None where CAPA says nothing of the method.

    `commands`: from the credentials and the greeting's text; each is sent once the one before it was accepted. All are
    made before the first is sent, so that what cannot be sent is found out before anything is.
    """

    name: str
    capability: str | None
    reveals: Reveals
    commands: Callable[[Credentials, str], Sequence[pop3.Command]]

    async def is_offered(self, dialogue: Dialogue) -> bool:
        """A server of RFC 1939 has no CAPA, and has these commands."""
        if self.capability is None:
            return True
        offered = await dialogue.offered()
        return offered is None or offered.offers(self.capability)

    async def log_in(self, dialogue: Dialogue, credentials: Credentials, _settings: Settings, greeting: str) -> None:
        for command in self.commands(credentials, greeting):
            accepted(await dialogue.say(command), _REJECTED, Reason.LOGIN_REJECTED)


@dataclass(frozen=True, slots=True)
class BySasl:
    """RFC 5034: CAPA must list the mechanism. To ask for another would read as a rejected login, and cost a penalty."""

    name: str
    reveals: Reveals
    mechanism: Callable[[Credentials, Settings], Mechanism]

    async def is_offered(self, dialogue: Dialogue) -> bool:
        offered = await dialogue.offered()
        return offered is not None and offered.offers_mechanism(self.name)

    async def log_in(self, dialogue: Dialogue, credentials: Credentials, settings: Settings, _greeting: str) -> None:
        try:
            reply = await dialogue.authenticate(self.mechanism(credentials, settings))
        except pop3.ServerNotProven as error:
            raise ScanError(Reason.LOGIN_REJECTED, str(error)) from error
        hint = self.reveals is Reveals.TOKEN and settings.host.rstrip(".").lower() in EXCHANGE_ONLINE
        accepted(reply, f"{_REJECTED}; {_USUAL_CAUSES}" if hint else _REJECTED, Reason.LOGIN_REJECTED)


Method = ByCommands | BySasl


def _user_pass(credentials: Credentials, _greeting: str) -> Sequence[pop3.Command]:
    return pop3.User(credentials.username), pop3.Pass(credentials.password.get_secret_value())


def _apop(credentials: Credentials, greeting: str) -> Sequence[pop3.Command]:
    challenge = pop3.apop_challenge(greeting)
    if challenge is None:
        message = "the greeting holds no proper challenge for APOP"
        raise ScanError(Reason.METHOD_NOT_OFFERED, message, greeting)
    return (pop3.Apop(credentials.username, challenge, credentials.password.get_secret_value()),)


def _sasl(mechanism: Callable[[str, str], Mechanism]) -> Callable[[Credentials, Settings], Mechanism]:
    return lambda credentials, _: mechanism(credentials.username, credentials.password.get_secret_value())


def _oauthbearer(credentials: Credentials, settings: Settings) -> Mechanism:
    token = credentials.password.get_secret_value()
    return OAuthBearer(credentials.username, token, settings.host, settings.port)


def method_of(authentication: Authentication) -> Method | None:  # noqa: PLR0911 - a table, which mypy reads
    """None where the sensor does not log in. A method that has no case here fails type checking."""
    match authentication:
        case "none":
            return None
        case "user_password":
            return ByCommands("USER/PASS", "USER", Reveals.PASSWORD, _user_pass)  # RFC 2449 section 6.2
        case "apop":
            return ByCommands("APOP", None, Reveals.NOTHING, _apop)
        case "plain":
            return BySasl(Plain.name, Reveals.PASSWORD, _sasl(Plain))
        case "cram_md5":
            return BySasl(CramMd5.name, Reveals.NOTHING, _sasl(CramMd5))
        case "scram_sha_1":
            return BySasl(ScramSha1.name, Reveals.NOTHING, _sasl(ScramSha1))
        case "scram_sha_256":
            return BySasl(ScramSha256.name, Reveals.NOTHING, _sasl(ScramSha256))
        case "xoauth2":
            return BySasl(XOAuth2.name, Reveals.TOKEN, _sasl(XOAuth2))
        case "oauthbearer":
            return BySasl(OAuthBearer.name, Reveals.TOKEN, _oauthbearer)
        case _:
            assert_never(authentication)


async def log_in(
    dialogue: Dialogue, method: Method, credentials: Credentials, settings: Settings, greeting: str
) -> None:
    """Raises ScanError where the method is not offered, not allowed here, or rejected; RemoteProtocolError."""
    if not dialogue.is_encrypted:
        _refuse_cleartext(method.reveals, settings.cleartext_login)
    if not await method.is_offered(dialogue):
        hint = "" if dialogue.is_encrypted else " without TLS"
        raise ScanError(Reason.METHOD_NOT_OFFERED, f"the server does not offer {method.name}{hint}")
    await method.log_in(dialogue, credentials, settings, greeting)


def _refuse_cleartext(reveals: Reveals, cleartext_login: CleartextLogin) -> None:
    if reveals is Reveals.TOKEN:
        why = "a token is sent under TLS only"
    elif reveals is Reveals.PASSWORD and cleartext_login == "refuse":
        why = "cleartext_login is refuse"
    else:
        return
    message = f"the connection is not encrypted, and {why}: not even the user name was sent"
    raise ScanError(Reason.CLEARTEXT_REFUSED, message)

"""XOAUTH2 and OAUTHBEARER: a token in place of a password. Whoever reads it may use it, so it wants TLS."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from ..commands import Answer, refuse_unsendable
from ..errors import LocalProtocolError
from .mechanism import Mechanism, Step

_SEPARATOR = "\x01"


@dataclass(slots=True)
class _Bearer(Mechanism):
    """A second challenge is an error, in JSON: it is answered so that the server can say -ERR."""

    token: str = field(repr=False)

    def __post_init__(self) -> None:
        Mechanism.__post_init__(self)
        for what, text in (("user name", self.username), ("token", self.token)):
            refuse_unsendable(what, text)
            if _SEPARATOR in text:
                raise LocalProtocolError(f"the {what} holds the character that ends it")


@dataclass(slots=True)
class XOAuth2(_Bearer):
    """https://developers.google.com/workspace/gmail/imap/xoauth2-protocol, and Microsoft's page on POP by OAuth."""

    name: ClassVar[str] = "XOAUTH2"

    def steps(self) -> Sequence[Step]:
        return self._log_in, self._acknowledge

    def _log_in(self, _challenge: bytes) -> Answer:
        return Answer(f"user={self.username}\x01auth=Bearer {self.token}\x01\x01".encode(), holds=(self.token,))

    def _acknowledge(self, _error: bytes) -> Answer:
        return Answer(b"")


@dataclass(slots=True)
class OAuthBearer(_Bearer):
    """RFC 7628 section 3.1. `host` and `port` are those that the client wants to reach."""

    name: ClassVar[str] = "OAUTHBEARER"
    host: str
    port: int

    def steps(self) -> Sequence[Step]:
        return self._log_in, self._acknowledge

    def _log_in(self, _challenge: bytes) -> Answer:
        username = self.username.replace("=", "=3D").replace(",", "=2C")  # RFC 5801 section 4
        message = f"n,a={username},\x01host={self.host}\x01port={self.port}\x01auth=Bearer {self.token}\x01\x01"
        return Answer(message.encode(), holds=(self.token,))

    def _acknowledge(self, _error: bytes) -> Answer:
        return Answer(b"\x01")  # RFC 7628 section 3.2.3

"""SCRAM: both sides prove to know the password, and neither says it (RFC 5802, RFC 7677).

`scramp` computes; what a server may ask of it is bounded here. It takes a tenth of a second to import: `load` it before
anything is timed, and only where a sensor logs in by SCRAM.
"""

import base64
import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from ..commands import Answer, refuse_unsendable
from ..errors import LocalProtocolError, NotPop3, ServerNotProven
from .mechanism import Mechanism, Step, shown

MIN_ITERATIONS = 4096  # RFC 5802 section 5.1, RFC 7677 section 4
MAX_ITERATIONS = 1_000_000  # half a second of processor; a hostile server would take more

# RFC 5802 section 7: nonce, salt, iterations; behind them what a later version may add. A message that begins with
# `m=` wants an extension that nobody knows, and a client must not go on.
_SERVER_FIRST = re.compile(
    r"r=(?P<nonce>[!-+\--~]+),s=(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?"
    r",i=(?P<iterations>[1-9][0-9]{0,9})(?:,[A-Za-ln-z]=[^,\0]+)*"
)
_ERROR = b"e="


@functools.cache
def load() -> Any:
    import scramp  # noqa: PLC0415 - see above

    return scramp


@dataclass(slots=True)
class Scram(Mechanism):
    """Without channel binding: no version of Python can give TLS 1.3's (python/cpython#95341)."""

    computes: ClassVar[bool] = True
    password: str = field(repr=False)
    nonce: str | None = field(default=None, repr=False)  # for tests; by default a random one
    _client: Any = field(init=False, repr=False)
    _is_proven: bool = field(default=False, init=False, repr=False)

    def __post_init__(self) -> None:
        Mechanism.__post_init__(self)
        refuse_unsendable("password", self.password)
        try:
            self._client = load().ScramClient([self.name], self.username, self.password, c_nonce=self.nonce)
        except load().ScramException:
            raise LocalProtocolError(
                "the user name or the password holds what SASLprep refuses (RFC 4013), so SCRAM cannot use it"
            ) from None

    def steps(self) -> Sequence[Step]:
        return self._introduce, self._prove, self._verify

    def conclude(self) -> None:
        if not self._is_proven:
            raise ServerNotProven("the server accepted the login, but did not prove that it knows the password")

    def _introduce(self, _challenge: bytes) -> Answer:
        return Answer(self._client.get_client_first().encode())

    def _prove(self, challenge: bytes) -> Answer:
        message = shown(challenge)
        match = _SERVER_FIRST.fullmatch(message)
        if match is None:
            raise NotPop3("the server's part of SCRAM cannot be read", message)
        if not match["nonce"].startswith(str(self._client.c_nonce)):
            raise NotPop3("the server's nonce of SCRAM does not begin with ours", message)
        if not MIN_ITERATIONS <= int(match["iterations"]) <= MAX_ITERATIONS:
            allowed = f"allowed are {MIN_ITERATIONS:,} to {MAX_ITERATIONS:,}"
            raise NotPop3(f"the server wants {match['iterations']} iterations of SCRAM; {allowed}", message)
        try:
            self._client.set_server_first(message)
            answer = self._client.get_client_final()
        except load().ScramException:
            raise NotPop3("the server's part of SCRAM cannot be read", message) from None
        # From the proof as from the server's signature a weak password can be found, off line.
        signature = base64.b64encode(self._client.server_signature).decode()
        return Answer(answer.encode(), holds=(self.password, answer.rpartition("p=")[2], signature))

    def _verify(self, challenge: bytes) -> Answer:
        """An error is answered, so that the server can say -ERR."""
        if not challenge.startswith(_ERROR):
            try:
                self._client.set_server_final(shown(challenge))
            except load().ScramException:
                raise ServerNotProven("the server's proof that it knows the password is wrong") from None
            self._is_proven = True
        return Answer(b"")


@dataclass(slots=True)
class ScramSha1(Scram):
    name: ClassVar[str] = "SCRAM-SHA-1"


@dataclass(slots=True)
class ScramSha256(Scram):
    name: ClassVar[str] = "SCRAM-SHA-256"

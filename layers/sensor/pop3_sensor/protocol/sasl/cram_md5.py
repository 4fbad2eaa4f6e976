"""CRAM-MD5: a digest of the server's challenge, under the password."""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from ..commands import Answer, refuse_unsendable
from .mechanism import Mechanism, Step


@dataclass(slots=True)
class CramMd5(Mechanism):
    """RFC 2195 section 2."""

    name: ClassVar[str] = "CRAM-MD5"
    password: str = field(repr=False)

    def __post_init__(self) -> None:
        Mechanism.__post_init__(self)
        refuse_unsendable("password", self.password)

    def steps(self) -> Sequence[Step]:
        return (self._log_in,)

    def _log_in(self, challenge: bytes) -> Answer:
        digest = hmac.new(self.password.encode(), challenge, "md5").hexdigest()
        # A weak password can be found from its digest, off line.
        return Answer(f"{self.username} {digest}".encode(), holds=(self.password, digest))

"""PLAIN: the password as it is."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from ..commands import Answer, refuse_unsendable
from .mechanism import Mechanism, Step


@dataclass(slots=True)
class Plain(Mechanism):
    """RFC 4616 section 2. Nobody is logged in on behalf of another: the first part is empty."""

    name: ClassVar[str] = "PLAIN"
    password: str = field(repr=False)

    def __post_init__(self) -> None:
        Mechanism.__post_init__(self)
        refuse_unsendable("password", self.password)

    def steps(self) -> Sequence[Step]:
        return (self._log_in,)

    def _log_in(self, _challenge: bytes) -> Answer:
        return Answer(f"\0{self.username}\0{self.password}".encode(), holds=(self.password,))

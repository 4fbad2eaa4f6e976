"""What all mechanisms have in common: their answers come in an order, and there are only so many."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from ..commands import Answer, refuse_unsendable
from ..errors import NotPop3

Step = Callable[[bytes], Answer]


@dataclass(slots=True)
class Mechanism(ABC):
    """Raises LocalProtocolError where the credentials cannot be sent."""

    name: ClassVar[str]  # as CAPA and AUTH say it
    computes: ClassVar[bool] = False  # its answers may take longer than an event loop may stand still
    username: str
    _answered: int = field(default=0, init=False, repr=False)

    def __post_init__(self) -> None:
        refuse_unsendable("user name", self.username)

    @abstractmethod
    def steps(self) -> Sequence[Step]:
        """What answers the first challenge, the second, ...: there can be no more challenges than these."""

    def answer(self, challenge: bytes) -> Answer:
        """Raises NotPop3 for a challenge that is not due or cannot be read; ServerNotProven."""
        steps = self.steps()
        if self._answered == len(steps):
            raise NotPop3("a challenge came where none was due", shown(challenge))
        self._answered += 1
        return steps[self._answered - 1](challenge)

    def conclude(self) -> None:
        """The server said +OK. Raises NotPop3 where it could not know yet who logs in; ServerNotProven."""
        if not self._answered:
            raise NotPop3("the server accepted a login before it was told whose")


def shown(challenge: bytes) -> str:
    return challenge.decode("utf-8", "replace")

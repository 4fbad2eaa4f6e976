"""One scan of a server that plays a script to the letter, from the item to the result."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.fakes.stacks import MemoryStack, item
from tests.servers.scripted import Connection, Script, Step, capa, greeting, login_user, quit_answer, scripted

USER, PASSWORD = "ann", "tanstaaf-8472"
LOGIN: dict[str, Any] = {"authentication": "user_password", "username": USER, "secret_id": "ann's"}
SECRETS = {"ann's": PASSWORD}

UP = ("Up", "")
PLAIN: Script = [*greeting(), *capa(), *quit_answer()]
LOG_IN: list[Step] = [*capa("USER"), *login_user(USER, PASSWORD), *quit_answer()]


@dataclass(frozen=True)
class Do:
    """A step of a script that does something in the test."""

    action: Callable[[], object]

    def play(self, _: Connection) -> None:
        self.action()


class Visit:
    """`result`: as the scan function returns it; `heard`: what the server got, for each connection.

    A failed scan is Down at once, and what hangs ends in ten seconds; an attribute that is None is left out.
    """

    def __init__(
        self,
        *scripts: Script,
        at: str = "127.0.0.1",
        secrets: Mapping[str, str] = SECRETS,
        above: Sequence[Mapping[str, Any]] = (),
        **attributes: Any,
    ) -> None:
        with scripted(*scripts, host=at) as server:
            here = item("mail", server, **{"warning_scans": 0, "timeout": 10, **attributes})
            self.stack = MemoryStack([*above, {name: one for name, one in here.items() if one is not None}])
            self.stack.secrets.texts.update(secrets)
            (self.result,) = self.stack.scan_now("mail")
        assert [] == server.failures
        self.heard = server.received

    @property
    def outcome(self) -> tuple[str, str]:
        """Status and reason."""
        return self.result["status"], self.result["reason"]

    @property
    def encryption(self) -> str:
        """How TLS began; empty where there was none."""
        return str(self.result["tls"].get("started_by", ""))

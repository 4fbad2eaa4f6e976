"""What a scan may say. Nothing here retrieves or deletes a message."""

import base64
import hashlib
import re
from dataclasses import dataclass, field
from typing import ClassVar

from .errors import LocalProtocolError

# RFC 4422 section 3.1.
_MECHANISM = re.compile(r"[A-Z0-9_-]{1,20}")


def unsendable(argument: str) -> str:
    """Why no command can carry this text; empty where one can."""
    # A CR or LF would smuggle in a second command; NUL cuts the line short in servers written in C.
    if re.search("[\r\n\0]", argument):
        return "holds CR, LF or NUL, which POP3 cannot carry"
    if re.search("[\ud800-\udfff]", argument):
        return "holds half a character, which UTF-8 cannot carry"
    return ""


def refuse_unsendable(what: str, argument: str) -> None:
    if why := unsendable(argument):
        raise LocalProtocolError(f"the {what} {why}")


@dataclass(frozen=True, slots=True)
class Command:
    keyword: ClassVar[str]
    multiline: ClassVar[bool] = False

    def encode(self) -> bytes:
        return f"{self.keyword}\r\n".encode()

    def masked(self) -> str:
        """The line as a transcript may show it."""
        return self.keyword

    @property
    def secrets(self) -> tuple[str, ...]:
        """What in this command nobody may read, as it is known and as it goes over the wire.

        Whoever sends the command hides these first: a server may echo them.
        """
        return ()


@dataclass(frozen=True, slots=True)
class Capa(Command):
    """RFC 2449 section 5."""

    keyword: ClassVar[str] = "CAPA"
    multiline: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class Stls(Command):
    """RFC 2595 section 4."""

    keyword: ClassVar[str] = "STLS"


@dataclass(frozen=True, slots=True)
class User(Command):
    """RFC 1939 section 7. Non-ASCII names go out as UTF-8 (RFC 6856)."""

    keyword: ClassVar[str] = "USER"
    name: str

    def __post_init__(self) -> None:
        refuse_unsendable("user name", self.name)

    def encode(self) -> bytes:
        return f"USER {self.name}\r\n".encode()

    def masked(self) -> str:
        return f"USER {self.name}"


@dataclass(frozen=True, slots=True)
class Pass(Command):
    """RFC 1939 section 7: all after the first space is the password, further spaces included."""

    keyword: ClassVar[str] = "PASS"
    password: str = field(repr=False)

    def __post_init__(self) -> None:
        refuse_unsendable("password", self.password)

    def encode(self) -> bytes:
        return f"PASS {self.password}\r\n".encode()

    def masked(self) -> str:
        return "PASS ***"

    @property
    def secrets(self) -> tuple[str, ...]:
        return (self.password,)


@dataclass(frozen=True, slots=True)
class Apop(Command):
    """RFC 1939 section 7. `challenge` is the greeting's msg-id with its angle brackets."""

    keyword: ClassVar[str] = "APOP"
    name: str
    challenge: str
    password: str = field(repr=False)

    def __post_init__(self) -> None:
        refuse_unsendable("user name", self.name)
        refuse_unsendable("password", self.password)

    @property
    def digest(self) -> str:
        # MD5 is the protocol's, not our choice; without the flag a FIPS build of Python refuses it.
        return hashlib.md5((self.challenge + self.password).encode(), usedforsecurity=False).hexdigest()

    def encode(self) -> bytes:
        return f"APOP {self.name} {self.digest}\r\n".encode()

    def masked(self) -> str:
        return "APOP ***"

    @property
    def secrets(self) -> tuple[str, ...]:
        return (self.password, self.digest)  # a weak password can be found from its digest, off line


@dataclass(frozen=True, slots=True)
class Auth(Command):
    """RFC 5034 section 4, without the initial response, which not every server takes: all take two lines."""

    keyword: ClassVar[str] = "AUTH"
    mechanism: str

    def __post_init__(self) -> None:
        if not _MECHANISM.fullmatch(self.mechanism):
            raise LocalProtocolError(f"{self.mechanism!r} is no name of a SASL mechanism")

    def encode(self) -> bytes:
        return f"AUTH {self.mechanism}\r\n".encode()

    def masked(self) -> str:
        return f"AUTH {self.mechanism}"


@dataclass(frozen=True, slots=True)
class Answer(Command):
    """RFC 5034 section 4: what answers a challenge, an empty line where it is empty.

    `holds`: what in it nobody may read, each part as it is; of the answer itself, `secrets` knows every form.
    """

    keyword: ClassVar[str] = "an answer to a challenge"
    response: bytes = field(repr=False)
    holds: tuple[str, ...] = field(default=(), repr=False)

    def encode(self) -> bytes:
        return base64.b64encode(self.response) + b"\r\n"

    def masked(self) -> str:
        return "***" if self.response else ""

    @property
    def secrets(self) -> tuple[str, ...]:
        if not self.holds:
            return ()
        return (*self.holds, self.response.decode("utf-8", "replace"), base64.b64encode(self.response).decode())


@dataclass(frozen=True, slots=True)
class Cancel(Command):
    """RFC 5034 section 4: no more of this exchange. The server's answer is `-ERR`."""

    keyword: ClassVar[str] = "*"


@dataclass(frozen=True, slots=True)
class Stat(Command):
    """RFC 1939 section 5."""

    keyword: ClassVar[str] = "STAT"


@dataclass(frozen=True, slots=True)
class Quit(Command):
    """RFC 1939 section 6."""

    keyword: ClassVar[str] = "QUIT"

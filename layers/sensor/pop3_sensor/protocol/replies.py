"""What a server may answer, read once and strictly."""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass

from .errors import NotPop3

# RFC 1939 section 3: the status is upper case, and ends at a space or with the line.
_STATUS_LINE = re.compile(r"(\+OK|-ERR)(?: (.*))?", re.DOTALL)

# RFC 2449 section 8: a response code stands at the start of the text, in brackets, in any case.
_RESPONSE_CODE = re.compile(r"\[([^\[\]\s]+)\]")

# CVE-2007-1558: a challenge that is no proper msg-id (RFC 822) may be one half of an MD5 collision that reveals
# the password's first characters. So: printable ASCII, atoms between single dots, one "@", perhaps a domain literal.
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_ATOMS = rf"{_ATOM}(?:\.{_ATOM})*"
_CHALLENGE = re.compile(rf"<{_ATOMS}@(?:{_ATOMS}|\[[A-Za-z0-9:.]+\])>")

# RFC 1939 section 5: "+OK nn mm"; further text is allowed and has no meaning.
_STAT = re.compile(r"(\d{1,18}) (\d{1,18})(?: .*)?", re.ASCII | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Ok:
    """`+OK`. `lines`: the body of a multi-line reply, dot-stuffing undone."""

    text: str
    lines: tuple[str, ...] = ()

    @property
    def status_line(self) -> str:
        return f"+OK {self.text}" if self.text else "+OK"


@dataclass(frozen=True, slots=True)
class Err:
    """`-ERR`: an answer, not a fault."""

    text: str

    @property
    def status_line(self) -> str:
        return f"-ERR {self.text}" if self.text else "-ERR"

    @property
    def code(self) -> str:
        """The response code in upper case, e.g. `SYS/TEMP` (RFC 3206); empty where there is none."""
        match = _RESPONSE_CODE.match(self.text)
        return match[1].upper() if match else ""


@dataclass(frozen=True, slots=True)
class Challenge:
    """`+` and base64: the server goes on with AUTH (RFC 5034 section 4). `data`: decoded, often empty."""

    data: bytes

    @property
    def line(self) -> str:
        """As a person may read it: decoded."""
        return f"+ {self.data.decode('utf-8', 'replace')}"


Reply = Ok | Err
Event = Reply | Challenge


def parse_challenge(line: str) -> Challenge | None:
    """None for a line that is no challenge. Raises NotPop3 for one that holds no base64."""
    if line == "+":
        return Challenge(b"")  # RFC 5034 wants a space behind it; Exchange Online need not send one
    if not line.startswith("+ "):
        return None
    try:
        return Challenge(base64.b64decode(line.removeprefix("+ "), validate=True))
    except ValueError:
        raise NotPop3("the challenge is no base64", line) from None


def parse_status_line(line: str) -> Reply:
    """Raises NotPop3 for a line that is neither `+OK` nor `-ERR`."""
    match = _STATUS_LINE.fullmatch(line)
    if match is None:
        raise NotPop3("the reply is neither +OK nor -ERR", line)
    status, text = match.groups(default="")
    return Ok(text) if status == "+OK" else Err(text)


@dataclass(frozen=True, slots=True)
class Capabilities:
    """The answer to CAPA (RFC 2449 section 6): names in upper case, with their arguments, of all their lines."""

    arguments: Mapping[str, tuple[str, ...]]

    @classmethod
    def parse(cls, lines: tuple[str, ...]) -> "Capabilities":
        arguments: dict[str, list[str]] = {}
        for name, *rest in filter(None, map(str.split, lines)):
            arguments.setdefault(name.upper(), []).extend(rest)
        return cls({name: tuple(rest) for name, rest in arguments.items()})

    def offers(self, name: str) -> bool:
        return name in self.arguments

    def offers_mechanism(self, name: str) -> bool:
        """Whether AUTH may name it (RFC 5034 section 3)."""
        return name in map(str.upper, self.arguments.get("SASL", ()))


def apop_challenge(greeting: str) -> str | None:
    """The first proper msg-id anywhere in the greeting (RFC 1939 section 7), or None."""
    match = _CHALLENGE.search(greeting)
    return match[0] if match else None


def mailbox_of(stat: Ok) -> tuple[int, int]:
    """Messages and octets out of the answer to STAT. Raises NotPop3 where it holds none."""
    match = _STAT.fullmatch(stat.text)
    if match is None:
        raise NotPop3("the answer to STAT holds no two numbers", stat.status_line)
    return int(match[1]), int(match[2])

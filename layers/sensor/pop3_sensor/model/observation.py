"""What a scan saw. Judging it is the business of `verdict`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from .vocabulary import Phase, Reason


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a scan is not plainly good. `phase` is None where none is to blame."""

    reason: Reason
    phase: Phase | None
    message: str


class ScanError(Exception):
    """Ends a scan: a reason of the contract and one line for a person, free of secrets.

    `said` holds the server's own words; untrusted, and masked only where they are quoted.
    """

    def __init__(self, reason: Reason, message: str, said: str = "") -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.said = said


@dataclass(frozen=True, slots=True)
class TlsFacts:
    version: str  # e.g. "TLSv1.3"
    cipher: str
    started_by: str  # "implicit" or "STLS"


@dataclass(frozen=True, slots=True)
class CertificateFacts:
    """The presented chain. `problem` is None where it verifies; the facts are there either way.

    Only of a certificate that nobody can read they are empty.
    """

    subject: str
    issuer: str = ""
    names: tuple[str, ...] = ()
    not_before: datetime | None = None
    not_after: datetime | None = None
    serial_number: str = ""
    sha256: str = ""
    chain_length: int = 0
    first_expiry: datetime | None = None  # of the first certificate of the chain to expire
    first_to_expire: str = ""  # its subject
    problem: Reason | None = None
    problem_text: str = ""

    @property
    def verdict(self) -> str:
        return self.problem_text or "verified"

    @property
    def validity(self) -> str:
        if self.not_before is None or self.not_after is None:
            return "at no known time"
        return f"from {self.not_before:%Y-%m-%d} to {self.not_after:%Y-%m-%d}"

    @property
    def complaint(self) -> str:
        """One line that says what is wrong, with what was presented."""
        return f"{self.problem_text} (certificate of {self.subject}, valid {self.validity}, issued by {self.issuer})"

    def days_left(self, now: datetime) -> float | None:
        """Days until the first certificate of the chain expires; negative once it has."""
        return round((self.first_expiry - now).total_seconds() / 86400, 2) if self.first_expiry else None

    def masked(self, hide: Callable[[str], str]) -> "CertificateFacts":
        """A server may have put into its certificate what it was sent the last time."""
        return replace(
            self,
            subject=hide(self.subject),
            issuer=hide(self.issuer),
            names=tuple(map(hide, self.names)),
            first_to_expire=hide(self.first_to_expire),
            problem_text=hide(self.problem_text),
        )


@dataclass(frozen=True, slots=True)
class Mailbox:
    messages: int
    octets: int


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the dialogue, secrets masked. `milliseconds` since the scan began; `who`: C, S or *."""

    milliseconds: float
    who: str
    text: str


@dataclass(frozen=True, slots=True)
class Observation:
    """All that one scan found out; every field but `at` may be empty where the scan ended early.

    `phases`: whole microseconds of each finished phase before `quit`.
    """

    at: datetime
    address: str = ""
    phases: Mapping[Phase, int] = field(default_factory=dict)
    trouble: Trouble | None = None
    tls: TlsFacts | None = None
    certificate: CertificateFacts | None = None
    mailbox: Mailbox | None = None
    dialogue: tuple[Line, ...] = ()

    @property
    def response_time(self) -> float:
        """Milliseconds: the exact sum of the phases."""
        return sum(self.phases.values()) / 1000

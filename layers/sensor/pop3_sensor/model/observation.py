"""What a scan saw. `status.verdict` judges it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from .vocabulary import Phase, Reason


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a scan is not plainly good. `phase` is None if no phase is to blame."""

    reason: Reason
    phase: Phase | None
    message: str


class ScanError(Exception):
    """Ends a scan. `message` is one line for a person and holds no secret.

    `said` holds the server's own words: untrusted, and not masked. Whoever quotes them must mask them.
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
    """The presented chain. `problem` is None if it verifies.

    The other facts are there either way; they are empty only for a certificate that cannot be read.
    """

    subject: str
    issuer: str = ""
    names: tuple[str, ...] = ()
    not_before: datetime | None = None
    not_after: datetime | None = None
    serial_number: str = ""
    sha256: str = ""
    chain_length: int = 0
    first_expiry: datetime | None = None  # when the first certificate of the chain expires
    first_to_expire: str = ""  # that certificate's subject
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
        """One line: what is wrong, and with which certificate."""
        return f"{self.problem_text} (certificate of {self.subject}, valid {self.validity}, issued by {self.issuer})"

    def days_left(self, now: datetime) -> float | None:
        """Days until the first certificate of the chain expires; negative once it has."""
        return round((self.first_expiry - now).total_seconds() / 86400, 2) if self.first_expiry else None

    def masked(self, hide: Callable[[str], str]) -> "CertificateFacts":
        """Without secrets: a server may have put into its certificate what it was sent in an earlier scan."""
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
    """One line of the dialogue, secrets masked. `milliseconds`: since the scan began; `who`: C, S or *."""

    milliseconds: float
    who: str
    text: str


@dataclass(frozen=True, slots=True)
class Observation:
    """All that one scan found out. If it ended early, every field but `at` may be empty.

    `phases`: the duration of each finished phase before `quit`, in whole microseconds.
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

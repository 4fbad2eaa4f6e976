"""A scan of a scripted server, and what it came to in words.

Every scan that `provoke` makes is also checked for what holds of all: the client said exactly what the script expects
(so QUIT where the script has one and not elsewhere), the message is one short line, no secret is seen, and
docs/reference.md has the phase at the reason.
"""

import asyncio
import ssl
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from pop3_sensor.model import Observation, Phase, Settings
from pop3_sensor.scan import Credentials, Network, scan
from tests.documents import section
from tests.samples import CREDENTIALS, Changes, a_sensor
from tests.servers.scripted import Connection, Expect, OutOfScript, ReadSome, Script, scripted

ANY = [phase for phase in Phase if phase is not Phase.QUIT]
# By reason, as docs/reference.md#reasons has them.
PHASES = {
    row["reason"]: ANY if row["phase"] == "any" else row["phase"].split(", ")
    for row in section("reference.md", "Reasons").rows("reason")
}


@dataclass(frozen=True)
class Case:
    """`said`: the server's words, with which the message ends."""

    script: Script
    outcome: str
    said: str = ""
    changes: Changes = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """Say something once the client has spoken, whatever it said: a ClientHello for instance."""

    data: bytes

    def play(self, connection: Connection) -> None:
        connection.read_some()
        connection.write(self.data)


@dataclass(frozen=True)
class FailTls:
    """A handshake that fails on this side too."""

    context: ssl.SSLContext = field(repr=False)

    def play(self, connection: Connection) -> None:
        with pytest.raises(OutOfScript):
            connection.start_tls(self.context)


def run_scan(
    settings: Settings,
    credentials: Credentials | None = CREDENTIALS,
    *,
    forbidden: Sequence[Network] = (),
    seconds: float | None = None,
    loop_factory: Callable[[], asyncio.AbstractEventLoop] | None = None,
) -> Observation:
    with asyncio.Runner(loop_factory=loop_factory) as runner:
        seen = runner.run(scan(settings, credentials, forbidden=forbidden, seconds=seconds))
    assert_sound(seen, credentials)
    return seen


def provoke(
    *scripts: Script, credentials: Credentials | None = CREDENTIALS, seconds: float | None = None, **changes: Any
) -> Observation:
    with scripted(*scripts) as server:
        seen = run_scan(a_sensor(port=server.port, **changes), credentials, seconds=seconds)
    assert [] == server.failures
    for script, received in zip(scripts, server.received, strict=True):
        if any(isinstance(step, ReadSome | Answer | FailTls) for step in script):  # binary, and never the same
            assert received.startswith(foreseen(script))
            assert b"QUIT" not in received
        else:
            assert foreseen(script) == received
    return seen


def foreseen(script: Script) -> bytes:
    return b"".join(f"{step.wanted}\r\n".encode() for step in script if isinstance(step, Expect))


def outcome(seen: Observation) -> str:
    """Reason, phase and finished phases: `closed in greeting after lookup connect`."""
    finished = " ".join(seen.phases) or "nothing"
    if seen.trouble is None:
        return f"good after {finished}"
    where = f" in {seen.trouble.phase}" if seen.trouble.phase else ""
    return f"{seen.trouble.reason}{where} after {finished}"


def assert_case(case: Case, seen: Observation) -> None:
    assert case.outcome == outcome(seen)
    assert seen.trouble
    assert seen.trouble.message.endswith(f": {case.said}" if case.said else "")


def assert_sound(seen: Observation, credentials: Credentials | None) -> None:
    assert {int} >= set(map(type, seen.phases.values()))
    assert all(micros >= 0 for micros in seen.phases.values())
    assert sum(seen.phases.values()) / 1000 == seen.response_time
    if seen.trouble:
        message = seen.trouble.message
        assert 1 <= len(message) <= 300
        assert not {"Cc", "Cf", "Zl", "Zp"} & {unicodedata.category(character) for character in message}
        assert (seen.trouble.phase or "none") in PHASES[seen.trouble.reason]
    if credentials:
        assert credentials.password.get_secret_value() not in repr(seen)

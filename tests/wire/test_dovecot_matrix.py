"""A real server, Dovecot: every mode with every login, and what may be different about a server."""

import asyncio
import os
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field

import pytest
from pydantic import SecretStr

from pop3_sensor.model import Channel
from pop3_sensor.scan import Credentials, scan
from pop3_sensor.status import Report, report_of_scan
from tests.samples import Changes, a_sensor
from tests.servers.certificates import YESTERDAY, Authority
from tests.servers.dovecot import MESSAGES, Dovecot, dovecot, missing

AT_ONCE = 10  # Dovecot lets a rejected login wait half a second: so together, but not so many that scans wait for us


@dataclass(frozen=True)
class Cell:
    """`expected`: status, reason, phase, where nothing is forgiven (`warning_scans` is 0)."""

    expected: str
    mode: str
    authentication: str = "none"
    password: str = "right"
    server: str = "ordinary"
    port: str = ""  # by default the one that belongs to the mode
    changes: Changes = field(default_factory=dict)

    def __str__(self) -> str:
        words = self.server, self.port, self.mode, self.authentication, self.password, *self.changes.values()
        return " ".join(str(word) for word in words if word)


REJECTED = "Down login_rejected login"
MATRIX = (
    Cell("Up", "starttls_if_available", "none", "right"),
    Cell("Up", "starttls_if_available", "none", "wrong"),
    Cell("Up", "starttls_if_available", "user_password", "right"),
    Cell(REJECTED, "starttls_if_available", "user_password", "wrong"),
    Cell("Up", "starttls_if_available", "apop", "right"),
    Cell(REJECTED, "starttls_if_available", "apop", "wrong"),
    Cell("Up", "tls_if_available", "none", "right"),
    Cell("Up", "tls_if_available", "none", "wrong"),
    Cell("Up", "tls_if_available", "user_password", "right"),
    Cell(REJECTED, "tls_if_available", "user_password", "wrong"),
    Cell("Up", "tls_if_available", "apop", "right"),
    Cell(REJECTED, "tls_if_available", "apop", "wrong"),
    Cell("Up", "starttls_required", "none", "right"),
    Cell("Up", "starttls_required", "none", "wrong"),
    Cell("Up", "starttls_required", "user_password", "right"),
    Cell(REJECTED, "starttls_required", "user_password", "wrong"),
    Cell("Up", "starttls_required", "apop", "right"),
    Cell(REJECTED, "starttls_required", "apop", "wrong"),
    Cell("Up", "tls_required", "none", "right"),
    Cell("Up", "tls_required", "none", "wrong"),
    Cell("Up", "tls_required", "user_password", "right"),
    Cell(REJECTED, "tls_required", "user_password", "wrong"),
    Cell("Up", "tls_required", "apop", "right"),
    Cell(REJECTED, "tls_required", "apop", "wrong"),
)
NO_TLS = (
    Cell("Up", "starttls_if_available", "user_password", server="without TLS"),
    Cell("Down tls_not_offered security", "starttls_required", "user_password", server="without TLS"),
    Cell("Up", "tls_if_available", "user_password", server="without TLS", port="pop3"),
    Cell("Down tls_not_supported security", "tls_required", "user_password", server="without TLS", port="pop3"),
    Cell("Down method_not_offered login", "starttls_if_available", "apop", server="without TLS"),
)
# Clear-text logins are forbidden by the server, or by the sensor.
NO_CLEAR_TEXT = (
    Cell("Up", "starttls_if_available", "user_password", server="strict"),
    Cell("Up", "tls_if_available", "user_password", server="strict"),
    Cell("Down method_not_offered login", "tls_if_available", "user_password", server="strict", port="pop3"),
    Cell("Up", "tls_if_available", "apop", server="strict", port="pop3"),
    Cell("Up", "tls_if_available", "none", server="strict", port="pop3"),
    Cell("Up", "starttls_if_available", "user_password", changes={"cleartext_login": "refuse"}),
    Cell(
        "Down cleartext_refused login",
        "starttls_if_available",
        "user_password",
        server="without TLS",
        changes={"cleartext_login": "refuse"},
    ),
)
OTHER_PORT = (
    Cell("Up", "tls_if_available", "user_password", port="pop3"),
    Cell("Down tls_not_supported security", "tls_required", "user_password", port="pop3"),
    Cell("Down timeout greeting", "starttls_if_available", "user_password", port="pop3s", changes={"timeout": 1}),
    Cell("Down timeout greeting", "starttls_required", "user_password", port="pop3s", changes={"timeout": 1}),
)
FAULTS = ("expired", "wrong_host", "untrusted")
CHECKS = {"verify": "Down certificate_{} security", "warn": "Warning certificate_{} security", "off": "Up"}
CERTIFICATES = tuple(
    Cell(expected.format(fault), mode, "user_password", server=fault, changes={"certificate_check": check})
    for fault in FAULTS
    for check, expected in CHECKS.items()
    for mode in ("starttls_if_available", "tls_if_available", "starttls_required", "tls_required")
)
WARNED: Changes = {"certificate_check": "warn"}
GRAVER = (Cell(REJECTED, "starttls_required", "user_password", "wrong", server="expired", changes=WARNED),)
CELLS = (*MATRIX, *NO_TLS, *NO_CLEAR_TEXT, *OTHER_PORT, *CERTIFICATES, *GRAVER)


@pytest.fixture(scope="module")
def servers(authority: Authority) -> Iterator[dict[str, Dovecot]]:
    if reason := missing():
        (pytest.fail if "CI" in os.environ else pytest.skip)(reason)
    with ExitStack() as stack:
        yield {
            "ordinary": stack.enter_context(dovecot(identity=authority.issue())),
            "without TLS": stack.enter_context(dovecot(identity=None, apop=False)),
            "strict": stack.enter_context(dovecot(identity=authority.issue(), cleartext_login=False)),
            "expired": stack.enter_context(dovecot(identity=authority.issue(not_after=YESTERDAY))),
            "wrong_host": stack.enter_context(dovecot(identity=authority.issue("wrong.example.org"))),
            "untrusted": stack.enter_context(dovecot(identity=Authority(authority.directory).issue())),
        }


@pytest.fixture(scope="module")
def reports(authority: Authority, servers: dict[str, Dovecot]) -> dict[str, Report]:
    async def scan_all() -> dict[str, Report]:
        free = asyncio.Semaphore(AT_ONCE)

        async def scan_one(cell: Cell) -> Report:
            server = servers[cell.server]
            port = cell.port or ("pop3s" if cell.mode.startswith("tls") else "pop3")
            settings = a_sensor(
                host=server.host,
                port=server.port if port == "pop3" else server.tls_port,
                transport_security=cell.mode,
                authentication=cell.authentication,
                trusted_ca=authority.pem,
                warning_scans=0,
                channels=("MessageCount", "MailboxSize"),
                **cell.changes,
            )
            password = server.password if cell.password == "right" else "not the password"
            async with free:
                seen = await scan(settings, Credentials(server.username, SecretStr(password)))
            return report_of_scan("mail", settings, seen, None)

        return dict(zip(map(str, CELLS), await asyncio.gather(*map(scan_one, CELLS)), strict=True))

    return asyncio.run(scan_all())


@pytest.mark.parametrize("cell", CELLS, ids=str)
def test_cell(reports: dict[str, Report], cell: Cell) -> None:
    state = reports[str(cell)].state
    assert cell.expected == f"{state.status} {state.reason} {state.phase}".strip()


LOGGED_IN = [cell for cell in CELLS if cell.expected == "Up" and cell.authentication != "none"]


@pytest.mark.parametrize("cell", LOGGED_IN, ids=str)
def test_a_login_finds_the_mailbox(reports: dict[str, Report], cell: Cell) -> None:
    channels = reports[str(cell)].channels
    expected = (len(MESSAGES), sum(map(len, MESSAGES)))
    assert expected == (channels[Channel.MESSAGE_COUNT], channels[Channel.MAILBOX_SIZE])

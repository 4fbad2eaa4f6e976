"""What is wrong with a certificate: by both ways to TLS, and under all three kinds of check."""

import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from pop3_sensor.model import Observation
from tests.samples import PASSWORD, Changes
from tests.servers.certificates import HOSTILE_NAME, TOMORROW, YESTERDAY, Authority, Identity, self_signed
from tests.servers.scripted import Script, StartTls, capa, greeting, login_user, quit_answer, stls
from tests.wire.provoking import outcome, provoke

OFFERED = [*greeting(), *capa("STLS", "USER")]

# How a script comes to TLS, what is still said there, and the phases that are finished by then.
WAYS: dict[str, tuple[Callable[[ssl.SSLContext], Script], str]] = {
    "tls_required": (lambda tls: [StartTls(tls)], "lookup connect"),
    "tls_if_available": (lambda tls: [StartTls(tls)], "lookup connect"),
    "starttls_required": (lambda tls: [*OFFERED, *stls(tls), *quit_answer()], "lookup connect greeting"),
    "starttls_if_available": (lambda tls: [*OFFERED, *stls(tls), *quit_answer()], "lookup connect greeting"),
}
BAD: dict[str, tuple[Callable[[Authority], Identity], str]] = {
    "expired": (lambda a: a.issue(not_after=YESTERDAY), "certificate_expired"),
    "expired intermediate": (lambda a: a.intermediate(not_after=YESTERDAY).issue(), "certificate_expired"),
    "not yet valid": (lambda a: a.issue(not_before=TOMORROW), "certificate_not_yet_valid"),
    "for another name": (lambda a: a.issue("wrong.example.org"), "certificate_wrong_host"),
    "for another address": (lambda a: a.issue("127.0.0.2"), "certificate_wrong_host"),
    "for the name, not for the address": (lambda a: a.issue("localhost"), "certificate_wrong_host"),
    "of an unknown authority": (lambda a: Authority(a.directory).issue(), "certificate_untrusted"),
    "self-signed": (lambda a: self_signed(a.directory), "certificate_untrusted"),
}


@pytest.fixture(scope="module")
def bad(authority: Authority) -> dict[str, ssl.SSLContext]:
    return {kind: issue(authority).server_context() for kind, (issue, _) in BAD.items()}


@pytest.mark.parametrize("mode", WAYS)
@pytest.mark.parametrize("kind", BAD)
def test_verified(authority: Authority, bad: dict[str, ssl.SSLContext], kind: str, mode: str) -> None:
    """Such a server hears QUIT at most, and what it has shown is recorded all the same."""
    (secure, finished), reason = WAYS[mode], BAD[kind][1]
    changes: Changes = {"transport_security": mode, "authentication": "user_password", "trusted_ca": authority.pem}
    seen = provoke(secure(bad[kind]), **changes)
    assert (f"{reason} in security after {finished}", reason) == (outcome(seen), problem(seen))
    assert seen.tls
    assert seen.trouble
    assert seen.certificate
    assert seen.certificate.complaint == seen.trouble.message


@pytest.mark.parametrize("check", ["warn", "off"])
@pytest.mark.parametrize("kind", BAD)
def test_only_looked_at(authority: Authority, bad: dict[str, ssl.SSLContext], kind: str, check: str) -> None:
    script = [*OFFERED, *stls(bad[kind]), *capa("USER"), *login_user("ann", PASSWORD), *quit_answer()]
    changes: Changes = {"authentication": "user_password", "trusted_ca": authority.pem, "certificate_check": check}
    seen = provoke(script, **changes)
    expected = ("good after lookup connect greeting security login", BAD[kind][1])
    assert expected == (outcome(seen), problem(seen))


def problem(seen: Observation) -> str | None:
    assert seen.certificate
    return seen.certificate.problem


GOOD: dict[str, tuple[str, Callable[[Authority], Identity]]] = {
    "for the address": ("127.0.0.1", lambda a: a.issue("127.0.0.1")),
    "for the name": ("mail.example.org", lambda a: a.issue("mail.example.org")),
    "for the name, with the root's dot": ("mail.example.org.", lambda a: a.issue("mail.example.org")),
    "for the name, in other letters": ("MAIL.example.org", lambda a: a.issue("mail.EXAMPLE.org")),
    "for every name there": ("mail.example.org", lambda a: a.issue("*.example.org")),
    "for a name outside ASCII": ("jörg.example.org", lambda a: a.issue("xn--jrg-sna.example.org")),
    "by two intermediates": ("127.0.0.1", lambda a: a.intermediate().intermediate().issue()),
    "hostile to whoever prints its subject": ("127.0.0.1", lambda a: a.issue(common_name=HOSTILE_NAME)),
}


@pytest.mark.parametrize(("host", "issue"), GOOD.values(), ids=GOOD)
def test_nothing_is_wrong(
    authority: Authority, resolver: list[str], host: str, issue: Callable[[Authority], Identity]
) -> None:
    resolver += ["127.0.0.1"]
    script = [StartTls(issue(authority).server_context()), *greeting(), *quit_answer()]
    seen = provoke(script, host=host, transport_security="tls_required", trusted_ca=authority.pem)
    assert ("good after lookup connect security greeting", None) == (outcome(seen), problem(seen))


def test_the_first_certificate_of_the_chain_to_expire_counts(authority: Authority) -> None:
    soon = datetime.now(UTC) + timedelta(days=10)
    identity = authority.intermediate(not_after=soon).issue(not_after=soon + timedelta(days=80))
    script = [StartTls(identity.server_context()), *greeting(), *quit_answer()]
    seen = provoke(script, transport_security="tls_required", trusted_ca=authority.pem)
    assert seen.certificate
    assert (10, 2) == (round(seen.certificate.days_left(seen.at) or 0), seen.certificate.chain_length)


def test_names_are_announced_and_addresses_are_not(authority: Authority, resolver: list[str]) -> None:
    """SNI is for names only: RFC 6066 section 3."""
    resolver += ["127.0.0.1", "127.0.0.1"]
    announced: list[str | None] = []
    context = authority.issue("mail.example.org", "127.0.0.1").server_context()
    context.sni_callback = lambda _socket, name, _context: announced.append(name)
    for host in ("mail.example.org", "mail.example.org.", "127.0.0.1"):
        script = [StartTls(context), *greeting(), *quit_answer()]
        provoke(script, host=host, transport_security="tls_required", trusted_ca=authority.pem)
    assert ["mail.example.org", "mail.example.org", None] == announced


UNREADABLE = {"no month": b"29991301000000Z", "no digits": b"xxxxxxxxxxxxxxZ"}


@pytest.mark.parametrize("date", UNREADABLE.values(), ids=UNREADABLE)
def test_a_date_that_nobody_can_read_is_the_server_s_fault(authority: Authority, date: bytes) -> None:
    identity = authority.issue(not_after=datetime(3000, 1, 1, tzinfo=UTC))
    der = ssl.PEM_cert_to_DER_cert(identity.chain.read_text()).replace(b"30000101000000Z", date)
    identity.chain.write_text(ssl.DER_cert_to_PEM_cert(der))
    seen = provoke([StartTls(identity.server_context())], transport_security="tls_required", trusted_ca=authority.pem)
    assert "certificate_untrusted in security after lookup connect" == outcome(seen)

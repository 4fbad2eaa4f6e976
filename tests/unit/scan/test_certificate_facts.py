"""The facts of a presented chain, read out of a real handshake."""

import dataclasses
import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from pop3_sensor.model import CertificateFacts, Reason
from pop3_sensor.model.authorities import trust
from pop3_sensor.scan.certificates import inspect
from tests.servers.certificates import HOSTILE_NAME, YESTERDAY, Authority, Identity
from tests.unit.scan.chains import handshake, issued, presented

SOON = datetime(2040, 1, 2, 3, 4, 5, tzinfo=UTC)
LATER = datetime(2040, 2, 2, 3, 4, 5, tzinfo=UTC)
LATEST = datetime(3000, 1, 1, tzinfo=UTC)  # trustme's own


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def shown(name: x509.Name) -> str:
    return ", ".join(f"{attribute.rfc4514_attribute_name}={attribute.value!s}" for attribute in name)


def facts_of(identity: Identity) -> CertificateFacts:
    """As another library reads them, for a chain where all is well."""
    leaf = x509.load_der_x509_certificate(presented(identity)[0])
    number = leaf.serial_number
    return CertificateFacts(
        subject=shown(leaf.subject),
        issuer=shown(leaf.issuer),
        names=("localhost", "127.0.0.1", "127.0.0.2", "0:0:0:0:0:0:0:1"),
        not_before=leaf.not_valid_before_utc,
        not_after=leaf.not_valid_after_utc,
        serial_number=number.to_bytes((number.bit_length() + 7) // 8, "big").hex().upper(),
        sha256=leaf.fingerprint(SHA256()).hex(),
        chain_length=1,
        first_expiry=leaf.not_valid_after_utc,
        first_to_expire=shown(leaf.subject),
    )


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=lambda one: one.name)
def test_all_facts(authority: Authority, version: ssl.TLSVersion) -> None:
    identity = authority.issue(not_after=SOON)
    server = identity.server_context()
    server.minimum_version = server.maximum_version = version
    facts = inspect(handshake(server), "localhost", trust(authority.pem))
    assert facts_of(identity) == facts
    expected = (SOON, "verified")
    assert expected == (facts.not_after, facts.verdict)


def test_facts_of_a_certificate_that_is_refused(authority: Authority) -> None:
    identity = authority.issue(not_after=YESTERDAY)
    facts = inspect(handshake(identity.server_context()), "localhost", trust(authority.pem))
    problem = {"problem": Reason.CERTIFICATE_EXPIRED, "problem_text": "certificate has expired"}
    assert dataclasses.replace(facts_of(identity), **problem) == facts  # type: ignore[arg-type]  # fields by name
    expected = (
        f"certificate has expired (certificate of {facts.subject}, valid from 2000-01-01 to {YESTERDAY:%Y-%m-%d}, "
        f"issued by {facts.issuer})"
    )
    assert ("certificate has expired", expected) == (facts.verdict, facts.complaint)


# Expiry of the intermediate, of the leaf; the place in the chain of the first to expire.
EXPIRIES = {
    "the leaf expires first": (LATER, SOON, 0),
    "the intermediate expires first": (SOON, LATER, 1),
    "both at once": (SOON, SOON, 0),
    "the leaf, by far": (LATEST, SOON, 0),
}


@pytest.mark.parametrize(("intermediate", "leaf", "first"), EXPIRIES.values(), ids=EXPIRIES)
def test_the_first_to_expire(authority: Authority, intermediate: datetime, leaf: datetime, first: int) -> None:
    identity = authority.intermediate(not_after=intermediate).issue(not_after=leaf)
    chain = [x509.load_der_x509_certificate(der) for der in presented(identity)]
    expected = dataclasses.replace(
        facts_of(identity),
        chain_length=2,
        first_expiry=min(intermediate, leaf),
        first_to_expire=shown(chain[first].subject),
    )
    assert expected == inspect(handshake(identity.server_context()), "localhost", trust(authority.pem))


def test_an_expired_intermediate(authority: Authority) -> None:
    identity = authority.intermediate(not_after=YESTERDAY).issue(not_after=LATER)
    facts = inspect(handshake(identity.server_context()), "localhost", trust(authority.pem))
    expected = (Reason.CERTIFICATE_EXPIRED, YESTERDAY.replace(microsecond=0), LATER)
    assert expected == (facts.problem, facts.first_expiry, facts.not_after)


LONG = {
    "with what it needs at first": (lambda needed, other: [*needed, *other * 150], None),
    "with what it needs at last": (lambda needed, other: [*other * 150, *needed], Reason.CERTIFICATE_UNTRUSTED),
}


@pytest.mark.parametrize(("join", "problem"), LONG.values(), ids=LONG)
def test_of_a_long_chain_the_first_certificates_count(
    authority: Authority, join: Callable[[list[bytes], list[bytes]], list[bytes]], problem: Reason | None
) -> None:
    identity = authority.intermediate().issue()
    leaf, *needed = presented(identity)
    other = issued(authority, ec.generate_private_key(ec.SECP256R1()), subject="CN=other")
    server = showing(identity, [leaf, *join(needed, other)]).server_context()
    facts = inspect(handshake(server), "localhost", trust(authority.pem))
    assert (problem, 152) == (facts.problem, facts.chain_length)


def test_of_many_names_the_first_are_kept_and_all_are_good(authority: Authority) -> None:
    names = [f"{number}.example.org" for number in range(2000)]
    facts = inspect(handshake(with_leaf(authority, *names).server_context()), names[-1], trust(authority.pem))
    assert (tuple(names[:100]), None) == (facts.names, facts.problem)


def test_a_hostile_subject_is_cleaned(authority: Authority) -> None:
    identity = authority.issue(common_name=HOSTILE_NAME)
    facts = inspect(handshake(identity.server_context()), "localhost", trust(authority.pem))
    subject = facts.subject.partition("CN=")[2]
    expected = ("{script}alert(1){/script}[2Jgro.elpmaxe", facts.subject, None)
    assert expected == (subject, facts.first_to_expire, facts.problem)


def test_hostile_names_are_cleaned(authority: Authority) -> None:
    identity = with_leaf(authority, "<b>\x1b[2J\r\n", "x" * 1000, "localhost")
    facts = inspect(handshake(identity.server_context()), "localhost", trust(authority.pem))
    expected = ("{b}[2J", "x" * 299 + "…", "localhost")
    assert expected == facts.names


def test_a_certificate_without_names(authority: Authority) -> None:
    facts = inspect(handshake(with_leaf(authority).server_context()), "localhost", trust(authority.pem))
    expected = ((), Reason.CERTIFICATE_WRONG_HOST)
    assert expected == (facts.names, facts.problem)


def test_every_part_of_a_subject(authority: Authority) -> None:
    identity = with_leaf(authority, subject="CN=mail,OU=Post,O=Example,L=Wien,ST=W,C=AT,DC=org")  # last things first
    facts = inspect(handshake(identity.server_context()), "localhost", trust(authority.pem))
    expected = "domainComponent=org, C=AT, ST=W, L=Wien, O=Example, OU=Post, CN=mail"
    assert expected == facts.subject


def with_leaf(authority: Authority, *names: str, subject: str = "CN=localhost") -> Identity:
    """A server with a certificate that trustme does not make."""
    key = ec.generate_private_key(ec.SECP256R1())
    identity = authority.issue()
    identity.key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return showing(identity, issued(authority, key, *names, subject=subject))


def showing(identity: Identity, chain: list[bytes]) -> Identity:
    identity.chain.write_text("".join(map(ssl.DER_cert_to_PEM_cert, chain)))
    return identity


# What stands in the certificate, and what a broken or hostile server puts there. OpenSSL goes through with such a
# handshake where the certificate is not verified in it.
UNREADABLE = {
    "a name that is no UTF-8": (b"\x82\x09localhost", b"\x82\x09" + b"\xff" * 9),
    "a thirteenth month": (b"400102030405Z", b"401302030405Z"),
    "the year 0": (b"20500202030405Z", b"00000202030405Z"),
    "a common name that is no text": (b"\x0c\x09localhost", b"\x07\x09localhost"),
}


@pytest.mark.parametrize(("good", "bad"), UNREADABLE.values(), ids=UNREADABLE)
def test_a_certificate_that_makes_no_sense_is_untrusted_and_no_fault_of_ours(
    authority: Authority, good: bytes, bad: bytes
) -> None:
    expires = datetime(2050, 2, 2, 3, 4, 5, tzinfo=UTC) if b"2050" in good else SOON
    identity = authority.issue(common_name="localhost", not_after=expires)
    [der] = presented(identity)
    assert 1 == der.count(good)
    der = der.replace(good, bad)
    showing(identity, [der])
    facts = inspect(handshake(identity.server_context()), "127.0.0.1", trust(authority.pem))
    expected = CertificateFacts(
        subject="unreadable",
        sha256=sha256(der).hexdigest(),
        chain_length=1,
        problem=Reason.CERTIFICATE_UNTRUSTED,
        problem_text="the certificate cannot be read",
    )
    assert expected == facts


@pytest.mark.parametrize(
    ("left", "days"),
    [
        (timedelta(days=30), 30.0),
        (timedelta(hours=6), 0.25),
        (timedelta(0), 0.0),
        (timedelta(days=-1, hours=-12), -1.5),
    ],
    ids=["a month", "a quarter of a day", "this moment", "over for a day and a half"],
)
def test_days_left_count_to_the_first_expiry(authority: Authority, left: timedelta, days: float) -> None:
    facts = dataclasses.replace(facts_of(authority.issue()), first_expiry=SOON)
    assert days == facts.days_left(SOON - left)


def test_what_nobody_could_read_has_no_dates() -> None:
    facts = CertificateFacts(subject="unreadable", problem_text="the certificate cannot be read")
    expected = "the certificate cannot be read (certificate of unreadable, valid at no known time, issued by )"
    assert (expected, None) == (facts.complaint, facts.days_left(SOON))


def test_facts_are_masked_wherever_a_server_chose_the_words(authority: Authority) -> None:
    facts = dataclasses.replace(facts_of(authority.issue()), problem_text="wrong")
    expected = dataclasses.replace(
        facts,
        subject="***",
        issuer="***",
        names=("***",) * 4,
        first_to_expire="***",
        problem_text="***",
    )
    assert expected == facts.masked(lambda _: "***")

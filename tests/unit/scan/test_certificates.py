"""OpenSSL's verdict on the chains that a mail server may show."""

import ssl
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from pop3_sensor.model import Reason
from pop3_sensor.model.authorities import trust
from pop3_sensor.scan.certificates import verify
from tests.servers.certificates import TOMORROW, YESTERDAY, Authority, Identity, self_signed
from tests.unit.scan.chains import Key, handshake, issued, key_of, presented, signed

Chain = Callable[[Authority], list[bytes]]
GOOD = (None, "")
NO_ISSUER = (Reason.CERTIFICATE_UNTRUSTED, "unable to get local issuer certificate")
BAD_SIGNATURE = (Reason.CERTIFICATE_UNTRUSTED, "certificate signature failure")
EXPIRED = (Reason.CERTIFICATE_EXPIRED, "certificate has expired")


def wrong_host(host: str) -> tuple[Reason, str]:
    return Reason.CERTIFICATE_WRONG_HOST, f"Hostname mismatch, certificate is not valid for '{host}'."


def wrong_address(host: str) -> tuple[Reason, str]:
    return Reason.CERTIFICATE_WRONG_HOST, f"IP address mismatch, certificate is not valid for '{host}'."


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("certificates"))


def leaf(authority: Authority, *names: str) -> list[bytes]:
    return presented(authority.issue(*names))


def unknown(authority: Authority) -> list[bytes]:
    return presented(Authority(authority.directory).issue())


def tampered(authority: Authority) -> list[bytes]:
    [der] = leaf(authority)
    return [der[:-1] + bytes([der[-1] ^ 1])]


def altered(authority: Authority) -> list[bytes]:
    [der] = leaf(authority, "mail.example.net")
    return [der.replace(b"mail.example.net", b"mail.example.org")]


def by_a_leaf(authority: Authority) -> list[bytes]:
    """Whoever holds a certificate for one host cannot issue one for another."""
    identity = authority.issue("mail.example.net")
    [der] = presented(identity)
    subject = x509.load_der_x509_certificate(der).subject
    return [signed(key_of(identity), subject, ec.generate_private_key(ec.SECP256R1()), "mail.example.org"), der]


def for_clients(authority: Authority) -> list[bytes]:
    purpose = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])
    return issued(authority, ec.generate_private_key(ec.SECP256R1()), "localhost", extension=purpose)


def with_key(generate: Callable[[], Key], authority: Authority) -> list[bytes]:
    return issued(authority, generate(), "localhost")


def without_names(authority: Authority) -> list[bytes]:
    return issued(authority, ec.generate_private_key(ec.SECP256R1()), subject="CN=localhost")


def long_chain(authority: Authority) -> list[bytes]:
    for _ in range(9):
        authority = authority.intermediate()
    return presented(authority.issue())


def many_names(count: int, authority: Authority) -> list[bytes]:
    return leaf(authority, *(f"mailbox-server-{number:06}.example.org" for number in range(count)), "localhost")


def middle_swapped(authority: Authority) -> list[bytes]:
    first, second, third = presented(authority.intermediate().intermediate().issue())
    return [first, third, second]


VERDICTS: dict[str, tuple[Chain, str, tuple[Reason | None, str]]] = {
    "a good name": (leaf, "localhost", GOOD),
    "a good name in capitals": (leaf, "LocalHost", GOOD),
    "a good IPv4 address": (leaf, "127.0.0.1", GOOD),
    "a good IPv6 address": (leaf, "::1", GOOD),
    "a good IPv6 address, spelled out": (leaf, "0:0:0:0:0:0:0:1", GOOD),
    "a wildcard": (lambda ca: leaf(ca, "*.example.org"), "mail.example.org", GOOD),
    "a wildcard is not two labels": (
        lambda ca: leaf(ca, "*.example.org"),
        "a.b.example.org",
        wrong_host("a.b.example.org"),
    ),
    "a wildcard is not no label": (lambda ca: leaf(ca, "*.example.org"), "example.org", wrong_host("example.org")),
    "the wrong name": (leaf, "mail.example.org", wrong_host("mail.example.org")),
    "the name of a domain above": (lambda ca: leaf(ca, "example.org"), "a.example.org", wrong_host("a.example.org")),
    "the wrong IPv4 address": (leaf, "192.0.2.1", wrong_address("192.0.2.1")),
    "the wrong IPv6 address": (leaf, "2001:db8::1", wrong_address("2001:db8::1")),
    "an address where only names are good": (
        lambda ca: leaf(ca, "localhost"),
        "127.0.0.1",
        wrong_address("127.0.0.1"),
    ),
    "a common name is no name": (without_names, "localhost", wrong_host("localhost")),
    "expired": (lambda ca: presented(ca.issue(not_after=YESTERDAY)), "localhost", EXPIRED),
    "not yet valid": (
        lambda ca: presented(ca.issue(not_before=TOMORROW)),
        "localhost",
        (Reason.CERTIFICATE_NOT_YET_VALID, "certificate is not yet valid"),
    ),
    "an unknown authority": (unknown, "localhost", NO_ISSUER),
    "self-signed": (
        lambda ca: presented(self_signed(ca.directory)),
        "localhost",
        (Reason.CERTIFICATE_UNTRUSTED, "self-signed certificate"),
    ),
    "an intermediate": (lambda ca: presented(ca.intermediate().issue()), "localhost", GOOD),
    "an intermediate that is not sent": (lambda ca: presented(ca.intermediate().issue())[:1], "localhost", NO_ISSUER),
    "an intermediate that is expired": (
        lambda ca: presented(ca.intermediate(not_after=YESTERDAY).issue()),
        "localhost",
        EXPIRED,
    ),
    "intermediates in the wrong order": (middle_swapped, "localhost", GOOD),
    "a certificate that has nothing to do with it": (lambda ca: leaf(ca) + unknown(ca), "localhost", GOOD),
    "the same certificate twice": (lambda ca: leaf(ca) * 2, "localhost", GOOD),
    "the root as well": (
        lambda ca: [*leaf(ca), ssl.PEM_cert_to_DER_cert(ca.pem)],
        "localhost",
        GOOD,
    ),
    "a tampered signature": (tampered, "localhost", BAD_SIGNATURE),
    "an altered name": (altered, "mail.example.org", BAD_SIGNATURE),
    "issued by another server": (
        by_a_leaf,
        "mail.example.org",
        (Reason.CERTIFICATE_UNTRUSTED, "invalid CA certificate"),
    ),
    "issued for clients": (
        for_clients,
        "localhost",
        (Reason.CERTIFICATE_UNTRUSTED, "unsuitable certificate purpose"),
    ),
    "an RSA key": (partial(with_key, lambda: rsa.generate_private_key(65537, 2048)), "localhost", GOOD),
    "an EC key on P-384": (partial(with_key, lambda: ec.generate_private_key(ec.SECP384R1())), "localhost", GOOD),
    "an EC key on P-521": (partial(with_key, lambda: ec.generate_private_key(ec.SECP521R1())), "localhost", GOOD),
    "an Ed25519 key": (partial(with_key, ed25519.Ed25519PrivateKey.generate), "localhost", GOOD),
    "an Ed448 key": (partial(with_key, ed448.Ed448PrivateKey.generate), "localhost", GOOD),
    "ten certificates": (long_chain, "localhost", GOOD),
    "more than one TLS record": (partial(many_names, 500), "localhost", GOOD),
    "several TLS records": (partial(many_names, 2000), "localhost", GOOD),
    "several TLS records and the wrong name": (partial(many_names, 500), "other.org", wrong_host("other.org")),
}


@pytest.mark.parametrize(("chain", "host", "verdict"), VERDICTS.values(), ids=VERDICTS)
def test_a_verdict(authority: Authority, chain: Chain, host: str, verdict: tuple[Reason | None, str]) -> None:
    assert verdict == verify(chain(authority), host, trust(authority.pem))


def test_the_long_chains_are_long(authority: Authority) -> None:
    records = [sum(map(len, chain)) // 2**14 for chain in (many_names(500, authority), many_names(2000, authority))]
    expected = [1, 4]
    assert expected == records


UNUSABLE: dict[str, Chain] = {
    "no certificate": lambda _: [],
    "an empty certificate": lambda _: [b""],
    "garbage": lambda _: [b"garbage"],
    "garbage that begins like a certificate": lambda ca: [leaf(ca)[0][:100]],
    "garbage behind the certificate": lambda ca: [leaf(ca)[0] + b"garbage"],
    "garbage as the second certificate": lambda ca: [*leaf(ca), b"garbage"],
    "more than OpenSSL reads": lambda ca: leaf(ca) * 1000,
}


@pytest.mark.parametrize("chain", UNUSABLE.values(), ids=UNUSABLE)
def test_a_chain_that_cannot_be_used(authority: Authority, chain: Chain) -> None:
    reason, words = verify(chain(authority), "localhost", trust(authority.pem))
    expected = (Reason.CERTIFICATE_UNTRUSTED, "the certificate cannot be used: ")
    assert expected == (reason, words[: len(expected[1])])


def test_authorities_with_rsa_keys(tmp_path: Path) -> None:
    authority = Authority(tmp_path, trustme.CA(key_type=trustme.KeyType.RSA))
    expected = GOOD
    assert expected == verify(leaf(authority), "localhost", trust(authority.pem))


SERVERS: dict[str, tuple[Callable[[Authority], Identity], str]] = {
    "good": (Authority.issue, "localhost"),
    "good, by its address": (Authority.issue, "127.0.0.1"),
    "for another host": (Authority.issue, "mail.example.org"),
    "for another address": (Authority.issue, "192.0.2.1"),
    "expired": (lambda ca: ca.issue(not_after=YESTERDAY), "localhost"),
    "expired and for another host": (lambda ca: ca.issue(not_after=YESTERDAY), "mail.example.org"),
    "not yet valid": (lambda ca: ca.issue(not_before=TOMORROW), "localhost"),
    "unknown": (lambda ca: Authority(ca.directory).issue(), "localhost"),
    "self-signed": (lambda ca: self_signed(ca.directory), "localhost"),
    "with an intermediate": (lambda ca: ca.intermediate().issue(), "localhost"),
    "with an intermediate that is expired": (lambda ca: ca.intermediate(not_after=YESTERDAY).issue(), "localhost"),
}


@pytest.mark.parametrize(("server", "host"), SERVERS.values(), ids=SERVERS)
def test_an_ordinary_client_says_the_same(
    authority: Authority, server: Callable[[Authority], Identity], host: str
) -> None:
    identity = server(authority)
    client = ssl.create_default_context(cadata=authority.pem)
    words = ""
    try:
        handshake(identity.server_context(), client, host)
    except ssl.SSLCertVerificationError as error:
        words = error.verify_message
    assert words == verify(presented(identity), host, trust(authority.pem))[1]

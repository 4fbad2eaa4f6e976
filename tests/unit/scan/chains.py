"""Certificates that trustme does not make, and chains as a server would present them."""

import ipaddress
import ssl
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

from tests.servers.certificates import Authority, Identity

Key = RSAPrivateKey | EllipticCurvePrivateKey | Ed25519PrivateKey | Ed448PrivateKey


def presented(identity: Identity) -> list[bytes]:
    """The chain that this server shows, leaf first, in DER."""
    certificates = x509.load_pem_x509_certificates(identity.chain.read_bytes())
    return [certificate.public_bytes(Encoding.DER) for certificate in certificates]


def key_of(identity: Identity) -> Key:
    key = load_pem_private_key(identity.key.read_bytes(), None)
    assert isinstance(key, Key)
    return key


def issued(
    authority: Authority,
    key: Key,
    *names: str,
    subject: str = "CN=localhost",
    extension: x509.ExtensionType | None = None,
) -> list[bytes]:
    """What `authority` says of this key. Without names the certificate has a common name only."""
    issuer_key = load_pem_private_key(authority.ca.private_key_pem.bytes(), None)
    assert isinstance(issuer_key, EllipticCurvePrivateKey)
    issuer = x509.load_pem_x509_certificate(authority.ca.cert_pem.bytes()).subject
    return [signed(issuer_key, issuer, key, *names, subject=subject, extension=extension)]


def signed(
    issuer_key: Key,
    issuer: x509.Name,
    key: Key,
    *names: str,
    subject: str = "CN=localhost",
    extension: x509.ExtensionType | None = None,
) -> bytes:
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(
        issuer_name=issuer,
        subject_name=x509.Name.from_rfc4514_string(subject),
        public_key=key.public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=now - timedelta(days=1),
        not_valid_after=now + timedelta(days=1),
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName([_general_name(name) for name in names]), False)
    if extension:
        builder = builder.add_extension(extension, False)
    algorithm = None if isinstance(issuer_key, Ed25519PrivateKey | Ed448PrivateKey) else SHA256()
    return builder.sign(issuer_key, algorithm).public_bytes(Encoding.DER)


def trustful() -> ssl.SSLContext:
    """A client that takes any certificate."""
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    client.verify_mode = ssl.CERT_NONE
    return client


def handshake(server: ssl.SSLContext, client: ssl.SSLContext | None = None, host: str = "localhost") -> ssl.SSLObject:
    """The client's side of a finished handshake, in memory."""
    client = client or trustful()
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    ours = client.wrap_bio(to_client, to_server, server_hostname=host)
    theirs = server.wrap_bio(to_server, to_client, server_side=True)
    waiting = [ours, theirs]
    while waiting:
        side = waiting.pop(0)
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            waiting.append(side)
    return ours


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)

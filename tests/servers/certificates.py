"""Makes certificates of every kind that a mail server may show.

authority = Authority(tmp_path)                           trusted where a client trusts `authority.pem`
authority.issue()                                         good for localhost, 127.0.0.1, 127.0.0.2 and ::1
authority.issue(not_after=YESTERDAY)                      expired
authority.issue(not_before=TOMORROW)                      not yet valid
authority.issue("wrong.example.org")                      for another host
authority.issue(common_name=HOSTILE_NAME)                 good, with a subject that attacks whoever prints it
authority.intermediate().issue()                          leaf <- intermediate <- root
authority.intermediate(not_after=YESTERDAY).issue()       the same, the intermediate is expired
Authority(tmp_path).issue()                               from an authority that nobody knows
self_signed(tmp_path)                                     from itself

If several things are wrong, OpenSSL names one: an unknown issuer before a wrong host, a wrong host before wrong dates.
"""

import ssl
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

YESTERDAY = datetime.now(UTC) - timedelta(days=1)
TOMORROW = datetime.now(UTC) + timedelta(days=1)
LOCAL_NAMES = ("localhost", "127.0.0.1", "127.0.0.2", "::1")
HOSTILE_NAME = "<script>alert(1)</script>\x1b[2J\r\n\u202egro.elpmaxe\u2066\u200b"


@dataclass(frozen=True)
class Identity:
    """What a server shows: the leaf, then its issuers. The root is left out, as on a real server."""

    key: Path
    chain: Path

    def server_context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.chain, self.key)
        return context


@dataclass(frozen=True)
class Authority:
    directory: Path
    ca: trustme.CA = field(default_factory=trustme.CA)
    chain: bytes = b""  # what a server must send between its own certificate and the root

    @property
    def pem(self) -> str:
        return self.ca.cert_pem.bytes().decode()

    def issue(
        self,
        *names: str,
        common_name: str | None = None,
        not_before: datetime | None = None,
        not_after: datetime | None = None,
    ) -> Identity:
        leaf = self.ca.issue_cert(
            *(names or LOCAL_NAMES), common_name=common_name, not_before=not_before, not_after=not_after
        )
        return _write(self.directory, leaf.private_key_pem.bytes(), leaf.cert_chain_pems[0].bytes() + self.chain)

    def intermediate(self, *, not_after: datetime | None = None) -> "Authority":
        child = self.ca.create_child_ca()
        # trustme's authorities are valid until the year 3000. For another date the certificate is signed anew.
        certificate = _signed_anew(
            child.cert_pem.bytes(),
            issuer=x509.load_pem_x509_certificate(self.ca.cert_pem.bytes()).subject,
            signing_key=self.ca.private_key_pem.bytes(),
            not_after=not_after,
        )
        ca = trustme.CA.from_pem(certificate, child.private_key_pem.bytes())
        return Authority(self.directory, ca, certificate + self.chain)


def self_signed(directory: Path, *names: str) -> Identity:
    leaf = trustme.CA().issue_cert(*(names or LOCAL_NAMES))
    key_pem, certificate = leaf.private_key_pem.bytes(), leaf.cert_chain_pems[0].bytes()
    subject = x509.load_pem_x509_certificate(certificate).subject
    return _write(directory, key_pem, _signed_anew(certificate, issuer=subject, signing_key=key_pem))


def _signed_anew(
    certificate_pem: bytes, *, issuer: x509.Name, signing_key: bytes, not_after: datetime | None = None
) -> bytes:
    old = x509.load_pem_x509_certificate(certificate_pem)
    key = load_pem_private_key(signing_key, password=None)
    assert isinstance(key, EllipticCurvePrivateKey)
    builder = x509.CertificateBuilder(
        issuer_name=issuer,
        subject_name=old.subject,
        public_key=old.public_key(),
        serial_number=old.serial_number,
        not_valid_before=old.not_valid_before_utc,
        not_valid_after=not_after or old.not_valid_after_utc,
    )
    self_issued = issuer == old.subject
    for extension in old.extensions:
        # With the old issuer's key identifier, OpenSSL would not take a self-signed certificate for its own issuer.
        if not (self_issued and isinstance(extension.value, x509.AuthorityKeyIdentifier)):
            builder = builder.add_extension(extension.value, critical=extension.critical)
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)


def _write(directory: Path, key: bytes, chain: bytes) -> Identity:
    place = Path(tempfile.mkdtemp(dir=directory))  # mode 0700: the key is nobody else's
    identity = Identity(key=place / "key.pem", chain=place / "chain.pem")
    identity.key.write_bytes(key)
    identity.chain.write_bytes(chain)
    return identity

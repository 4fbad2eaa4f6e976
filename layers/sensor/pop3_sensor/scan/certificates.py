"""Reads and judges a presented certificate chain, whatever is wrong with it.

A handshake that verifies shows no certificate when it fails, so the handshake accepts any chain and the chain is
judged here, before another byte is sent. The judge is OpenSSL itself, by public means only: a second client, with the
trusted authorities, is given the same chain in a TLS 1.2 Certificate message. It answers with its verdict, or goes on
to wait for the next message. So `warn` and `verify` are judged alike, and no X.509 library is needed.
"""

import hashlib
import ssl
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, NamedTuple

from ..model import CertificateFacts, Reason
from ..model.authorities import Authorities
from ..model.text import printable

# So many certificates of a chain are read and judged. Real ones have two to five; OpenSSL takes hundreds, and to judge
# those would hold up the other scans.
MAX_CHAIN = 32
MAX_NAMES = 100  # that are kept; OpenSSL takes thousands

# X509_V_ERR_* of OpenSSL's x509_vfy.h, as SSLCertVerificationError.verify_code gives them.
_PROBLEMS = {
    9: Reason.CERTIFICATE_NOT_YET_VALID,
    10: Reason.CERTIFICATE_EXPIRED,
    62: Reason.CERTIFICATE_WRONG_HOST,
    64: Reason.CERTIFICATE_WRONG_HOST,
}
_ISSUER_UNKNOWN = frozenset({2, 18, 19, 20, 21})

# RFC 4514 section 3
_SHORT = {
    "commonName": "CN",
    "countryName": "C",
    "localityName": "L",
    "organizationName": "O",
    "organizationalUnitName": "OU",
    "stateOrProvinceName": "ST",
}

# ECDHE-RSA and ECDHE-ECDSA: the suite must fit the key, which is the chain's own affair.
_RSA, _ECDSA = b"\xc0\x2f", b"\xc0\x2b"
_ECDSA_KEY = bytes.fromhex("06072a8648ce3d0201")  # id-ecPublicKey, RFC 5480 section 2.1.1


class _Verdict(NamedTuple):
    problem: Reason | None
    words: str
    knows_issuer: bool = True


def inspect(tls: ssl.SSLObject, host: str, authorities: Authorities) -> CertificateFacts:
    """The facts of the chain that the server at `host` (DNS name or IP address) presented."""
    # get_unverified_chain is public from Python 3.13 only, and then gives DER alone; these objects also read it.
    presented = tls._sslobj.get_unverified_chain() or []  # type: ignore[attr-defined]  # noqa: SLF001
    chain = presented[:MAX_CHAIN]
    ders = [ssl.PEM_cert_to_DER_cert(certificate.public_bytes()) for certificate in chain]
    try:
        facts = _facts([certificate.get_info() for certificate in chain])
    # Names that are no UTF-8, or no text at all, and dates that are none: OpenSSL took them all the same.
    except (LookupError, ValueError, ssl.SSLError):
        facts = CertificateFacts(subject="unreadable")
        problem: Reason | None = Reason.CERTIFICATE_UNTRUSTED
        problem_text = "the certificate cannot be read"
    else:
        problem, problem_text = verify(ders, host, authorities)
    sha256 = hashlib.sha256(ders[0]).hexdigest() if ders else ""
    return replace(facts, sha256=sha256, chain_length=len(presented), problem=problem, problem_text=problem_text)


def _facts(infos: list[dict[str, Any]]) -> CertificateFacts:
    expiries = [_moment(info["notAfter"]) for info in infos]
    first = expiries.index(min(expiries))
    leaf = infos[0]
    return CertificateFacts(
        subject=_name(leaf["subject"]),
        issuer=_name(leaf["issuer"]),
        names=tuple(printable(str(value)) for _, value in leaf.get("subjectAltName", ())[:MAX_NAMES]),
        not_before=_moment(leaf["notBefore"]),
        not_after=expiries[0],
        serial_number=leaf["serialNumber"],
        first_expiry=expiries[first],
        first_to_expire=_name(infos[first]["subject"]),
    )


def verify(chain: list[bytes], host: str, authorities: Authorities) -> tuple[Reason | None, str]:
    """OpenSSL's verdict on a DER chain, leaf first: (None, "") where it verifies for `host`, else reason and words.

    It is enough that one of the authorities vouches for it. If none does, the objection of one that knows the issuer
    counts, for the others only say that they do not.
    """
    verdicts = []
    for context in authorities:
        verdicts.append(_verdict(chain, host, context))
        if verdicts[-1].problem is None:
            return None, ""
    told = next((one for one in verdicts if one.knows_issuer), verdicts[-1])
    return told.problem, told.words


def _verdict(chain: list[bytes], host: str, authorities: ssl.SSLContext) -> _Verdict:
    likely_first = (_ECDSA, _RSA) if chain and _ECDSA_KEY in chain[0] else (_RSA, _ECDSA)
    for suite in likely_first:
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        judge = authorities.wrap_bio(incoming, outgoing, server_hostname=host)
        incoming.write(_server_flight(chain, suite))
        try:
            judge.do_handshake()
        except ssl.SSLWantReadError:
            return _Verdict(None, "")
        except ssl.SSLCertVerificationError as error:
            problem = _PROBLEMS.get(error.verify_code, Reason.CERTIFICATE_UNTRUSTED)
            return _Verdict(problem, printable(error.verify_message), error.verify_code not in _ISSUER_UNKNOWN)
        except ssl.SSLError as error:
            objection = getattr(error, "reason", None) or str(error)  # only what OpenSSL raised has a reason
    return _Verdict(Reason.CERTIFICATE_UNTRUSTED, printable(f"the certificate cannot be used: {objection}"))


def _server_flight(chain: list[bytes], suite: bytes) -> bytes:
    """ServerHello and Certificate of TLS 1.2 (RFC 5246 sections 6.2.1, 7.4.1.3 and 7.4.2) as records."""
    renegotiation_info = b"\xff\x01\x00\x01\x00"  # RFC 5746: OpenSSL refuses a server without it
    hello = b"\x03\x03" + bytes(32) + b"\x00" + suite + b"\x00" + _sized(renegotiation_info, 2)
    certificates = _sized(b"".join(_sized(der, 3) for der in chain), 3)
    messages = b"\x02" + _sized(hello, 3) + b"\x0b" + _sized(certificates, 3)
    fragments = (messages[start : start + 2**14] for start in range(0, len(messages), 2**14))
    return b"".join(b"\x16\x03\x03" + _sized(fragment, 2) for fragment in fragments)


def _sized(data: bytes, width: int) -> bytes:
    return len(data).to_bytes(width, "big") + data


def _moment(text: str) -> datetime:
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(text), UTC)


def _name(rdns: tuple[tuple[tuple[str, str], ...], ...]) -> str:
    return printable(", ".join(f"{_SHORT.get(key, key)}={value}" for rdn in rdns for key, value in rdn))

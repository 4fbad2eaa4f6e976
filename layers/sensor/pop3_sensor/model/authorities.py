"""The authorities that may vouch for a mail server: the public ones, and those that an item brings."""

import functools
import re
import ssl

# It stops at any other dash: "anything up to END" would look through the whole text for each BEGIN without one.
_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]++-----END CERTIFICATE-----")


Authorities = tuple[ssl.SSLContext, ...]  # whoever any of them trusts is trusted


@functools.lru_cache(maxsize=512)  # more than a batch has sensors, each perhaps with authorities of its own
def trust(trusted_ca: str = "") -> Authorities:
    """Those of the PEM text, then the public ones. Raises ssl.SSLError if it holds none.

    Apart from each other: the public ones cost some 20 ms and a megabyte, and are read once for all sensors.
    """
    context = _context()
    if trusted_ca:
        context.load_verify_locations(cadata=_certificates_in(trusted_ca))
        return (context, *trust())
    context.load_default_certs()
    return (context,)


def _context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # `scan.certificates` shows it the chain in a TLS 1.2 message. For TLS 1.3 it would make a key share, which is slow.
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    # VERIFY_X509_STRICT stays off: private authorities of mail servers are often older than its rules. With partial
    # chains an operator can trust an intermediate, or a self-signed certificate itself.
    context.verify_flags |= ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN
    context.hostname_checks_common_name = False  # RFC 9525 section 6.3
    return context


def check_authorities(pem: str) -> bool:
    """Whether OpenSSL finds certificates in this text, and nothing broken."""
    if pem.count("-----BEGIN CERTIFICATE-----") != len(_CERTIFICATE.findall(pem)):
        return False
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=_certificates_in(pem))
    except (ssl.SSLError, TypeError, ValueError):  # TypeError: not ASCII; ValueError: empty
        return False
    return True


def _certificates_in(pem: str) -> str:
    """The certificates alone: the text around them may be in any alphabet, and OpenSSL takes only ASCII."""
    return "\n".join(_CERTIFICATE.findall(pem))

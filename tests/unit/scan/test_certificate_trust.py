"""Whom a sensor trusts: the public authorities, and those of its item."""

import ssl
from collections.abc import Callable
from pathlib import Path

import pytest

from pop3_sensor.model import Reason
from pop3_sensor.model.authorities import check_authorities, trust
from pop3_sensor.scan.certificates import verify
from tests.servers.certificates import YESTERDAY, Authority, self_signed
from tests.unit.scan.chains import presented

GOOD = (None, "")
NO_ISSUER = (Reason.CERTIFICATE_UNTRUSTED, "unable to get local issuer certificate")


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("certificates"))


def leaf(authority: Authority) -> list[bytes]:
    return presented(authority.issue())


def pem(ders: list[bytes]) -> str:
    return "".join(map(ssl.DER_cert_to_PEM_cert, ders))


def test_an_intermediate_may_be_trusted_itself(authority: Authority) -> None:
    first, second = presented(authority.intermediate().issue())
    trusted = trust(pem([second]))
    expected = [GOOD, GOOD, NO_ISSUER]
    assert expected == [verify(chain, "localhost", trusted) for chain in ([first, second], [first], leaf(authority))]


def test_a_self_signed_certificate_may_be_trusted_itself(authority: Authority) -> None:
    chain = presented(self_signed(authority.directory))
    expected = [None, Reason.CERTIFICATE_WRONG_HOST]
    assert expected == [verify(chain, host, trust(pem(chain)))[0] for host in ("localhost", "mail.example.org")]


def test_an_expired_certificate_is_expired_although_it_is_trusted_itself(authority: Authority) -> None:
    chain = presented(authority.issue(not_after=YESTERDAY))
    expected = (Reason.CERTIFICATE_EXPIRED, "certificate has expired")
    assert expected == verify(chain, "localhost", trust(pem(chain)))


def test_several_authorities_may_be_trusted(authority: Authority) -> None:
    other, unknown = Authority(authority.directory), Authority(authority.directory)
    trusted = trust(f"# ours\n{authority.pem}\n# theirs\n{other.pem}")
    expected = [GOOD, GOOD, NO_ISSUER]
    assert expected == [verify(chain, "localhost", trusted) for chain in (leaf(authority), leaf(other), leaf(unknown))]


def test_trust_of_one_sensor_is_not_trust_of_another(authority: Authority) -> None:
    other = Authority(authority.directory)
    expected = [GOOD, NO_ISSUER, NO_ISSUER]
    trusted = [trust(text) for text in (authority.pem, other.pem, "")]
    assert expected == [verify(leaf(authority), "localhost", one) for one in trusted]


def test_the_public_authorities_stay_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    public, private, unknown = Authority(tmp_path), Authority(tmp_path), Authority(tmp_path)
    (tmp_path / "public.pem").write_text(public.pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "public.pem"))  # where OpenSSL finds the public ones
    trust.cache_clear()
    trusted = trust(private.pem)
    trust.cache_clear()
    expected = [GOOD, GOOD, NO_ISSUER]
    assert expected == [verify(leaf(one), "localhost", trusted) for one in (public, private, unknown)]


def test_who_knows_the_issuer_tells_what_is_wrong(authority: Authority) -> None:
    """To the public authorities it is merely unknown; whoever is asked first."""
    own, public = trust(authority.pem)
    chain = presented(authority.issue(not_after=YESTERDAY))
    expected = (Reason.CERTIFICATE_EXPIRED, "certificate has expired")
    assert [expected, expected] == [verify(chain, "localhost", order) for order in ((own, public), (public, own))]
    other = presented(Authority(authority.directory).issue())
    assert NO_ISSUER == verify(other, "localhost", (own, public))


def test_authorities_are_read_once(authority: Authority) -> None:
    assert trust(authority.pem) is trust(authority.pem)


AUTHORITIES: dict[str, tuple[Callable[[str], str], bool]] = {
    "one": (lambda good: good, True),
    "two": (lambda good: good + good, True),
    "words around it": (lambda good: f"# ours\n{good}# the end\n", True),
    "nothing": (lambda _: "", False),
    "words alone": (lambda _: "ours", False),
    "words outside ASCII alone": (lambda _: "größe", False),
    "a certificate that was cut off": (lambda good: good[: len(good) // 2], False),
    "a certificate that is broken": (lambda good: good.replace("\nMII", "\nAAA"), False),
    "a good one and a broken one": (lambda good: good + good.replace("\nMII", "\nAAA"), False),
    "DER in the place of PEM": (lambda good: ssl.PEM_cert_to_DER_cert(good).decode("latin-1"), False),
}


@pytest.mark.parametrize(("write", "usable"), AUTHORITIES.values(), ids=AUTHORITIES)
def test_whether_a_text_holds_authorities(authority: Authority, write: Callable[[str], str], usable: bool) -> None:
    assert usable == check_authorities(write(authority.pem))

"""Which certificates of a text are trusted, and that looking for them reads it once."""

import trustme

from pop3_sensor.model.authorities import check_authorities, trust

CA = trustme.CA().cert_pem.bytes().decode()
BEGINNING = "-----BEGIN CERTIFICATE-----\n"


def test_a_certificate_begins_where_it_begins() -> None:
    """Whoever looks from an earlier beginning on looks through the whole text for each of them: that took a minute."""
    own, _ = trust(BEGINNING * 3 + CA)
    assert 1 == len(own.get_ca_certs())


def test_the_public_authorities_are_read_once_for_all() -> None:
    """They take 20 ms and a megabyte: 500 servers with certificates of their own took ten seconds of every tick."""
    (public,) = trust()
    texts = [CA + f"# {number}" for number in range(500)]
    found = [trust(text) for text in texts]
    assert 500 == len({id(own) for own, _ in found})
    assert {id(public)} == {id(shared) for _, shared in found}
    assert all(trust(text) is one for text, one in zip(texts, found, strict=True))  # as many as a batch has stay


def test_a_beginning_without_an_end_is_no_certificate() -> None:
    assert check_authorities(CA)
    assert not check_authorities(BEGINNING + CA)
    assert not check_authorities(CA + BEGINNING)
    assert not check_authorities(BEGINNING * 2_000)

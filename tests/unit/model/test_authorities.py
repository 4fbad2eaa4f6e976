"""Which certificates of a text are trusted, and that looking for them reads it once."""

import trustme

from pop3_sensor.model.authorities import check_authorities, trust

CA = trustme.CA().cert_pem.bytes().decode()
BEGINNING = "-----BEGIN CERTIFICATE-----\n"


def test_a_certificate_begins_where_it_begins() -> None:
    """Whoever looks from an earlier beginning on looks through the whole text for each of them: that took a minute."""
    public = len(trust().get_ca_certs())
    assert 1 + public == len(trust(BEGINNING * 3 + CA).get_ca_certs())


def test_a_beginning_without_an_end_is_no_certificate() -> None:
    assert check_authorities(CA)
    assert not check_authorities(BEGINNING + CA)
    assert not check_authorities(CA + BEGINNING)
    assert not check_authorities(BEGINNING * 2_000)

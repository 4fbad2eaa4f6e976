"""The words of a sensor's page for the settings that are out of a closed list."""

from collections.abc import Mapping
from typing import Any, get_args

import pytest

from pop3_sensor.model.settings import Authentication, CertificateCheck, ResultHandling, TransportSecurity
from pop3_sensor.overview.facts import CERTIFICATE, LOGIN, STORED, TRANSPORT

TABLES: dict[str, tuple[Any, Mapping[Any, str]]] = {
    "transport_security": (TransportSecurity, TRANSPORT),
    "authentication": (Authentication, LOGIN),
    "certificate_check": (CertificateCheck, CERTIFICATE),
    "result_handling": (ResultHandling, STORED),
}


@pytest.mark.parametrize(("values", "words"), TABLES.values(), ids=TABLES)
def test_every_value_has_words_of_its_own(values: Any, words: Mapping[Any, str]) -> None:
    assert set(get_args(values)) == set(words)
    assert len(words) == len(set(words.values()))

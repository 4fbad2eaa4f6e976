"""What a sensor's page says of its settings: which of them, and in which words."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC
from typing import Any, cast, get_args

import pytest

from pop3_sensor.model import Settings
from pop3_sensor.model.settings import Authentication, CertificateCheck, ResultHandling, TransportSecurity
from pop3_sensor.overview.facts import CERTIFICATE, LOGIN, STORED, TRANSPORT, facts
from pop3_sensor.overview.lines import Look
from pop3_sensor.overview.survey import Sensor
from tests.samples import AT, SENSOR

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


class Read:
    """A sensor's settings, and which of them somebody read."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.names: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        self.names.add(name)
        return getattr(self._settings, name)


# The survey knows them already.
OF_THE_ITEM = {"id", "name", "tags", "priority", "ancestors"}
IN_THE_GRAPHS = {"channels", "primary_channel", "graph_type", "stack_unit"}
# Who logs in and with what is nobody's business; the others say little on a page.
LEFT_OUT = {"username", "secret_id", "secret_key", "cleartext_login", "trusted_ca", "ip_version", "dependency_delay"}


def test_a_setting_is_shown_or_left_out_on_purpose() -> None:
    read = Read(SENSOR)
    sensor = Sensor("mail-1", "Mail", None, 3, (), cast("Settings", read), "", None)
    assert list(facts(sensor, (), {}, Look(AT, UTC)))
    assert OF_THE_ITEM | IN_THE_GRAPHS | LEFT_OUT == {field.name for field in fields(Settings)} - read.names

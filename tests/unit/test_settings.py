"""From an item to the settings in force: the contract's table of defaults (section 2), and what must not be missing."""

import dataclasses
from typing import Any

import pytest
import trustme

from pop3_sensor.channels import Channel
from pop3_sensor.inheritance import settings_of
from pop3_sensor.items import InvalidSettings, read_item
from pop3_sensor.settings import Settings
from tests.fakes.samples import SENSOR

DEFAULTS = {
    "id": "mail-1",
    "name": "mail-1",
    "host": "mail.example.org",
    "port": 110,
    "tags": ("mailsensor", "pop3sensor"),
    "priority": 3,
    "timeout": 60,
    "transport_security": "starttls_if_available",
    "authentication": "none",
    "username": None,
    "secret_id": None,
    "secret_key": None,
    "cleartext_login": "allow",
    "certificate_check": "verify",
    "trusted_ca": "",
    "ip_version": "ipv4",
    "result_handling": "discard",
    "channels": (),
    "interval": 60,
    "warning_scans": 1,
}

CA = trustme.CA().cert_pem.bytes().decode()

OTHERWISE = {
    "name": "Mail",
    "host": "192.0.2.1",
    "port": 1110,
    "tags": ("one",),
    "priority": 5,
    "timeout": 10,
    "transport_security": "tls_required",
    "authentication": "apop",
    "username": "ann",
    "secret_id": "pop3-sensor/mail",
    "secret_key": "ann",
    "cleartext_login": "refuse",
    "certificate_check": "off",
    "trusted_ca": CA,
    "ip_version": "any",
    "result_handling": "store",
    "channels": (Channel.STATUS,),
    "interval": 300,
    "warning_scans": 0,
}


def settings(**attributes: Any) -> Settings:
    return settings_of(read_item({"id": "mail-1", **attributes}))


def test_the_defaults() -> None:
    assert DEFAULTS == dataclasses.asdict(settings(host="mail.example.org"))


def test_whatever_is_written_is_in_force() -> None:
    assert OTHERWISE.keys() | {"id"} == DEFAULTS.keys()
    assert {"id": "mail-1", **OTHERWISE} == dataclasses.asdict(settings(**OTHERWISE))


# Attribute, what is written, what is in force.
EMPTY: dict[str, tuple[str, Any, Any]] = {
    "no tags": ("tags", [], ()),
    "no channels": ("channels", [], ()),
    "no patience": ("warning_scans", 0, 0),
}


@pytest.mark.parametrize(("attribute", "written", "in_force"), EMPTY.values(), ids=EMPTY)
def test_nothing_is_not_the_default(attribute: str, written: object, in_force: object) -> None:
    expected = {**DEFAULTS, attribute: in_force}
    assert expected == dataclasses.asdict(settings(host="mail.example.org", **{attribute: written}))


# Transport security, port: the port in force.
PORTS: dict[str, tuple[dict[str, Any], int]] = {
    "nothing written": ({}, 110),
    "STLS if available": ({"transport_security": "starttls_if_available"}, 110),
    "STLS required": ({"transport_security": "starttls_required"}, 110),
    "TLS if available": ({"transport_security": "tls_if_available"}, 995),
    "TLS required": ({"transport_security": "tls_required"}, 995),
    "a port of its own": ({"port": 1110}, 1110),
    "a port of its own under TLS": ({"transport_security": "tls_required", "port": 110}, 110),
}


@pytest.mark.parametrize(("written", "port"), PORTS.values(), ids=PORTS)
def test_the_port_follows_from_the_transport_security(written: dict[str, Any], port: int) -> None:
    assert port == settings(host="mail.example.org", **written).port


NO_HOST = "host: is missing; allowed: a DNS name or an IP address, without a port"
NO_SECRET = "secret_id: is missing, and authentication is {}; allowed: the name or ARN of a Secrets Manager secret"
MISSING: dict[str, tuple[dict[str, Any], list[str]]] = {
    "the host": ({}, [NO_HOST]),
    "the host, which is null": ({"host": None}, [NO_HOST]),
    "the secret of a password": (
        {"host": "mail.example.org", "authentication": "user_password"},
        [NO_SECRET.format("user_password")],
    ),
    "the secret of APOP": ({"host": "mail.example.org", "authentication": "apop"}, [NO_SECRET.format("apop")]),
    "the secret, though there is a user name": (
        {"host": "mail.example.org", "authentication": "apop", "username": "ann"},
        [NO_SECRET.format("apop")],
    ),
    "both": ({"authentication": "apop"}, [NO_HOST, NO_SECRET.format("apop")]),
}


@pytest.mark.parametrize(("written", "told"), MISSING.values(), ids=MISSING)
def test_what_must_not_be_missing(written: dict[str, Any], told: list[str]) -> None:
    with pytest.raises(InvalidSettings) as caught:
        settings(**written)
    assert told == [str(problem) for problem in caught.value.problems]


def test_a_secret_without_authentication_is_no_fault() -> None:
    expected = {**DEFAULTS, "secret_id": "pop3-sensor/mail", "username": "ann"}
    found = settings(host="mail.example.org", secret_id="pop3-sensor/mail", username="ann")
    assert expected == dataclasses.asdict(found)


# Listed channels, published channels.
PUBLISHED: dict[str, tuple[list[Channel], tuple[Channel, ...]]] = {
    "the manual's two where none is listed": ([], (Channel.RESPONSE_TIME, Channel.DOWNTIME)),
    "those listed besides": (
        [Channel.MAILBOX_SIZE, Channel.STATUS],
        (Channel.RESPONSE_TIME, Channel.DOWNTIME, Channel.MAILBOX_SIZE, Channel.STATUS),
    ),
    "none twice": (
        [Channel.DOWNTIME, Channel.STATUS],
        (Channel.RESPONSE_TIME, Channel.DOWNTIME, Channel.STATUS),
    ),
}


@pytest.mark.parametrize(("listed", "published"), PUBLISHED.values(), ids=PUBLISHED)
def test_the_published_channels(listed: list[Channel], published: tuple[Channel, ...]) -> None:
    assert published == dataclasses.replace(SENSOR, channels=tuple(listed)).published_channels


# Transport security: implicit TLS, TLS required.
MODES: dict[str, tuple[bool, bool]] = {
    "starttls_if_available": (False, False),
    "starttls_required": (False, True),
    "tls_if_available": (True, False),
    "tls_required": (True, True),
}


@pytest.mark.parametrize("mode", MODES)
def test_the_four_modes(mode: str) -> None:
    found = settings(host="mail.example.org", transport_security=mode, port=1)
    assert MODES[mode] == (found.implicit_tls, found.tls_required)

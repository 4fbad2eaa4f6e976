"""From an item to the settings in force: the defaults of docs/sensors.md, and what must not be missing."""

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import trustme

from pop3_sensor.items import InvalidSettings, Item, read_item, settings_of
from pop3_sensor.model import Channel, Settings
from pop3_sensor.model.limits import Limits
from tests.samples import SENSOR

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
    "primary_channel": "ResponseTime",
    "graph_type": "independent",
    "stack_unit": None,
    "limits": {},
    "interval": 60,
    "warning_scans": 1,
    "dependency_delay": 0,
    "schedules": (),
    "maintenance_windows": (),
    "paused": (),
    "masters": (),
    "vanished_masters": (),
    "ancestors": (),
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
    "primary_channel": "Status",
    "graph_type": "stacked",
    "stack_unit": "Percent",
    "interval": 300,
    "warning_scans": 0,
    "dependency_delay": 90,
}

# Attributes that take another form, or another name for the sum of all that hold.
MOMENT = datetime(2026, 2, 1, 6, tzinfo=UTC)
NO_LIMITS = dataclasses.asdict(Limits())
ADDING: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "limits, in the order of their names": (
        {"limits": {"ResponseTime": {"upper_error": 5}, "ConnectTime": {"lower_warning": 0.5, "warning_message": "!"}}},
        {
            "limits": {
                "ConnectTime": {**NO_LIMITS, "lower_warning": 0.5, "warning_message": "!"},
                "ResponseTime": {**NO_LIMITS, "upper_error": 5},
            }
        },
    ),
    "a schedule": (
        {"schedule": {"time_zone": "Europe/Berlin", "paused": ["fr:17:00-mo:09:00"]}},
        {"schedules": ({"time_zone": "Europe/Berlin", "paused": ("fr:17:00-mo:09:00",)},)},
    ),
    "a schedule that never pauses": (
        {"schedule": {"time_zone": "UTC", "paused": []}},
        {"schedules": ({"time_zone": "UTC", "paused": ()},)},
    ),
    "a preset of a time zone": (
        {"schedule": {"time_zone": "Asia/Tokyo", "preset": "weekdays"}},
        {"schedules": ({"time_zone": "Asia/Tokyo", "paused": ("sa:00:00-mo:00:00",)},)},
    ),
    "another preset": (
        {"schedule": {"time_zone": "UTC", "preset": "weekends"}},
        {"schedules": ({"time_zone": "UTC", "paused": ("mo:00:00-sa:00:00",)},)},
    ),
    "windows": (
        {"maintenance_windows": [{"start": "2026-02-01T06:00:00Z", "end": "2026-02-01T08:00:00+01:00"}]},
        {"maintenance_windows": ({"start": MOMENT, "end": MOMENT + timedelta(hours=1)},)},
    ),
    "a pause": ({"paused": True}, {"paused": (None,)}),
    "no pause": ({"paused": False}, {"paused": ()}),
    "a pause until": ({"paused": "2026-02-01T07:00:00+01:00"}, {"paused": (MOMENT,)}),
    "a dependency": ({"depends_on": "ping"}, {"masters": ("ping",)}),
}


def settings(**attributes: Any) -> Settings:
    return settings_of(read_item({"id": "mail-1", **attributes}))


def test_the_defaults() -> None:
    assert DEFAULTS == dataclasses.asdict(settings(host="mail.example.org"))


def test_whatever_is_written_is_in_force() -> None:
    others = {name for _, in_force in ADDING.values() for name in in_force} | {"vanished_masters", "ancestors"}
    assert OTHERWISE.keys() | others | {"id"} == DEFAULTS.keys()
    assert {**DEFAULTS, **OTHERWISE} == dataclasses.asdict(settings(**OTHERWISE))


@pytest.mark.parametrize(("written", "in_force"), ADDING.values(), ids=ADDING)
def test_what_takes_another_form(written: dict[str, Any], in_force: dict[str, Any]) -> None:
    expected = {**DEFAULTS, **in_force}
    found = dataclasses.asdict(settings(host="mail.example.org", **written))
    assert expected == found
    assert list(expected["limits"]) == list(found["limits"])


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


NO_HOST = "host: is missing, here and in everything above; allowed: a DNS name or an IP address, without a port"
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


UNVERIFIED = (
    "certificate_check: is {}, but with authentication {} a token is sent, and only where the certificate verifies; "
    "allowed: verify"
)
MISFITS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "a token, and the certificate is only warned of": (
        {"authentication": "xoauth2", "secret_id": "a", "certificate_check": "warn"},
        [UNVERIFIED.format("warn", "xoauth2")],
    ),
    "a token, and the certificate is not looked at": (
        {"authentication": "oauthbearer", "secret_id": "a", "certificate_check": "off"},
        [UNVERIFIED.format("off", "oauthbearer")],
    ),
    "a unit to stack, and nothing is stacked": (
        {"stack_unit": "Percent"},
        [f"stack_unit: is set, but graph_type is not stacked; allowed: {Item.model_fields['stack_unit'].description}"],
    ),
    "a unit that no channel has": (
        {"graph_type": "stacked", "stack_unit": "Bytes"},
        ["stack_unit: Bytes is not among the units of this sensor's channels: Milliseconds, Percent"],
    ),
    "a primary channel that is not published": (
        {"primary_channel": "LoginTime", "channels": ["Status"]},
        ["primary_channel: LoginTime is not among this sensor's channels: ResponseTime, Downtime, Status"],
    ),
}


@pytest.mark.parametrize(("written", "told"), MISFITS.values(), ids=MISFITS)
def test_what_does_not_fit_together(written: dict[str, Any], told: list[str]) -> None:
    with pytest.raises(InvalidSettings) as caught:
        settings(host="mail.example.org", **written)
    assert told == [str(problem) for problem in caught.value.problems]


# Primary channel, unit to stack: the unit that is stacked.
STACKED: dict[str, tuple[dict[str, Any], str]] = {
    "the default": ({}, "Milliseconds"),
    "that of the primary channel": ({"primary_channel": "Downtime"}, "Percent"),
    "its own": ({"stack_unit": "Percent"}, "Percent"),
}


@pytest.mark.parametrize(("written", "unit"), STACKED.values(), ids=STACKED)
def test_the_unit_to_stack(written: dict[str, Any], unit: str) -> None:
    assert unit == settings(host="mail.example.org", graph_type="stacked", **written).stacked_unit


def test_a_fingerprint_changes_with_every_setting_and_nothing_else() -> None:
    """Only where the next scan is further away than a minute: a state that is not compared need not change."""
    slow = {"host": "mail.example.org", "interval": 300, "secret_id": "a", "channels": ["LoginTime"]}
    others = {name: value for name, value in OTHERWISE.items() if name not in ("stack_unit", "interval")}
    written: list[dict[str, Any]] = [
        {},
        *({name: value} for name, value in (others | {"primary_channel": "LoginTime"}).items()),
    ]
    written += [given for given, _ in ADDING.values() if given != {"paused": False}]
    prints = [settings(**slow | given).fingerprint for given in written]
    assert prints == [settings(**slow | given).fingerprint for given in written]
    assert len(prints) == len(set(prints))
    assert ["", ""] == [settings(host="mail.example.org", interval=interval).fingerprint for interval in (30, 60)]


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

"""What is published of a scan, and what is returned."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from pop3_sensor.model import CertificateFacts, Channel, Observation, Phase, Reason, Settings, State, Status, Trouble
from pop3_sensor.model.channels import UNITS
from pop3_sensor.status import Report, report_of_scan
from pop3_sensor.status.verdict import Verdict
from tests.samples import AT, CERTIFICATE, REFUSED, SEEN, SENSOR

PATIENT = replace(SENSOR, channels=tuple(Channel))
STRICT = replace(PATIENT, warning_scans=0)
UNREADABLE = CertificateFacts("unreadable", problem=Reason.CERTIFICATE_UNTRUSTED, problem_text="it cannot be read")
IN_USE = replace(SEEN, trouble=Trouble(Reason.MAILBOX_IN_USE, Phase.LOGIN, "in use"), mailbox=None)
UNSCANNED = Observation(AT, trouble=Trouble(Reason.SECRET_MISSING, None, "the secret a does not exist"))

EVERYTHING = {
    "LookupTime": 1.5,
    "ConnectTime": 20.25,
    "GreetingTime": 30.001,
    "SecurityTime": 40,
    "LoginTime": 50,
    "CertificateDaysLeft": 10.5,
    "MessageCount": 2,
    "MailboxSize": 320,
}
BUT_THE_MAILBOX = {name: value for name, value in EVERYTHING.items() if not name.startswith("M")}

# Settings, what was seen, the channels.
CHANNELS: dict[str, tuple[Settings | None, Observation, dict[str, float]]] = {
    "Up, only the manual's two": (SENSOR, SEEN, {"ResponseTime": 141.751, "Downtime": 0}),
    "Up, one more": (
        replace(SENSOR, channels=(Channel.CERTIFICATE_DAYS_LEFT,)),
        SEEN,
        {"ResponseTime": 141.751, "Downtime": 0, "CertificateDaysLeft": 10.5},
    ),
    "Up, all": (PATIENT, SEEN, {"ResponseTime": 141.751, "Downtime": 0, "Status": 0, **EVERYTHING}),
    "Up, without TLS and login": (
        PATIENT,
        replace(SEEN, phases={Phase.LOOKUP: 1, Phase.CONNECT: 2}, tls=None, certificate=None, mailbox=None),
        {"ResponseTime": 0.003, "Downtime": 0, "Status": 0, "LookupTime": 0.001, "ConnectTime": 0.002},
    ),
    "Up, an empty mailbox": (
        replace(SENSOR, channels=(Channel.MESSAGE_COUNT, Channel.MAILBOX_SIZE)),
        replace(SEEN, mailbox=replace(SEEN.mailbox, messages=0, octets=0)) if SEEN.mailbox else SEEN,
        {"ResponseTime": 141.751, "Downtime": 0, "MessageCount": 0, "MailboxSize": 0},
    ),
    "Up, a certificate that has expired and is ignored": (
        replace(SENSOR, channels=(Channel.CERTIFICATE_DAYS_LEFT,), certificate_check="off"),
        replace(
            SEEN,
            certificate=replace(CERTIFICATE, first_expiry=AT - timedelta(days=2), problem=Reason.CERTIFICATE_EXPIRED),
        ),
        {"ResponseTime": 141.751, "Downtime": 0, "CertificateDaysLeft": -2},
    ),
    "Up, a certificate that cannot be read and is ignored": (
        replace(SENSOR, channels=(Channel.CERTIFICATE_DAYS_LEFT,), certificate_check="off"),
        replace(SEEN, certificate=UNREADABLE),
        {"ResponseTime": 141.751, "Downtime": 0},
    ),
    "Warning that is an answer": (
        PATIENT,
        IN_USE,
        {"ResponseTime": 141.751, "Downtime": 0, "Status": 1, **BUT_THE_MAILBOX},
    ),
    "Warning, a failure: no ResponseTime": (PATIENT, REFUSED, {"Downtime": 0, "Status": 1, "LookupTime": 1.5}),
    "Down: no ResponseTime": (STRICT, REFUSED, {"Downtime": 100, "Status": 2, "LookupTime": 1.5}),
    "Down, only the manual's two": (replace(SENSOR, warning_scans=0), REFUSED, {"Downtime": 100}),
    "Down, though the certificate was seen": (
        replace(STRICT, channels=(Channel.CERTIFICATE_DAYS_LEFT, Channel.RESPONSE_TIME)),
        replace(SEEN, trouble=Trouble(Reason.LOGIN_REJECTED, Phase.LOGIN, "no")),
        {"Downtime": 100, "CertificateDaysLeft": 10.5},
    ),
    "Unknown": (PATIENT, UNSCANNED, {"Downtime": 0, "Status": 3}),
    "Unknown, settings invalid": (
        None,
        Observation(AT, trouble=Trouble(Reason.SETTINGS_INVALID, None, "host: is missing")),
        {"Downtime": 0},
    ),
}


@pytest.mark.parametrize(("settings", "seen", "channels"), CHANNELS.values(), ids=CHANNELS)
def test_channels(settings: Settings | None, seen: Observation, channels: dict[str, float]) -> None:
    assert channels == report_of_scan("mail-1", settings, seen, None).channels


def test_a_paused_sensor_publishes_nothing() -> None:
    paused = Report("mail-1", PATIENT, Observation(AT), Verdict(Status.PAUSED, None, 0, answered=False), None)
    assert {} == paused.channels


UNITS_OF_THE_CONTRACT = {
    "Milliseconds": ["ResponseTime", "LookupTime", "ConnectTime", "GreetingTime", "SecurityTime", "LoginTime"],
    "Percent": ["Downtime"],
    "None": ["Status", "CertificateDaysLeft"],
    "Count": ["MessageCount"],
    "Bytes": ["MailboxSize"],
}


def test_every_channel_has_its_unit() -> None:
    expected = {Channel(name): unit for unit, names in UNITS_OF_THE_CONTRACT.items() for name in names}
    assert expected == UNITS
    assert set(Channel) == set(UNITS)


CERTIFICATE_JSON = {
    "subject": "CN=mail.example.org",
    "issuer": "CN=Example CA",
    "names": ["mail.example.org", "pop.example.org"],
    "not_before": "2026-01-01T12:00:00+00:00",
    "not_after": "2026-04-01T12:00:00+00:00",
    "days_left": 10.5,
    "first_to_expire": "CN=Example Intermediate",
    "serial_number": "0A1B",
    "sha256": "ab" * 32,
    "chain_length": 2,
    "problem": "",
    "problem_text": "",
}
UP_JSON = {
    "sensor_id": "mail-1",
    "status": "Up",
    "phase": "",
    "reason": "",
    "message": "",
    "response_time_ms": 141.751,
    "channels": {"ResponseTime": 141.751, "Downtime": 0},
    "phases": {"lookup": 1.5, "connect": 20.25, "greeting": 30.001, "security": 40, "login": 50},
    "address": "192.0.2.1",
    "tls": {"version": "TLSv1.3", "cipher": "TLS_AES_256_GCM_SHA384", "started_by": "STLS"},
    "certificate": CERTIFICATE_JSON,
}
WARNED = replace(CERTIFICATE, problem=Reason.CERTIFICATE_EXPIRED, problem_text="certificate has expired")

# Settings, what was seen, what is returned.
RESULTS: dict[str, tuple[Settings | None, Observation, dict[str, Any]]] = {
    "Up": (SENSOR, SEEN, UP_JSON),
    "Warning, because of the certificate": (
        replace(SENSOR, certificate_check="warn"),
        replace(SEEN, certificate=WARNED),
        {
            **UP_JSON,
            "status": "Warning",
            "phase": "security",
            "reason": "certificate_expired",
            "message": WARNED.complaint,
            "certificate": {
                **CERTIFICATE_JSON,
                "problem": "certificate_expired",
                "problem_text": "certificate has expired",
            },
        },
    ),
    "Up, with a certificate that cannot be read": (
        replace(SENSOR, certificate_check="off"),
        replace(SEEN, certificate=UNREADABLE),
        {
            **UP_JSON,
            "certificate": {
                "subject": "unreadable",
                "issuer": "",
                "names": [],
                "not_before": None,
                "not_after": None,
                "days_left": None,
                "first_to_expire": "",
                "serial_number": "",
                "sha256": "",
                "chain_length": 0,
                "problem": "certificate_untrusted",
                "problem_text": "it cannot be read",
            },
        },
    ),
    "Down": (
        replace(SENSOR, warning_scans=0),
        REFUSED,
        {
            "sensor_id": "mail-1",
            "status": "Down",
            "phase": "connect",
            "reason": "refused",
            "message": "nothing accepts connections on this port",
            "response_time_ms": None,
            "channels": {"Downtime": 100},
            "phases": {"lookup": 1.5},
            "address": "192.0.2.1",
            "tls": {},
            "certificate": {},
        },
    ),
    "Unknown": (
        None,
        Observation(AT, trouble=Trouble(Reason.SETTINGS_INVALID, None, "host: is missing")),
        {
            "sensor_id": "mail-1",
            "status": "Unknown",
            "phase": "",
            "reason": "settings_invalid",
            "message": "host: is missing",
            "response_time_ms": None,
            "channels": {"Downtime": 0},
            "phases": {},
            "address": "",
            "tls": {},
            "certificate": {},
        },
    ),
}


@pytest.mark.parametrize(("settings", "seen", "result"), RESULTS.values(), ids=RESULTS)
def test_results(settings: Settings | None, seen: Observation, result: dict[str, Any]) -> None:
    found = report_of_scan("mail-1", settings, seen, None).as_json()
    assert result == found == json.loads(json.dumps(found))
    assert plain(found)


def plain(value: object) -> bool:
    """No subclasses: Lambda's own serializer and a log's formatter may treat an enumeration otherwise."""
    if isinstance(value, dict):
        return type(value) is dict and all(map(plain, value)) and all(map(plain, value.values()))
    if isinstance(value, Sequence) and not isinstance(value, str):
        return type(value) is list and all(map(plain, value))
    return type(value) in (str, int, float, type(None))


def test_the_response_time_is_the_exact_sum_of_the_phases() -> None:
    phases = dict.fromkeys(Phase, 100_001)
    del phases[Phase.QUIT]
    report = report_of_scan("mail-1", PATIENT, replace(SEEN, phases=phases), None)
    assert report.response_time == report.channels[Channel.RESPONSE_TIME] == 500.005


def test_what_is_new_is_in_the_state() -> None:
    before = State(Status.WARNING, AT - timedelta(minutes=1), "lookup", "timeout", "late", 1)
    trouble = REFUSED.trouble
    assert trouble
    expected = State(Status.DOWN, AT, "connect", "refused", trouble.message, 2)
    assert expected == report_of_scan("mail-1", SENSOR, REFUSED, before).state

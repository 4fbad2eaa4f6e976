"""The two files of a sensor that stores its results."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from hashlib import md5
from typing import Any

import pytest
from pydantic import SecretStr

from pop3_sensor.model import CertificateFacts, Channel, Observation, Phase, Reason, State, Status, Trouble
from pop3_sensor.model.calendars import MaintenanceWindow, Schedule
from pop3_sensor.model.limits import Limits
from pop3_sensor.model.observation import Line
from pop3_sensor.model.settings import Authentication
from pop3_sensor.scan import Credentials, scan
from pop3_sensor.status import report_of_scan
from pop3_sensor.status.result_files import dialogue, file_names, is_stored, summary
from tests.samples import AT, CERTIFICATE, REFUSED, SEEN, SENSOR
from tests.servers.scripted import Script, answer, greeting, scripted


def test_the_names_are_the_manual_s_own() -> None:
    expected = ("sensors/Result of Sensor mail-1.txt", "sensors/Result of Sensor mail-1.Data.txt")
    assert expected == file_names("mail-1")


UP = """\
Sensor mail-1, scan of 2026-01-31T12:00:00+00:00

Result
  Status:                Up since 2026-01-31T12:00:00+00:00
  Reason:                -
  Phase:                 -
  Message:               -
  Failures in a row:     0

Channels
  ResponseTime:          141.751 Milliseconds
  Downtime:              0 Percent
  MailboxSize:           320 Bytes

Phases
  lookup:                1.500 ms
  connect:               20.250 ms
  greeting:              30.001 ms
  security:              40.000 ms
  login:                 50.000 ms

Connection
  Address:               192.0.2.1
  Encryption:            TLSv1.3, TLS_AES_256_GCM_SHA384, STLS
  Certificate:           verified
  Subject:               CN=mail.example.org
  Names:                 mail.example.org, pop.example.org
  Issuer:                CN=Example CA
  Valid:                 2026-01-01T12:00:00+00:00 to 2026-04-01T12:00:00+00:00
  First to expire:       CN=Example Intermediate, in 10.5 days
  SHA-256:               abababababababababababababababababababababababababababababababab

Settings
  id:                    mail-1
  name:                  Mail {one}
  host:                  mail.example.org
  port:                  110
  tags:                  mailsensor, pop3sensor
  priority:              3
  timeout:               60
  transport_security:    starttls_if_available
  authentication:        user_password
  username:              ann
  secret_id:             pop3-sensor/mail
  secret_key:            ann
  cleartext_login:       allow
  certificate_check:     verify
  ip_version:            ipv4
  result_handling:       store
  channels:              MailboxSize
  primary_channel:       ResponseTime
  graph_type:            independent
  limits:                {}
  interval:              60
  warning_scans:         1
  dependency_delay:      0
  schedules:
  maintenance_windows:
  paused:
  masters:
  vanished_masters:
  ancestors:
"""


def test_the_summary_of_a_good_scan() -> None:
    settings = replace(
        SENSOR,
        authentication="user_password",
        username="ann",
        secret_id="pop3-sensor/mail",
        secret_key="ann",
        trusted_ca="-----BEGIN CERTIFICATE-----",
        result_handling="store",
        channels=(Channel.MAILBOX_SIZE,),
    )
    lines = summary(report_of_scan("mail-1", settings, SEEN, None)).splitlines()
    assert UP.splitlines() == [line.rstrip() for line in lines]


def test_the_summary_shows_settings_of_every_kind() -> None:
    settings = replace(
        SENSOR,
        limits={Channel.RESPONSE_TIME: Limits(upper_error=5)},
        schedules=(Schedule("Europe/Berlin", ("fr:17:00-mo:09:00",)),),
        maintenance_windows=(MaintenanceWindow(AT, AT + timedelta(hours=1)),),
        paused=(None, AT),
        masters=("ping",),
        ancestors=("rack", "root"),
    )
    lines = summary(report_of_scan("mail-1", settings, SEEN, None)).splitlines()
    for name, shown in {
        "limits": "ResponseTime",
        "schedules": "fr:17:00-mo:09:00",
        "maintenance_windows": "2026",
        "paused": "2026",
        "masters": "ping",
        "ancestors": "rack, root",
    }.items():
        (line,) = [line for line in lines if line.startswith(f"  {name}: ")]
        assert shown in line


DOWN = """\
Sensor mail-1, scan of 2026-01-31T12:00:00+00:00

Result
  Status:                Down since 2026-01-31T11:00:00+00:00
  Reason:                refused
  Phase:                 connect
  Message:               nothing accepts connections on this port
  Failures in a row:     8

Channels
  Downtime:              100 Percent

Phases
  lookup:                1.500 ms

Connection
  Address:               192.0.2.1
  Encryption:            none

Settings
"""


def test_the_summary_of_a_failed_scan() -> None:
    previous = State(Status.DOWN, AT - timedelta(hours=1), failures=7)
    text, _, _ = summary(report_of_scan("mail-1", SENSOR, REFUSED, previous)).partition("  id:")
    assert DOWN == text


def test_the_summary_says_what_is_wrong_with_the_certificate() -> None:
    wrong = replace(CERTIFICATE, problem=Reason.CERTIFICATE_EXPIRED, problem_text="certificate has expired")
    lines = summary(report_of_scan("mail-1", SENSOR, replace(SEEN, certificate=wrong), None)).splitlines()
    assert ["  Certificate:           certificate has expired"] == [line for line in lines if "expired" in line]


UNREADABLE = """\
  Certificate:           the certificate cannot be read
  Subject:               unreadable
  Names:
  Issuer:
  SHA-256:               abababababababababababababababababababababababababababababababab
"""


def test_the_summary_of_a_certificate_that_cannot_be_read() -> None:
    facts = CertificateFacts(
        "unreadable",
        sha256="ab" * 32,
        problem=Reason.CERTIFICATE_UNTRUSTED,
        problem_text="the certificate cannot be read",
    )
    text = summary(report_of_scan("mail-1", SENSOR, replace(SEEN, certificate=facts), None))
    assert UNREADABLE in "\n".join(line.rstrip() for line in text.splitlines())


INVALID = """\
Sensor mail-1, scan of 2026-01-31T12:00:00+00:00

Result
  Status:                Unknown since 2026-01-31T12:00:00+00:00
  Reason:                settings_invalid
  Phase:                 -
  Message:               host: is missing
  Failures in a row:     0

Channels
  Downtime:              0 Percent

Phases

Connection
  Address:               -
  Encryption:            none
"""


def test_the_summary_without_settings() -> None:
    seen = Observation(AT, trouble=Trouble(Reason.SETTINGS_INVALID, None, "host: is missing"))
    assert INVALID == summary(report_of_scan("mail-1", None, seen, None))


DIALOGUE = """\
Sensor mail-1, scan of 2026-01-31T12:00:00+00:00

       0.001 ms  *: connected to 192.0.2.1 port 110
       1.500 ms  S: +OK ready
      20.250 ms  C: PASS ***
  899999.999 ms  S: +OK größer
"""


def test_the_dialogue() -> None:
    lines = (
        Line(0.001, "*", "connected to 192.0.2.1 port 110"),
        Line(1.5, "S", "+OK ready"),
        Line(20.25, "C", "PASS ***"),
        Line(899_999.999, "S", "+OK größer"),
    )
    assert DIALOGUE == dialogue(report_of_scan("mail-1", SENSOR, replace(SEEN, dialogue=lines), None))


def test_the_dialogue_of_a_scan_that_said_nothing() -> None:
    expected = "Sensor mail-1, scan of 2026-01-31T12:00:00+00:00\n\n"
    assert expected == dialogue(report_of_scan("mail-1", SENSOR, REFUSED, None))


PASSWORD = "tanstaaf-8472"
CHALLENGE = "<1896.697170952@mail.example.org>"
DIGEST = md5(f"{CHALLENGE}{PASSWORD}".encode(), usedforsecurity=False).hexdigest()
ECHO = f"-ERR not {PASSWORD}, not {PASSWORD.upper()}"
# From the digest a weak password can be guessed.
LOGINS: dict[Authentication, Script] = {
    "user_password": [*answer("USER ann", "+OK"), *answer(f"PASS {PASSWORD}", ECHO), *answer("QUIT", ECHO)],
    "apop": [*answer(f"APOP ann {DIGEST}", f"{ECHO}, not {DIGEST}"), *answer("QUIT", f"-ERR {DIGEST}")],
}


@pytest.mark.parametrize("authentication", LOGINS)
def test_no_file_holds_the_password_even_if_the_server_echoes_it(authentication: Authentication) -> None:
    with scripted([*greeting(CHALLENGE), *answer("CAPA", "-ERR"), *LOGINS[authentication]]) as server:
        settings = replace(SENSOR, host=server.host, port=server.port, authentication=authentication)
        seen = asyncio.run(scan(settings, Credentials("ann", SecretStr(PASSWORD))))
    assert [] == server.failures
    report = report_of_scan("mail-1", settings, seen, None)
    texts = f"{summary(report)}{dialogue(report)}{report!r}{report.as_json()}".lower()
    assert "login_rejected" in texts
    assert (False, False) == (PASSWORD in texts, DIGEST in texts)


IN_USE = replace(SEEN, trouble=Trouble(Reason.MAILBOX_IN_USE, Phase.LOGIN, "in use"))
UNSCANNED = Observation(AT, trouble=Trouble(Reason.SECRET_MISSING, None, "the secret a does not exist"))
EXPIRED = replace(SEEN, certificate=replace(CERTIFICATE, problem=Reason.CERTIFICATE_EXPIRED))

# Settings that are not the default, what was seen: is it stored.
STORED: dict[str, tuple[dict[str, Any], Observation, bool]] = {
    "by default a good scan is not": ({}, SEEN, False),
    "by default a failed scan is not": ({}, REFUSED, False),
    "store: a good scan is": ({"result_handling": "store"}, SEEN, True),
    "store: a failed scan is": ({"result_handling": "store"}, REFUSED, True),
    "store on failure: a good scan is not": ({"result_handling": "store_on_failure"}, SEEN, False),
    "store on failure: a failed scan is, in grace": ({"result_handling": "store_on_failure"}, REFUSED, True),
    "store on failure: a failed scan is, without": (
        {"result_handling": "store_on_failure", "warning_scans": 0},
        REFUSED,
        True,
    ),
    "store on failure: a Warning that is an answer is": ({"result_handling": "store_on_failure"}, IN_USE, True),
    "store on failure: a certificate that is warned of is": (
        {"result_handling": "store_on_failure", "certificate_check": "warn"},
        EXPIRED,
        True,
    ),
    "store on failure: a certificate that is ignored is not": (
        {"result_handling": "store_on_failure", "certificate_check": "off"},
        EXPIRED,
        False,
    ),
    "store on failure: a trouble of our own is": ({"result_handling": "store_on_failure"}, UNSCANNED, True),
}


@pytest.mark.parametrize(("changes", "seen", "stored"), STORED.values(), ids=STORED)
def test_what_is_stored(changes: dict[str, Any], seen: Observation, stored: bool) -> None:
    assert stored is is_stored(report_of_scan("mail-1", replace(SENSOR, **changes), seen, None))


def test_without_settings_nothing_is_stored() -> None:
    seen = Observation(AT, trouble=Trouble(Reason.SETTINGS_INVALID, None, "host: is missing"))
    assert not is_stored(report_of_scan("mail-1", None, seen, None))

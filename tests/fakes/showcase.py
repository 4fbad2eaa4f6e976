"""A company's mail servers on a bad morning, for the browser's tests and the documents' pictures."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from pop3_sensor.model import PauseReason, State, Status
from pop3_sensor.overview import Overview, Sources
from pop3_sensor.ports import StoredResult, Wanted
from tests.fakes.history import Archive, History, States
from tests.fakes.memory import Sensors

NOW = datetime(2026, 1, 31, 9, 42, 20, tzinfo=UTC)
PHASES = ["LookupTime", "ConnectTime", "GreetingTime", "SecurityTime", "LoginTime"]
SHARES = dict(zip(PHASES, (0.06, 0.14, 0.2, 0.36, 0.24), strict=True))

BERLIN_FALLS = NOW - timedelta(minutes=47)

ITEMS: list[dict[str, Any]] = [
    {"id": "root", "kind": "group", "name": "Example Ltd.", "tags": ["example"]},
    {"id": "customers", "kind": "group", "name": "Customers", "priority": 5, "tags": ["customers"]},
    {"id": "berlin", "kind": "device", "parent": "customers", "name": "Berlin", "host": "mail.berlin.example.net"},
    {
        "id": "berlin-pop3s",
        "parent": "berlin",
        "name": "Berlin POP3S",
        "priority": 5,
        "transport_security": "tls_required",
        "tags": ["production", "pop3s"],
        "channels": [*PHASES, "CertificateDaysLeft"],
        "graph_type": "stacked",
        "limits": {"ResponseTime": {"upper_warning": 400, "upper_error": 900}},
        "result_handling": "store_on_failure",
    },
    {"id": "berlin-pop3", "parent": "berlin", "name": "Berlin POP3 with StartTLS", "tags": ["production"]},
    {"id": "vienna", "kind": "device", "parent": "customers", "name": "Vienna", "host": "mail.vienna.example.net"},
    {
        "id": "vienna-pop3s",
        "parent": "vienna",
        "name": "Vienna POP3S",
        "priority": 4,
        "transport_security": "tls_required",
        "tags": ["production", "pop3s"],
        "channels": [*PHASES, "CertificateDaysLeft", "MessageCount"],
        "limits": {"ResponseTime": {"upper_warning": 160, "upper_error": 900, "warning_message": "call the provider"}},
        "result_handling": "store",
    },
    {"id": "vienna-pop3", "parent": "vienna", "name": "Vienna POP3", "tags": ["production"]},
    {"id": "zurich", "kind": "device", "parent": "customers", "name": "Zürich", "host": "mail.zurich.example.net"},
    {
        "id": "zurich-pop3s",
        "parent": "zurich",
        "name": "Zürich POP3S",
        "transport_security": "tls_required",
        "tags": ["production", "pop3s"],
    },
    {"id": "zurich-apop", "parent": "zurich", "name": "Zürich APOP login", "interval": 300, "tags": ["login"]},
    {"id": "office", "kind": "group", "name": "Office"},
    {"id": "office-mail", "kind": "device", "parent": "office", "name": "Mail in the cellar", "host": "192.0.2.25"},
    {"id": "office-pop3", "parent": "office-mail", "name": "Cellar POP3", "priority": 4, "tags": ["internal"]},
    {"id": "office-scanner", "parent": "office-mail", "name": "Scan-to-mail box", "tags": ["internal", "login"]},
    {"id": "office-old", "parent": "office-mail", "name": "Old server", "priority": 1, "tags": ["internal"]},
    {"id": "lab", "kind": "group", "name": "Laboratory", "priority": 2},
    {"id": "lab-new", "parent": "lab", "name": "Next release", "host": "192.0.2.80", "tags": ["test"]},
    {"id": "lab-typo", "parent": "lab", "name": "Dovecot 2.4", "host": "192.0.2.81", "prot": 1110, "tags": ["test"]},
]

MESSAGES: Mapping[str, tuple[Status, timedelta, str, str, str, int]] = {
    "berlin-pop3s": (
        Status.DOWN,
        NOW - BERLIN_FALLS,
        "connect",
        "refused",
        "nothing accepts connections at 198.51.100.14 port 995",
        47,
    ),
    "vienna-pop3s": (
        Status.WARNING,
        timedelta(minutes=12),
        "",
        "limit",
        "ResponseTime 188.4 Milliseconds is above the upper warning limit of 160; call the provider",
        0,
    ),
    "office-scanner": (
        Status.WARNING,
        timedelta(seconds=50),
        "login",
        "mailbox_in_use",
        "the mailbox is in use by somebody else; the server says: [IN-USE] Do you have another POP session running?",
        0,
    ),
}
PAUSES = {
    "berlin-pop3": (PauseReason.DEPENDENCY,),
    "office-old": (PauseReason.USER, PauseReason.MAINTENANCE),
}

SUMMARY = """\
Sensor berlin-pop3s, scan of 2026-01-31T09:42:02+00:00

Result
  Status:                Down since 2026-01-31T08:55:20+00:00
  Reason:                refused
  Phase:                 connect
  Message:               nothing accepts connections at 198.51.100.14 port 995
  Failures in a row:     47

Channels
  Downtime:              100 Percent
  LookupTime:            1.812 Milliseconds

Phases
  lookup:                1.812 ms
  connect:               0.704 ms

Connection
  Address:               198.51.100.14
  Encryption:            none

Settings
  username:              must-not-be-shown
"""


def states() -> dict[str, State]:
    found: dict[str, State] = {}
    for number, item in enumerate(ITEMS):
        one = item["id"]
        if item.get("kind", "sensor") != "sensor" or one in ("lab-new", "lab-typo"):
            continue
        if one in MESSAGES:
            status, ago, phase, reason, message, failures = MESSAGES[one]
            found[one] = State(status, NOW - ago, phase, reason, message, failures)
        elif one in PAUSES:
            found[one] = State(Status.PAUSED, NOW - timedelta(hours=7), pause_reasons=PAUSES[one])
        else:
            found[one] = State(Status.UP, NOW - timedelta(days=3 + 2 * number, hours=number))
    return found


def measured(wanted: Wanted, at: datetime) -> float | None:
    """The noise follows from the sensor and the time, so each call gives the same value."""
    sensor, channel = wanted
    item = next((one for one in ITEMS if one["id"] == sensor), {})
    paused = sensor in PAUSES and at > NOW - timedelta(hours=7)
    if paused or at > NOW or at.timestamp() % item.get("interval", 60):
        return None
    if sensor == "berlin-pop3s" and at >= BERLIN_FALLS:
        return {"Downtime": 100.0, "LookupTime": 1.8}.get(channel)
    response = _response_time(sensor, at)
    shares = {channel: share * response for channel, share in SHARES.items()}
    others = {
        "ResponseTime": response,
        "Downtime": 0.0,
        "CertificateDaysLeft": 9.5 + (NOW - at).total_seconds() / 86400,
        "MessageCount": 40.0 + int(at.timestamp() // 5400) % 7,
    }
    return (shares | others)[channel]


def _response_time(sensor: str, at: datetime) -> float:
    noise = Random(f"{sensor}{at.timestamp()}").random()  # noqa: S311 - a picture, not a secret
    usual = 90 + 60 * Random(sensor).random()  # noqa: S311 - likewise
    slow = 1.5 if sensor == "vienna-pop3s" and at >= NOW - timedelta(minutes=12) else 1.0
    return slow * usual * (1 + 0.18 * math.sin(at.timestamp() / 2400) + 0.25 * noise * noise)


def company() -> Overview:
    archive = Archive(
        {
            "berlin-pop3s": StoredResult(
                "sensors/Result of Sensor berlin-pop3s.txt", SUMMARY, NOW - timedelta(seconds=18)
            )
        }
    )
    return Overview(Sources(Sensors(ITEMS), States(states()), History(measured), archive), lambda: NOW)


def crowd(count: int = 300) -> Overview:
    """`count` sensors in ten groups with six devices each; a few sensors are in trouble."""
    items: list[dict[str, Any]] = [{"id": "root", "kind": "group", "name": "Everything"}]
    kept: dict[str, State] = {}
    for group in range(10):
        items.append({"id": f"g{group}", "kind": "group", "name": f"Region {group + 1}"})
        for device in range(6):
            host = f"mx{device + 1}.region{group + 1}.example.net"
            items.append(
                {"id": f"g{group}d{device}", "kind": "device", "parent": f"g{group}", "name": host, "host": host}
            )
    for number in range(count):
        one, device = f"mail-{number:04}", number % 60
        items.append(
            {
                "id": one,
                "parent": f"g{device // 6}d{device % 6}",
                "name": f"POP3 of customer {number + 1}",
                "priority": 3 + (number % 17 == 0),
                "tags": ["gold" if number % 7 == 0 else "silver"],
            }
        )
        status, reason, message = Status.UP, "", ""
        if number % 59 == 7:
            status, reason, message = Status.DOWN, "timeout", "no greeting within 60 s"
        elif number % 43 == 5:
            status, reason, message = Status.WARNING, "login_delay", "the server asks to wait between two logins"
        elif number % 61 == 11:
            status = Status.PAUSED
        phase = "greeting" if status is Status.DOWN else "login" if reason else ""
        pauses = (PauseReason.SCHEDULE,) if status is Status.PAUSED else ()
        since = NOW - timedelta(minutes=37 * (number + 1))
        kept[one] = State(status, since, phase, reason, message, pause_reasons=pauses)
    return Overview(Sources(Sensors(items), States(kept), History(measured), Archive()), lambda: NOW)

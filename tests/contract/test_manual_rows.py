"""PRTG's manual page of the POP3 sensor, row by row in its order: what each promises holds here.

Each test is named after its row. Where a server matters it is a real one.
"""

import re
import ssl
from datetime import timedelta
from typing import Any

from tests.contract.rows import family, in_force, life, refuses, takes
from tests.contract.visits import LOG_IN, LOGIN, PASSWORD, PLAIN, UP, USER, Do, Visit
from tests.fakes.clock import Clock
from tests.fakes.simulations import DOWN, fleet, sensor
from tests.fakes.simulations import UP as WELL
from tests.fakes.stacks import MemoryStack, item
from tests.root import ROOT
from tests.samples import AT
from tests.servers.certificates import Authority
from tests.servers.scripted import (
    Close,
    Expect,
    ReadSome,
    Script,
    Send,
    StartTls,
    answer,
    capa,
    greeting,
    login_apop,
    login_user,
    quit_answer,
    refused_port,
    scripted,
    stls,
)

FROM_PRTG = ROOT / "docs" / "from-prtg.md"
# The manual's own words, in its order.
ROWS = [
    "does not support Secure Remote Password (SRP) ciphers",
    "does not support Microsoft 365 mailboxes",
    "only supports IPv4",
    "low performance impact",
    "Sensor Name",
    "Parent Tags",
    "Tags",
    "Priority",
    "Timeout (Sec.)",
    "Port",
    "Transport-Level Security: Use transport-level security if available using StartTLS (default)",
    "Transport-Level Security: Use transport-level security if available",
    "Transport-Level Security: Enforce transport-level security using StartTLS",
    "Transport-Level Security: Enforce transport-level security",
    "POP3 Authentication Method: Without login",
    "POP3 Authentication Method: User name and password",
    "POP3 Authentication Method: 128-bit MD5 hash value (APOP)",
    "User Name",
    "Password",
    "Result Handling: Discard result (default)",
    "Result Handling: Store result",
    "Primary Channel",
    "Graph Type",
    "Stack Unit",
    "Scanning Interval",
    "Schedules, Dependencies, and Maintenance Window",
    "Access Rights",
    "Downtime",
    "Response Time",
]


def documented() -> dict[str, str]:
    """The rows of the guide: PRTG's word, and what it is here."""
    return dict(re.findall(r"^\| (.+?) \| (.+) \|$", FROM_PRTG.read_text(), re.MULTILINE))


def test_the_guide_has_every_row_in_the_manual_s_order() -> None:
    assert ROWS == [row for row in documented() if row in ROWS]


def told(*items: dict[str, Any]) -> dict[str, Any]:
    """The status event of the sensor "mail"."""
    simulation = fleet(*items)
    simulation.minute()
    (detail,) = [change.detail for change in simulation.events.changes if change.detail["sensor_id"] == "mail"]
    return dict(detail)


# ---- remarks ---------------------------------------------------------------------------------------------------------


def test_does_not_support_microsoft_365_mailboxes() -> None:
    """Here they are: XOAUTH2 is what they want (tests/wire/test_sasl_reasons.py says it to a server like theirs)."""
    takes("authentication", "xoauth2", "oauthbearer", secret_id="ann's")


def test_only_supports_ipv4() -> None:
    """By default; more can be asked for."""
    assert UP == Visit(PLAIN).outcome
    assert ("Down", "no_address") == Visit(at="::1").outcome
    assert UP == Visit(PLAIN, at="::1", ip_version="ipv6").outcome


def test_low_performance_impact() -> None:
    """One connection and one login, rejected or not: the server hears exactly this."""
    for ok in (True, False):
        visit = Visit([*greeting(), *capa("USER"), *login_user(USER, PASSWORD, ok=ok), *quit_answer()], **LOGIN)
        assert [f"CAPA\r\nUSER {USER}\r\nPASS {PASSWORD}\r\nQUIT\r\n".encode()] == visit.heard


# ---- Basic Sensor Settings -------------------------------------------------------------------------------------------


def test_sensor_name() -> None:
    assert "{Mail} of {Ann}" == told(sensor("mail", name="<Mail> of <Ann>"))["name"]


def test_parent_tags() -> None:
    """The tags that the sensor inherits; it cannot change them."""
    above = {"tags": ["root"]}, {"tags": ["group"]}, {"tags": ["device"]}
    assert {"root", "group", "device"} == set(told(*family(*above, {"tags": []}))["tags"])


def test_tags() -> None:
    assert ["mailsensor", "pop3sensor"] == told(sensor("mail"))["tags"]
    assert ["Mail"] == told(sensor("mail", tags=["Mail", "mail", "MAIL"]))["tags"]  # not case-sensitive
    assert {"up", "own"} == set(told(*family({"tags": ["up"]}, {}, {}, {"tags": ["own", "UP"]}))["tags"])  # inherited
    refuses("tags", ["+a"], ["-a"], ["a(b"], ["a)b"], ["a<b"], ["a>b"], ["a b"], ["a,b"])


def test_priority() -> None:
    takes("priority", 1, 5)
    refuses("priority", 0, 6)
    assert [1, 5] == [told(sensor("mail", priority=one))["priority"] for one in (1, 5)]


# ---- POP3 Specific ---------------------------------------------------------------------------------------------------


def test_timeout(clock: Clock) -> None:
    takes("timeout", 900)
    refuses("timeout", 901, 2.5)
    slow: Script = [*greeting(), Expect("CAPA"), Do(lambda: clock.skip(31)), Send(b"+"), Close()]
    visit = Visit(slow, timeout=30)
    assert ("Down", "timeout") == visit.outcome  # "shows a corresponding error message"
    assert "not done within 30 s, while securing the connection" == visit.result["message"]


def test_port() -> None:
    """110 without TLS from the start, 995 with; or whatever the server has."""
    refuses("port", 0, 65536, 110.5)
    ports = {"starttls_if_available": 110, "tls_if_available": 995, "starttls_required": 110, "tls_required": 995}
    assert ports == {one: told(sensor("mail", transport_security=one))["port"] for one in ports}
    with refused_port() as port:
        (result,) = MemoryStack([sensor("mail", host="127.0.0.1", port=port)]).scan_now("mail")
    assert ("Down", "refused") == (result["status"], result["reason"])
    assert UP == Visit(PLAIN).outcome  # on a port of its own


# ---- Connection Security --------------------------------------------------------------------------------------------

HANDSHAKE: Script = [*greeting(), ReadSome()]  # a server of plain POP3 meets a ClientHello


def secure(mode: str, authority: Authority, *scripts: Script) -> Visit:
    return Visit(*scripts, transport_security=mode, trusted_ca=authority.pem, **LOGIN)


def test_use_transport_level_security_if_available_using_starttls(authority: Authority, tls: ssl.SSLContext) -> None:
    """The connection is first established without security; a command negotiates it. Without TLS where it must."""
    visit = secure("starttls_if_available", authority, [*greeting(), *capa("STLS"), *stls(tls), *LOG_IN])
    assert (UP, "STLS") == (visit.outcome, visit.encryption)
    visit = secure("starttls_if_available", authority, [*greeting(), *LOG_IN])
    assert (UP, "") == (visit.outcome, visit.encryption)
    assert "starttls_if_available" == in_force(sensor("mail")).transport_security  # default


def test_use_transport_level_security_if_available(authority: Authority, tls: ssl.SSLContext) -> None:
    visit = secure("tls_if_available", authority, [StartTls(tls), *greeting(), *LOG_IN])
    assert (UP, "implicit") == (visit.outcome, visit.encryption)
    visit = secure("tls_if_available", authority, HANDSHAKE, [*greeting(), *LOG_IN])
    assert (UP, "") == (visit.outcome, visit.encryption)


def test_enforce_transport_level_security_using_starttls(authority: Authority, tls: ssl.SSLContext) -> None:
    visit = secure("starttls_required", authority, [*greeting(), *capa("STLS"), *stls(tls), *LOG_IN])
    assert (UP, "STLS") == (visit.outcome, visit.encryption)
    for refusal, reason in {
        "not offered": ([*greeting(), *capa("USER"), *quit_answer()], "tls_not_offered"),
        "refused": ([*greeting(), *capa("STLS"), *answer("STLS", "-ERR no"), *quit_answer()], "tls_refused"),
    }.values():
        assert ("Down", reason) == secure("starttls_required", authority, refusal).outcome


def test_enforce_transport_level_security(authority: Authority, tls: ssl.SSLContext) -> None:
    """Where no secure connection is possible "no communication takes place": not one command in plain text."""
    visit = secure("tls_required", authority, [StartTls(tls), *greeting(), *LOG_IN])
    assert (UP, "implicit") == (visit.outcome, visit.encryption)
    visit = secure("tls_required", authority, HANDSHAKE)
    assert ("Down", "tls_not_supported") == visit.outcome
    assert visit.heard[0].startswith(b"\x16\x03")  # a handshake
    assert not re.search(rb"CAPA|STLS|USER|PASS|QUIT", visit.heard[0])


# ---- Authentication --------------------------------------------------------------------------------------------------


def test_without_login() -> None:
    """Only the connection is monitored: nothing about a user is said, and no secret is fetched."""
    visit = Visit(PLAIN)
    assert (UP, [b"CAPA\r\nQUIT\r\n"], []) == (visit.outcome, visit.heard, visit.stack.secrets.asked)


def test_user_name_and_password() -> None:
    assert UP == Visit([*greeting(), *LOG_IN], **LOGIN).outcome
    rejected: Script = [*greeting(), *capa("USER"), *login_user(USER, PASSWORD, ok=False), *quit_answer()]
    assert ("Down", "login_rejected") == Visit(rejected, **LOGIN).outcome


def test_128_bit_md5_hash_value() -> None:
    """The password is sent "in an encrypted form", and the server "must support this option"."""
    challenge = "<1896.697170952@dbc.mtview.ca.us>"  # RFC 1939 section 7
    login: dict[str, Any] = {"authentication": "apop", "username": "mrose", "secret_id": "rose's"}
    script: Script = [*greeting(challenge), *capa(), *login_apop("mrose", "tanstaaf", challenge), *quit_answer()]
    visit = Visit(script, secrets={"rose's": "tanstaaf"}, **login)
    assert UP == visit.outcome
    assert b"APOP mrose c4c9334bac560ecc979e58001b3e22fb\r\n" in visit.heard[0]
    visit = Visit(PLAIN, secrets={"rose's": "tanstaaf"}, **login)
    assert (("Down", "method_not_offered"), [b"CAPA\r\nQUIT\r\n"]) == (visit.outcome, visit.heard)


def test_user_name() -> None:
    """A string."""
    name = "Jörg Müller"
    visit = Visit(
        [*greeting(), *capa("USER"), *login_user(name, PASSWORD), *quit_answer()], **{**LOGIN, "username": name}
    )
    assert UP == visit.outcome
    refuses("username", 5, "")


def test_password() -> None:
    """A string, spaces and all, in the secret; an item has no place for it."""
    password = " correct horse  "
    visit = Visit(
        [*greeting(), *capa("USER"), *login_user(USER, password), *quit_answer()], secrets={"ann's": password}, **LOGIN
    )
    assert UP == visit.outcome
    refuses("password", password)


SUMMARY, DIALOGUE = "sensors/Result of Sensor mail.txt", "sensors/Result of Sensor mail.Data.txt"


def test_discard_result() -> None:
    assert {} == Visit(PLAIN).stack.results.files  # default
    assert {} == Visit(PLAIN, result_handling="discard").stack.results.files


def test_store_result() -> None:
    """The last result, under the manual's two names; each scan overwrites the files."""
    results = Visit([*greeting("first"), *capa(), *quit_answer()], result_handling="store").stack.results
    assert {SUMMARY, DIALOGUE} == results.files.keys()
    assert "S: +OK first" in results.files[DIALOGUE]
    with scripted([*greeting("first"), *capa(), *quit_answer()], [Send(b"-ERR second\r\n"), *quit_answer()]) as server:
        stack = MemoryStack([item("mail", server, result_handling="store", warning_scans=0)])
        for status, said in {"Up": "+OK first", "Down": "-ERR second"}.items():
            stack.tick()
            assert {SUMMARY, DIALOGUE} == stack.results.files.keys()
            assert re.search(rf"Status: +{status} since", stack.results.files[SUMMARY])
            assert [said] == re.findall(r"S: (\S+ (?:first|second))", stack.results.files[DIALOGUE])


# ---- Sensor Display --------------------------------------------------------------------------------------------------


def test_primary_channel() -> None:
    """The options "depend on what channels are available for this sensor"."""
    takes("primary_channel", "ResponseTime", "Downtime")
    refuses("primary_channel", "MessageCount")
    takes("primary_channel", "MessageCount", channels=["MessageCount"])


def test_graph_type() -> None:
    takes("graph_type", "independent", "stacked")
    assert "independent" == in_force(sensor("mail")).graph_type


def test_stack_unit() -> None:
    """Only where "Stack channels on top of each other" is selected."""
    takes("stack_unit", "Milliseconds", "Percent", graph_type="stacked")
    refuses("stack_unit", "Milliseconds", graph_type="independent")


# ---- Inherited Settings ----------------------------------------------------------------------------------------------


def test_scanning_interval() -> None:
    """Inherited from what is higher in the hierarchy; changed for this object only."""
    simulation = fleet(*family({"interval": 300}, {}, {}, {}), sensor("own", interval=120), sensor("far"))
    simulation.minute()
    simulation.scans.started.clear()
    for _ in range(10):
        simulation.minute()
    assert [2, 5, 2] == [simulation.scans.started.count(one) for one in ("mail", "own", "far")]


def test_schedules_dependencies_and_maintenance_window() -> None:
    """What is set above cannot be interrupted; what is added is active at the same time."""

    def pauses(minute: int) -> dict[str, dict[str, Any]]:
        start, end = (AT + timedelta(minutes=one) for one in (minute, minute + 1))
        return {
            "schedule": {"schedule": {"time_zone": "UTC", "paused": [f"sa:{start:%H:%M}-sa:{end:%H:%M}"]}},
            "dependency": {"depends_on": f"ping-{minute}"},
            "maintenance": {"maintenance_windows": [{"start": start.isoformat(), "end": end.isoformat()}]},
        }

    masters = [sensor(f"ping-{minute}", parent="elsewhere") for minute in (2, 3, 5)]
    elsewhere = {"id": "elsewhere", "kind": "group", "parent": "top"}
    top = {"id": "top", "kind": "group"}
    for kind, above in pauses(2).items():
        near, own = pauses(3)[kind], pauses(5)[kind]
        items = [
            top,
            elsewhere,
            {"id": "group", "kind": "group", "parent": "top", **above},
            {"id": "device", "kind": "device", "parent": "group", **near},
            sensor("mail", parent="device", **own),
            *masters,
        ]
        assert "UppUpU" == life(*items, minutes=6, down={f"ping-{minute}": {minute} for minute in (2, 3, 5)}), kind
    # All three at the same time.
    above, near, own = pauses(1)["schedule"], pauses(1)["dependency"], pauses(1)["maintenance"]
    simulation = fleet(*family({}, above, near, own), sensor("ping-1"))
    simulation.minute(ping_1=DOWN)
    assert ("dependency", "schedule", "maintenance") == simulation.states.load()["mail"].pause_reasons


def test_access_rights() -> None:
    assert documented()["Access Rights"].startswith("IAM")


# ---- Channel List ----------------------------------------------------------------------------------------------------


def test_downtime() -> None:
    """The average of its values is the share of time "in which the sensor was in the Down state"."""
    simulation = fleet(sensor("mail", warning_scans=1))
    for minute in range(10):
        simulation.minute(mail=DOWN if minute in (3, 4, 5, 6) else WELL)
    values = [point.value for point in simulation.metrics.points if point.channel == "Downtime"]
    assert [0, 0, 0, 0, 100, 100, 100, 0, 0, 0] == values  # the first failure is a Warning
    assert 30 == sum(values) / len(values)


def test_response_time() -> None:
    """The primary channel by default; measured, and never told of a scan that failed."""
    assert "ResponseTime" == in_force(sensor("mail")).primary_channel
    visit = Visit([*greeting(), *LOG_IN], **LOGIN)
    milliseconds = visit.stack.published()["mail"]["ResponseTime"]
    phases = visit.result["phases"]
    assert {"lookup", "connect", "greeting", "security", "login"} == phases.keys()
    assert milliseconds == visit.result["response_time_ms"] == sum(round(one * 1000) for one in phases.values()) / 1000
    assert 0 < milliseconds
    failed = Visit([Send(b"-ERR busy\r\n"), *quit_answer()])
    assert (None, {"Downtime": 100}) == (failed.result["response_time_ms"], failed.stack.published()["mail"])

"""The table docs/sensors.md#every-attribute, row by row: who a sensor is, what it scans, and what is kept of it.

What is shown, and when a sensor is scanned, is in the file beside this one.
Each test is named after its attribute: what is allowed, the default, what comes from above, and what it does.
"""

import re
import ssl
from pathlib import Path
from typing import Any

import trustme

from pop3_sensor.items import Item
from pop3_sensor.model import Channel
from pop3_sensor.model.channels import ALWAYS, MAILBOX
from tests.contract.rows import family, in_force, nearest_wins, own_only, refuses, takes, value
from tests.contract.visits import LOG_IN, LOGIN, PASSWORD, PLAIN, UP, USER, Do, Visit
from tests.fakes.clock import Clock
from tests.fakes.simulations import fleet, sensor
from tests.fakes.stacks import MemoryStack, item
from tests.servers.certificates import YESTERDAY, Authority
from tests.servers.sasl import Scram, login_cram_md5, login_plain
from tests.servers.scripted import (
    Close,
    Expect,
    ReadSome,
    Script,
    Send,
    StartTls,
    capa,
    greeting,
    login_apop,
    login_user,
    quit_answer,
    refused_port,
    scripted,
    stat,
    stls,
)

CHALLENGE = "<1.2@example.org>"


def test_every_attribute_has_a_test_of_its_name() -> None:
    """And nothing has that is no attribute; a new one needs a test before this is green again."""
    tests = "".join(path.read_text() for path in sorted(Path(__file__).parent.glob("test_settings_rows*.py")))
    named = re.findall(r"^def test_(\w+)\(", tests, re.MULTILINE)
    assert sorted([*Item.model_fields, "every_attribute_has_a_test_of_its_name", "unknown_attribute"]) == sorted(named)


def told(**attributes: Any) -> dict[str, Any]:
    """What the first status event says of the sensor "mail"."""
    simulation = fleet(*family({}, {}, {}, attributes))
    simulation.minute()
    (change,) = simulation.events.changes
    return dict(change.detail)


# ---- who it is -------------------------------------------------------------------------------------------------------


def test_id() -> None:
    good, bad = ["Aa0._-", "x" * 64], ["", "x" * 65, "a b", "größe", "a/b", 5, None]
    simulation = fleet(*map(sensor, good))
    assert sorted(good) == sorted(simulation.minute())
    assert set(good) == simulation.published().keys()  # the dimension SensorId
    assert set(good) == {sensor_id for sensor_id, _, _ in simulation.told()}
    simulation = fleet(*(sensor("mail") | {"id": one} for one in bad), {"host": "mail.example.org"}, sensor("mail"))
    assert ["mail"] == simulation.minute()
    states = simulation.states.load()
    assert {str(one) for one in bad} | {"mail"} == states.keys()
    assert all(state.message.startswith("id: ") for one, state in states.items() if one != "mail")


def test_kind() -> None:
    refuses("kind", "probe", "Sensor", "", 1)
    host = {"host": "mail.example.org"}
    simulation = fleet(
        {"id": "group", "kind": "group", **host},
        {"id": "device", "kind": "device", "parent": "group", **host},
        {"id": "mail", "kind": "sensor", **host},
        {"id": "by-default-a-sensor", **host},
    )
    assert ["by-default-a-sensor", "mail"] == sorted(simulation.minute())  # only sensors are scanned


def test_parent() -> None:
    device, child = {"id": "device", "kind": "device", "port": 1}, sensor("mail", parent="device")
    group = {"id": "group", "kind": "group", "port": 2}
    assert [1, 2] == [value("port", above, sensor("mail", parent=above["id"])) for above in (device, group)]
    refuses("parent", "no such item", "nobody", "neighbour", 5, ["device"])
    # The root is the parent of what names none, and no sensor can be the root.
    root = {"id": "root", "kind": "group", "port": 3}
    assert [3, 1, 110] == [
        value("port", root, sensor("mail")),
        value("port", root, device, child),
        value("port", group, sensor("mail")),
    ]
    assert 110 == value("port", sensor("root", port=4), sensor("mail"))
    # A circle, a missing parent, a bad ancestor: each sensor below is told.
    circle = {"id": "group", "kind": "group", "parent": "device"}
    for above in ([circle], [], [{**group, "port": 0}]):
        simulation = fleet(*above, {**device, "parent": "group"}, child, sensor("another", parent="device"))
        assert [] == simulation.minute()
        assert all(state.message.startswith("parent: ") for state in simulation.states.load().values())
        assert {"mail": "Unknown", "another": "Unknown"} == simulation.statuses()


def test_name() -> None:
    takes("name", "x", "ö" * 128, "Größe 📬", "<mail>")
    refuses("name", "", " ", "x" * 129, "a\nb", "a\x00b", "\x1b[2J", 5)
    own_only("name", "Mail", default="mail")  # the id
    assert "{mail} of {Ann}" == told(name="<mail> of <Ann>")["name"]


def test_tags() -> None:
    takes("tags", [], ["a"], {"a", "b"}, ["a+b", "a-b", "größe"])
    refuses("tags", ["a b"], ["a,b"], ["(a"], ["a)"], ["<a"], ["a>"], ["+a"], ["-a"], [""], "a", 5, [5])
    assert ["mailsensor", "pop3sensor"] == told()["tags"]
    assert ["Own"] == told(tags=["Own", "own", "OWN"])["tags"]
    levels = {"tags": ["all"]}, {"tags": ["Berlin", "ALL"]}, {"tags": ["rack"]}
    assert {"all", "Berlin", "rack", "mailsensor", "pop3sensor"} == set(value("tags", *family(*levels, {})))
    assert {"all", "Berlin", "rack", "own"} == set(value("tags", *family(*levels, {"tags": ["own", "RACK"]})))


def test_priority() -> None:
    takes("priority", 1, 2, 3, 4, 5)
    refuses("priority", 0, 6, 2.5, "3", True)
    own_only("priority", 5, default=3)
    assert [1, 3] == [told(priority=1)["priority"], told()["priority"]]


def test_comment() -> None:
    anything = "watch <this>\r\n", 5, {"since": [2026]}, ["a"], True, ""
    takes("comment", *anything)
    host = in_force(sensor("mail"))
    assert [host] * len(anything) == [in_force(sensor("mail", comment=one)) for one in anything]


def test_unknown_attribute() -> None:
    for attribute in ("prot", "password", "Port", "host ", "größe"):
        refuses(attribute, "tanstaaf")
    simulation = fleet(sensor("mail", prot=110))
    simulation.minute()
    assert "prot: there is no such attribute; did you mean port?" == simulation.states.load()["mail"].message


# ---- where it connects -----------------------------------------------------------------------------------------------


def test_host() -> None:
    takes("host", "mail.example.org", "localhost", "192.0.2.1", "bücher.example", "x" * 63)
    takes("host", "2001:db8::1", ip_version="ipv6")
    refuses("host", "", "mail example", "mail.example.org:110", "pop3://mail", "192.0.2.256", "x" * 64, 5)
    nearest_wins("host", "a.example", "b.example", "c.example", "d.example", default="mail.example.org")
    refuses("host", None)  # required somewhere on the path
    device = {"id": "device", "kind": "device", "host": "localhost"}
    by_name = Visit(PLAIN, host=None, parent="device", above=[device])  # which it carries for its sensors
    assert ("Up", "127.0.0.1") == (by_name.result["status"], by_name.result["address"])


def test_port() -> None:
    takes("port", 1, 65535)
    refuses("port", 0, 65536, 110.5, "110", True)
    modes = {"starttls_if_available": 110, "starttls_required": 110, "tls_if_available": 995, "tls_required": 995}
    for mode, default in modes.items():
        nearest_wins("port", 1, 2, 3, 4, default=default, transport_security=mode)
    assert UP == Visit(PLAIN).outcome
    with refused_port() as port:
        assert [("Down", "refused")] == [
            (one["status"], one["reason"])
            for one in MemoryStack([sensor("a", host="127.0.0.1", port=port)]).scan_now("a")
        ]


def test_timeout(clock: Clock) -> None:
    takes("timeout", 1, 60, 900)
    refuses("timeout", 0, 901, 1.5, "60", True)
    nearest_wins("timeout", 1, 2, 3, 4, default=60)

    def outcome(spent: float, timeout: int | None) -> tuple[str, str]:
        """Of a server that takes so long in all, over its first two replies."""
        half = Do(lambda: clock.skip(spent / 2))
        late = spent > (timeout or 60)
        end = [Send(b"+"), Close()] if late else [Send(b"+OK\r\n.\r\n"), *quit_answer()]
        return Visit([half, *greeting(), Expect("CAPA"), half, *end], timeout=timeout).outcome

    assert [UP, UP] == [outcome(50, None), outcome(80, 90)]
    assert [("Down", "timeout")] * 2 == [outcome(61, None), outcome(91, 90)]


# ---- how it is secured -----------------------------------------------------------------------------------------------


def test_transport_security(authority: Authority, tls: ssl.SSLContext) -> None:
    modes = ["starttls_if_available", "tls_if_available", "starttls_required", "tls_required"]
    takes("transport_security", *modes)
    refuses("transport_security", "ssl", "StartTLS", "", True)
    nearest_wins("transport_security", *modes, default="starttls_if_available")
    offers = [*greeting(), *capa("STLS"), *stls(tls), *LOG_IN]
    implicit = [StartTls(tls), *greeting(), *LOG_IN]
    plain, handshake = [*greeting(), *LOG_IN], [*greeting(), ReadSome()]
    cases: list[tuple[str, list[Script], tuple[str, str], str]] = [
        (modes[0], [offers], UP, "STLS"),
        (modes[0], [plain], UP, ""),
        (modes[1], [implicit], UP, "implicit"),
        (modes[1], [handshake, plain], UP, ""),
        (modes[2], [offers], UP, "STLS"),
        (modes[2], [[*greeting(), *capa("USER"), *quit_answer()]], ("Down", "tls_not_offered"), ""),
        (modes[3], [implicit], UP, "implicit"),
        (modes[3], [handshake], ("Down", "tls_not_supported"), ""),
    ]
    for mode, scripts, outcome, encryption in cases:
        visit = Visit(*scripts, transport_security=mode, trusted_ca=authority.pem, **LOGIN)
        assert (outcome, encryption) == (visit.outcome, visit.encryption), mode


def test_cleartext_login(authority: Authority, tls: ssl.SSLContext) -> None:
    takes("cleartext_login", "allow", "refuse")
    refuses("cleartext_login", "deny", "", False)
    nearest_wins("cleartext_login", "refuse", "allow", "refuse", "allow", default="allow")
    refused: Script = [*greeting(), *capa("USER"), *quit_answer()]  # not even the user name
    secured: Script = [*greeting(), *capa("STLS"), *stls(tls), *LOG_IN]
    apop: Script = [*greeting(CHALLENGE), *capa(), *login_apop(USER, PASSWORD, CHALLENGE), *quit_answer()]
    assert UP == Visit([*greeting(), *LOG_IN], **LOGIN).outcome
    careful = {**LOGIN, "cleartext_login": "refuse", "trusted_ca": authority.pem}
    assert ("Down", "cleartext_refused") == Visit(refused, **careful).outcome
    assert UP == Visit(secured, **careful).outcome
    assert UP == Visit(apop, **{**careful, "authentication": "apop"}).outcome  # which reveals no password


def test_certificate_check(authority: Authority) -> None:
    takes("certificate_check", "verify", "warn", "off")
    refuses("certificate_check", "none", "", True)
    nearest_wins("certificate_check", "off", "warn", "verify", "off", default="verify")
    context = authority.issue(not_after=YESTERDAY).server_context()
    outcomes = {"verify": ("Down", "certificate_expired"), "warn": ("Warning", "certificate_expired"), "off": UP}
    for check, outcome in [*outcomes.items(), (None, outcomes["verify"])]:
        script: Script = [*greeting(), *capa("STLS"), *stls(context), *quit_answer()]
        visit = Visit(script, certificate_check=check, trusted_ca=authority.pem)
        assert outcome == visit.outcome
        assert "certificate_expired" == visit.result["certificate"]["problem"]  # recorded whatever it means


def test_trusted_ca(authority: Authority, tls: ssl.SSLContext) -> None:
    cas = [trustme.CA().cert_pem.bytes().decode() for _ in range(4)]
    key = trustme.CA().issue_cert("mail.example.org").private_key_pem.bytes().decode()
    takes("trusted_ca", cas[0], cas[0] + cas[1], f"ours:\n{cas[0]}")
    refuses("trusted_ca", "", "tanstaaf", cas[0][:200], cas[0] + key, 5)
    nearest_wins("trusted_ca", *cas, default="")
    script: Script = [*greeting(), *capa("STLS"), *stls(tls), *quit_answer()]
    for pem, outcome in {
        None: ("Down", "certificate_untrusted"),
        cas[0]: ("Down", "certificate_untrusted"),
        authority.pem: UP,
        cas[0] + authority.pem: UP,
    }.items():
        assert outcome == Visit(script, trusted_ca=pem).outcome


def test_ip_version() -> None:
    takes("ip_version", "ipv4", "ipv6", "any")
    refuses("ip_version", "ipv5", "", 4)
    nearest_wins("ip_version", "ipv6", "any", "ipv4", "any", default="ipv4")
    for address, wanted in {"127.0.0.1": ("ipv4", "any", None), "::1": ("ipv6", "any")}.items():
        for version in wanted:
            visit = Visit(PLAIN, at=address, ip_version=version)
            assert (UP, address) == (visit.outcome, visit.result["address"])
    no_address = ("Down", "no_address")
    assert no_address == Visit(ip_version="ipv6").outcome  # it never connects
    assert [no_address] * 2 == [Visit(at="::1", ip_version=version).outcome for version in ("ipv4", None)]


# ---- how it logs in --------------------------------------------------------------------------------------------------


def test_authentication() -> None:
    takes("authentication", "none", "user_password", "apop", secret_id="ann's")
    takes("authentication", "plain", "cram_md5", "scram_sha_1", "scram_sha_256", secret_id="ann's")
    takes("authentication", "xoauth2", "oauthbearer", secret_id="ann's")
    refuses("authentication", "PLAIN", "login", "digest_md5", "APOP", "", True)
    nearest_wins("authentication", "apop", "none", "user_password", "apop", default="none", secret_id="ann's")
    welcome = [*greeting(CHALLENGE), *capa("USER", "SASL PLAIN CRAM-MD5 SCRAM-SHA-1 SCRAM-SHA-256")]
    scripts: dict[str | None, Script] = {
        None: [*welcome, *quit_answer()],
        "none": [*welcome, *quit_answer()],
        "user_password": [*welcome, *login_user(USER, PASSWORD), *quit_answer()],
        "apop": [*welcome, *login_apop(USER, PASSWORD, CHALLENGE), *quit_answer()],
        "plain": [*welcome, *login_plain(USER, PASSWORD), *quit_answer()],
        "cram_md5": [*welcome, *login_cram_md5(USER, PASSWORD), *quit_answer()],
        "scram_sha_1": [*welcome, Scram("sha1", USER, PASSWORD), *quit_answer()],
        "scram_sha_256": [*welcome, Scram("sha256", USER, PASSWORD), *quit_answer()],
    }
    for method, script in scripts.items():
        visit = Visit(script, **{**LOGIN, "authentication": method})
        assert (UP, bool(visit.stack.secrets.asked)) == (visit.outcome, method not in (None, "none"))


def test_username() -> None:
    takes("username", "ann", "jörg <x>", "ann@example.org")
    refuses("username", "", "ann\r\nDELE 1", "ann\n", "ann\0", 5)
    nearest_wins("username", "ann", "bob", "cleo", "dan", default=None)
    assert UP == Visit([*greeting(), *LOG_IN], **LOGIN).outcome
    both = {"ann's": f'{{"username": "{USER}", "password": "{PASSWORD}"}}'}  # then the item needs none
    assert UP == Visit([*greeting(), *LOG_IN], secrets=both, **{**LOGIN, "username": None}).outcome
    assert ("Unknown", "secret_malformed") == Visit(**{**LOGIN, "username": None}).outcome  # a password alone


def test_secret_id() -> None:
    takes("secret_id", "pop3-sensor/mail", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:mail-AbCdEf")
    refuses("secret_id", "", "a\n", 5, ["a"])
    refuses("secret_id", None, authentication="user_password")
    refuses("secret_id", None, authentication="apop")
    nearest_wins("secret_id", "a", "b", "c", "d", default=None)
    visit = Visit([*greeting(), *LOG_IN], **LOGIN)
    assert (UP, [{"ann's"}]) == (visit.outcome, visit.stack.secrets.asked)
    assert ("Unknown", "secret_missing") == Visit(secrets={}, **LOGIN).outcome


def test_secret_key() -> None:
    takes("secret_key", "ann", "ann@example.org")
    refuses("secret_key", "", "a\n", 7)
    nearest_wins("secret_key", "a", "b", "c", "d", default=None)
    many = {"ann's": f'{{"x": {{"username": "{USER}", "password": "{PASSWORD}"}}, "y": "{PASSWORD}", "z": 5}}'}
    for key, name in {"x": None, "y": USER}.items():
        assert (
            UP == Visit([*greeting(), *LOG_IN], secrets=many, **{**LOGIN, "username": name, "secret_key": key}).outcome
        )
    for key in ("z", "nobody"):
        assert ("Unknown", "secret_malformed") == Visit(secrets=many, **LOGIN, secret_key=key).outcome


# ---- what is kept ----------------------------------------------------------------------------------------------------


def test_result_handling() -> None:
    takes("result_handling", "discard", "store", "store_on_failure")
    refuses("result_handling", "keep", "", True)
    nearest_wins("result_handling", "store", "discard", "store_on_failure", "store", default="discard")
    names = {"sensors/Result of Sensor mail.txt", "sensors/Result of Sensor mail.Data.txt"}
    bad: Script = [Send(b"-ERR busy\r\n"), *quit_answer()]
    for handling, kept in {None: (0, 0), "discard": (0, 0), "store": (2, 2), "store_on_failure": (0, 2)}.items():
        for script, files in zip((PLAIN, bad), kept, strict=True):
            visit = Visit(script, result_handling=handling)
            assert (names if files else set()) == visit.stack.results.files.keys()
    with scripted(PLAIN, bad) as server:
        stack = MemoryStack([item("mail", server, result_handling="store")])
        for said in ("S: +OK ready", "S: -ERR busy"):  # each scan overwrites what the one before left
            stack.tick()
            assert [said] == [one for one in ("S: +OK ready", "S: -ERR busy") if one in stack.results.files[min(names)]]


EXTRA = [str(one) for one in Channel if one not in ALWAYS]


def test_channels(authority: Authority, tls: ssl.SSLContext) -> None:
    """Each has a value, after a scan of a server that has everything."""
    takes("channels", [], EXTRA, {"Status"}, ["ResponseTime", "Downtime"])
    refuses("channels", ["Temperature"], ["status"], "Status", 5, [5])
    nearest_wins("channels", ["Status"], ["LoginTime", "LookupTime"], [], ["MailboxSize"], default=())
    script: Script = [*greeting(), *capa("STLS"), *stls(tls), *LOG_IN[:-2], *stat(2, 320), *quit_answer()]
    always = {"ResponseTime", "Downtime"}
    for one in EXTRA:
        steps = script if one in MAILBOX else [*script[:-4], *quit_answer()]
        published = Visit(steps, channels=[one], trusted_ca=authority.pem, **LOGIN).stack.published()["mail"]
        assert {*always, one} == published.keys()
    assert always == Visit(PLAIN).stack.published()["mail"].keys()

"""Every attribute of an item: what it may hold, and the words for what it may not."""

import re
import traceback
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, get_args, get_origin

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st

from pop3_sensor.items import InvalidSettings, Item, Problem, read_item
from pop3_sensor.model import Channel

ALLOWED = {
    "id": "1 to 64 of A-Z a-z 0-9 . _ -",
    "kind": "sensor, device or group",
    "name": "1 to 128 characters, no control characters",
    "tags": "a list of at most 50 texts, each at most 64 characters without spaces, commas, ( ) < > and without a "
    "leading + or -",
    "priority": "a whole number from 1 (lowest) to 5 (highest)",
    "host": "a DNS name or an IP address, without a port",
    "port": "a whole number from 1 to 65535",
    "timeout": "whole seconds from 1 to 900",
    "transport_security": "starttls_if_available, tls_if_available, starttls_required or tls_required",
    "authentication": "none, user_password, apop, plain, cram_md5, scram_sha_1, scram_sha_256, xoauth2 or oauthbearer",
    "username": "a text without CR, LF or NUL",
    "secret_id": "the name or ARN of a Secrets Manager secret",
    "secret_key": "a key inside the secret",
    "cleartext_login": "allow or refuse",
    "certificate_check": "verify, warn or off",
    "trusted_ca": "PEM text of one or more certificates, at most 64 KiB",
    "ip_version": "ipv4, ipv6 or any",
    "result_handling": "discard, store or store_on_failure",
    "channels": "a list out of ResponseTime, Downtime, Status, LookupTime, ConnectTime, GreetingTime, SecurityTime, "
    "LoginTime, CertificateDaysLeft, MessageCount, MailboxSize",
    "interval": "30, or a multiple of 60 up to 864000 (10 days), in seconds",
    "warning_scans": "a whole number from 0 to 5",
    "parent": "the id of a device or group",
    "primary_channel": "a channel that this sensor publishes",
    "graph_type": "independent or stacked",
    "stack_unit": "a unit of this sensor's channels, where graph_type is stacked",
    "limits": "a map from a channel to upper_error, upper_warning, lower_warning, lower_error (numbers), "
    "error_message, warning_message (texts of at most 200 characters)",
    "schedule": "a map of time_zone (an IANA name) and either paused (a list of at most 100 periods like "
    "fr:17:00-mo:09:00) or preset (weekdays, weekends, saturdays, sundays, weekdays_9_to_17, weekdays_8_to_20, "
    "weekday_nights_20_to_8, weekday_nights_17_to_9)",
    "maintenance_windows": "a list of at most 100 maps with start and end, ISO 8601 with an offset, end after start",
    "depends_on": "the id of a sensor",
    "master_for_parent": "true or false",
    "dependency_delay": "whole seconds from 0 to 86400",
    "paused": "true, false, or an ISO 8601 time with an offset until which it is paused",
}

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
NUMBERS = ("upper_error", "upper_warning", "lower_warning", "lower_error")
TEXTS = ("error_message", "warning_message")
LONGEST_LABEL = "a" * 63
LONGEST_NAME = ".".join([LONGEST_LABEL, LONGEST_LABEL, LONGEST_LABEL, "b" * 61])  # 253 characters
CA = trustme.CA().cert_pem.bytes().decode()
KEY = trustme.CA().issue_cert("mail.example.org").private_key_pem.bytes().decode()

# Attribute, what is written, what is read.
GOOD: dict[str, tuple[str, Any, Any]] = {
    "an id of every kind of character": ("id", "Aa0._-", "Aa0._-"),
    "an id of one character": ("id", "-", "-"),
    "the longest id": ("id", "x" * 64, "x" * 64),
    "a sensor": ("kind", "sensor", "sensor"),
    "a device": ("kind", "device", "device"),
    "a group": ("kind", "group", "group"),
    "a comment of any text": ("comment", "watch <this>\r\n\0", "watch <this>\r\n\0"),
    "a comment that is no text": ("comment", {"since": [2026]}, {"since": [2026]}),
    "a name outside ASCII": ("name", "Größe 📬", "Größe 📬"),
    "a name with brackets, which become braces": ("name", "<mail> & >>", "{mail} & }}"),
    "a name of one character": ("name", "x", "x"),
    "the longest name": ("name", "ö" * 128, "ö" * 128),
    "tags in a list": ("tags", ["mail", "Berlin-2", "a+b"], ("mail", "Berlin-2", "a+b")),
    "tags in a set": ("tags", {"mail"}, ("mail",)),
    "tags that differ in case only: the first spelling": ("tags", ["Mail", "x", "mAIL"], ("Mail", "x")),
    "tags that differ in case only, outside ASCII": ("tags", ["Straße", "STRASSE"], ("Straße",)),
    "no tags": ("tags", [], ()),
    "the longest tag": ("tags", ["x" * 64], ("x" * 64,)),
    "as many tags as may be": ("tags", [f"t{n}" for n in range(50)], tuple(f"t{n}" for n in range(50))),
    "the lowest priority": ("priority", 1, 1),
    "the highest priority": ("priority", 5, 5),
    "a DNS name": ("host", "mail.example.org", "mail.example.org"),
    "a DNS name in capitals": ("host", "MAIL.Example.Org", "MAIL.Example.Org"),
    "a DNS name of one label": ("host", "localhost", "localhost"),
    "a DNS name with a trailing dot": ("host", "mail.example.org.", "mail.example.org."),
    "a DNS name with underscores": ("host", "_pop3._tcp.example.org", "_pop3._tcp.example.org"),
    "a DNS name that begins with digits": ("host", "1.2.example", "1.2.example"),
    "the longest label": ("host", f"{LONGEST_LABEL}.org", f"{LONGEST_LABEL}.org"),
    "the longest DNS name": ("host", LONGEST_NAME, LONGEST_NAME),
    "the longest DNS name with a trailing dot": ("host", f"{LONGEST_NAME}.", f"{LONGEST_NAME}."),
    "an internationalized name": ("host", "bücher.example", "xn--bcher-kva.example"),
    "an internationalized name in its ASCII form": ("host", "xn--bcher-kva.example", "xn--bcher-kva.example"),
    "an ideographic full stop": ("host", "mail。example", "mail.example"),
    "an IPv4 address": ("host", "192.0.2.1", "192.0.2.1"),
    "an IPv6 address": ("host", "2001:DB8:0::1", "2001:db8::1"),
    "the lowest port": ("port", 1, 1),
    "the highest port": ("port", 65535, 65535),
    "the shortest timeout": ("timeout", 1, 1),
    "the longest timeout": ("timeout", 900, 900),
    "STLS if available": ("transport_security", "starttls_if_available", "starttls_if_available"),
    "TLS if available": ("transport_security", "tls_if_available", "tls_if_available"),
    "STLS required": ("transport_security", "starttls_required", "starttls_required"),
    "TLS required": ("transport_security", "tls_required", "tls_required"),
    "no authentication": ("authentication", "none", "none"),
    "user name and password": ("authentication", "user_password", "user_password"),
    "APOP": ("authentication", "apop", "apop"),
    "SASL": ("authentication", "scram_sha_256", "scram_sha_256"),
    "OAuth": ("authentication", "xoauth2", "xoauth2"),
    "a user name outside ASCII": ("username", "jörg <x>", "jörg <x>"),
    "the longest name of a secret": ("secret_id", "x" * 2048, "x" * 2048),
    "the name of a secret": ("secret_id", "pop3-sensor/mail", "pop3-sensor/mail"),
    "a key inside a secret": ("secret_key", "ann@example.org", "ann@example.org"),
    "cleartext login allowed": ("cleartext_login", "allow", "allow"),
    "cleartext login refused": ("cleartext_login", "refuse", "refuse"),
    "certificates verified": ("certificate_check", "verify", "verify"),
    "certificates warned of": ("certificate_check", "warn", "warn"),
    "certificates ignored": ("certificate_check", "off", "off"),
    "an authority": ("trusted_ca", CA, CA),
    "two authorities, with words between": ("trusted_ca", f"ours:\n{CA}\ntheirs:\n{CA}", f"ours:\n{CA}\ntheirs:\n{CA}"),
    "as many authorities as may be": ("trusted_ca", CA + "#" * (65_536 - len(CA)), CA + "#" * (65_536 - len(CA))),
    "an authority, with words outside ASCII": ("trusted_ca", f"Müller:\n{CA}", f"Müller:\n{CA}"),
    "IPv4": ("ip_version", "ipv4", "ipv4"),
    "IPv6": ("ip_version", "ipv6", "ipv6"),
    "either version": ("ip_version", "any", "any"),
    "results discarded": ("result_handling", "discard", "discard"),
    "results stored": ("result_handling", "store", "store"),
    "results stored on failure": ("result_handling", "store_on_failure", "store_on_failure"),
    "every channel": ("channels", [str(channel) for channel in Channel], tuple(Channel)),
    "channels in a set": ("channels", {"Status"}, (Channel.STATUS,)),
    "a channel twice": ("channels", ["Status", "LoginTime", "Status"], (Channel.STATUS, Channel.LOGIN_TIME)),
    "no channels": ("channels", [], ()),
    "half a minute": ("interval", 30, 30),
    "a minute": ("interval", 60, 60),
    "two minutes": ("interval", 120, 120),
    "ten days": ("interval", 864_000, 864_000),
    "no patience": ("warning_scans", 0, 0),
    "the most patience": ("warning_scans", 5, 5),
    "a parent": ("parent", "rack-1", "rack-1"),
    "a primary channel": ("primary_channel", "Status", Channel.STATUS),
    "an independent graph": ("graph_type", "independent", "independent"),
    "a stacked graph": ("graph_type", "stacked", "stacked"),
    "a unit to stack": ("stack_unit", "Bytes", "Bytes"),
    "no limits": ("limits", {}, {}),
    "every limit": (
        "limits",
        {"LoginTime": dict.fromkeys(NUMBERS, 1.5) | dict.fromkeys(TEXTS, "x" * 200)},
        {"LoginTime": dict.fromkeys(NUMBERS, 1.5) | dict.fromkeys(TEXTS, "x" * 200)},
    ),
    "limits that are whole, or below nought": (
        "limits",
        {"CertificateDaysLeft": {"lower_error": -1, "lower_warning": 14}},
        {"CertificateDaysLeft": {"lower_error": -1, "lower_warning": 14}},
    ),
    "a schedule of periods": (
        "schedule",
        {"time_zone": "Europe/Berlin", "paused": ["fr:17:00-mo:09:00", "mo:12:00-mo:12:30"]},
        {"time_zone": "Europe/Berlin", "paused": ("fr:17:00-mo:09:00", "mo:12:00-mo:12:30")},
    ),
    "a schedule of a preset": (
        "schedule",
        {"time_zone": "America/New_York", "preset": "weekdays"},
        {"time_zone": "America/New_York", "preset": "weekdays"},
    ),
    "as many periods as may be": (
        "schedule",
        {"time_zone": "UTC", "paused": ["mo:09:00-mo:10:00"] * 100},
        {"time_zone": "UTC", "paused": ("mo:09:00-mo:10:00",) * 100},
    ),
    "no windows": ("maintenance_windows", [], ()),
    "as many windows as may be": (
        "maintenance_windows",
        [{"start": "2026-01-31T12:00:00Z", "end": "2026-01-31T12:00:01Z"}] * 100,
        ({"start": NOON, "end": NOON + timedelta(seconds=1)},) * 100,
    ),
    "a window": (
        "maintenance_windows",
        [{"start": "2026-01-31T13:00:00+01:00", "end": "2026-01-31T12:00:01Z"}],
        ({"start": NOON, "end": NOON + timedelta(seconds=1)},),
    ),
    "a sensor to depend on": ("depends_on", "ping", "ping"),
    "a master": ("master_for_parent", True, True),
    "no master": ("master_for_parent", False, False),
    "no delay": ("dependency_delay", 0, 0),
    "a delay": ("dependency_delay", 86_400, 86_400),
    "paused": ("paused", True, True),
    "not paused": ("paused", False, False),
    "paused until": ("paused", "2026-01-31T12:00:00Z", NOON),
    "paused until a time that no other zone could show": (
        "paused",
        "9999-12-31T23:59:59-14:00",
        datetime(9999, 12, 30, tzinfo=UTC),
    ),
    "paused until a time before all others": ("paused", "0001-01-01T00:00:00+14:00", datetime(1, 1, 2, tzinfo=UTC)),
}


@pytest.mark.parametrize(("attribute", "written", "read"), GOOD.values(), ids=GOOD)
def test_good_values(attribute: str, written: object, read: object) -> None:
    expected = {"id": "a", attribute: read}
    assert expected == read_item({"id": "a", attribute: written}).model_dump(exclude_unset=True)


# Attribute, what is written, the complaint before "; allowed: ".
BAD: dict[str, tuple[str, Any, str]] = {
    "an empty id": ("id", "", "holds the text ''"),
    "an id with a space": ("id", "a b", "holds the text 'a b'"),
    "an id outside ASCII": ("id", "größe", "holds the text 'größe'"),
    "an id with a line's end": ("id", "a\n", "holds the text 'a\\n'"),
    "an id of 65 characters": ("id", "x" * 65, f"holds the text '{'x' * 65}'"),
    "an id of 200 characters, of which 100 are shown": ("id", "x" * 200, f"holds the text '{'x' * 100}'"),
    "an id that is a number": ("id", 5, "holds 5"),
    "a kind in capitals": ("kind", "Sensor", "holds the text 'Sensor'"),
    "an unknown kind": ("kind", "probe", "holds the text 'probe'"),
    "a kind that is a number": ("kind", 1, "holds 1"),
    "an empty name": ("name", "", "is blank"),
    "a blank name": ("name", " \u3000", "is blank"),
    "a name with a tab": ("name", "a\tb", "holds control characters"),
    "a name with an escape sequence": ("name", "\x1b[2Jmail", "holds control characters"),
    "a name with NUL": ("name", "mail\0", "holds control characters"),
    "a name with a C1 control character": ("name", "mail\x85", "holds control characters"),
    "a name with a line separator": ("name", "a\u2028b", "holds control characters"),
    "a name that changes the direction of writing": ("name", "a\u202eb", "holds control characters"),
    "a name of 129 characters": ("name", "x" * 129, "has 129 characters"),
    "a name with half a character": ("name", "a\ud800", "holds control characters"),
    "a name that is a number": ("name", 5, "holds 5"),
    "a tag with a space": ("tags", ["good", "a b"], "holds the tag 'a b'"),
    "a tag with a comma": ("tags", ["a,b"], "holds the tag 'a,b'"),
    "a tag with a bracket": ("tags", ["(a"], "holds the tag '(a'"),
    "a tag with another bracket": ("tags", ["a)"], "holds the tag 'a)'"),
    "a tag with an angle bracket": ("tags", ["a<b"], "holds the tag 'a{b'"),
    "a tag with another angle bracket": ("tags", ["a>b"], "holds the tag 'a}b'"),
    "a tag with a leading plus": ("tags", ["+a"], "holds the tag '+a'"),
    "a tag with a leading minus": ("tags", ["-a"], "holds the tag '-a'"),
    "an empty tag": ("tags", [""], "holds the tag ''"),
    "a tag with a control character": ("tags", ["a\x1b"], "holds the tag 'a\\x1b'"),
    "a tag that nobody sees": ("tags", ["\u200b"], "holds the tag '\\u200b'"),
    "a tag of 65 characters": ("tags", ["x" * 65], "holds a tag of 65 characters"),
    "more tags than may be": ("tags", [f"t{n}" for n in range(51)], "has 51 entries"),
    "tags in a text": ("tags", "a b", "holds the text 'a b'"),
    "tags that are a number": ("tags", 5, "holds 5"),
    "a priority too low": ("priority", 0, "holds 0"),
    "a priority too high": ("priority", 6, "holds 6"),
    "a priority that is a boolean": ("priority", True, "holds the boolean true"),
    "a priority that is not whole": ("priority", 2.5, "holds 2.5"),
    "a priority in a text": ("priority", "3", "holds the text '3'"),
    "an empty host": ("host", "", "holds ''"),
    "a blank host": ("host", " ", "holds ' '"),
    "a host that is a dot": ("host", ".", "holds '.'"),
    "a host with a port": ("host", "mail.example.org:110", "holds 'mail.example.org:110'"),
    "an IPv4 address with a port": ("host", "192.0.2.1:110", "holds '192.0.2.1:110'"),
    "an IPv6 address in brackets": ("host", "[2001:db8::1]", "holds '[2001:db8::1]'"),
    "an IPv6 address in brackets with a port": ("host", "[2001:db8::1]:110", "holds '[2001:db8::1]:110'"),
    "an IPv6 address with a scope": ("host", "fe80::1%eth0", "holds 'fe80::1%eth0'"),
    "an IPv4 address of two numbers": ("host", "127.1", "holds '127.1'"),
    "an IPv4 address of one number": ("host", "2130706433", "holds '2130706433'"),
    "an IPv4 address in other digits": ("host", "٤٢.0.0.1", "holds '٤٢.0.0.1'"),
    "an IPv4 address with leading zeros": ("host", "127.0.0.01", "holds '127.0.0.01'"),
    "an IPv4 address with a number too great": ("host", "192.0.2.256", "holds '192.0.2.256'"),
    "an IPv4 address with a trailing dot": ("host", "192.0.2.1.", "holds '192.0.2.1.'"),
    "a URL": ("host", "pop3://mail.example.org", "holds 'pop3://mail.example.org'"),
    "a mail address": ("host", "ann@example.org", "holds 'ann@example.org'"),
    "a host with a space": ("host", "mail example", "holds 'mail example'"),
    "a host with a line's end": ("host", "mail.example.org\n", "holds 'mail.example.org\\n'"),
    "a host with two dots in a row": ("host", "mail..example.org", "holds 'mail..example.org'"),
    "a host with two trailing dots": ("host", "mail.example.org..", "holds 'mail.example.org..'"),
    "a label that begins with a hyphen": ("host", "-mail.example", "holds '-mail.example'"),
    "a label that ends in a hyphen": ("host", "mail-.example", "holds 'mail-.example'"),
    "a label of 64 characters": ("host", f"{'a' * 64}.org", f"holds '{'a' * 64}.org'"),
    "a DNS name of 254 characters": ("host", f"{LONGEST_NAME}b", f"holds '{LONGEST_NAME[:100]}'"),
    "an internationalized name that is none": ("host", "xn--ü.example", "holds 'xn--ü.example'"),
    "a host that is a number": ("host", 5, "holds 5"),
    "a host in a list": ("host", ["mail.example.org"], "holds a list"),
    "a port too low": ("port", 0, "holds 0"),
    "a port too high": ("port", 65536, "holds 65536"),
    "a port that is a boolean": ("port", True, "holds the boolean true"),
    "a port that is not whole": ("port", 110.5, "holds 110.5"),
    "a port in a text": ("port", "110", "holds the text '110'"),
    "a timeout too short": ("timeout", 0, "holds 0"),
    "a timeout too long": ("timeout", 901, "holds 901"),
    "a timeout that is a boolean": ("timeout", False, "holds the boolean false"),
    "a timeout that is not whole": ("timeout", 0.5, "holds 0.5"),
    "an unknown transport security": ("transport_security", "ssl", "holds the text 'ssl'"),
    "transport security that is a boolean": ("transport_security", True, "holds the boolean true"),
    "an unknown authentication": ("authentication", "digest_md5", "holds the text 'digest_md5'"),
    "authentication in a list": ("authentication", ["apop"], "holds a list"),
    "an empty user name": ("username", "", "is empty"),
    "a user name with LF": ("username", "ann\nDELE 1", "holds CR, LF or NUL, which POP3 cannot carry"),
    "a user name with CR": ("username", "ann\r", "holds CR, LF or NUL, which POP3 cannot carry"),
    "a user name with NUL": ("username", "ann\0", "holds CR, LF or NUL, which POP3 cannot carry"),
    "a user name with half a character": ("username", "ann\ud800", "holds half a character, which UTF-8 cannot carry"),
    "a user name of 2049 characters": ("username", "x" * 2049, "has 2049 characters"),
    "a user name that is a number": ("username", 5, "holds something else"),
    "an empty secret id": ("secret_id", "", "is empty"),
    "a secret id with LF": ("secret_id", "a\n", "holds CR, LF or NUL, which POP3 cannot carry"),
    "a secret id in a list": ("secret_id", ["a"], "holds something else"),
    "an empty secret key": ("secret_key", "", "is empty"),
    "a secret key with LF": ("secret_key", "a\n", "holds CR, LF or NUL, which POP3 cannot carry"),
    "a secret key that is a number": ("secret_key", 7, "holds something else"),
    "an unknown word for cleartext login": ("cleartext_login", "deny", "holds the text 'deny'"),
    "cleartext login that is a boolean": ("cleartext_login", False, "holds the boolean false"),
    "an unknown certificate check": ("certificate_check", "none", "holds the text 'none'"),
    "an authority with its private key": (
        "trusted_ca",
        CA + KEY,
        "holds a private key: remove it, and replace that key, for it has been shown",
    ),
    "an authority that is garbage": ("trusted_ca", "garbage", "holds 7 characters in which there is no certificate"),
    "an authority that is not even ASCII": (
        "trusted_ca",
        "Müll",
        "holds 4 characters in which there is no certificate",
    ),
    "an authority cut short": (
        "trusted_ca",
        CA[:200],
        "holds 200 characters in which there is no certificate",
    ),
    "an authority with a broken one behind it": (
        "trusted_ca",
        f"{CA}-----BEGIN CERTIFICATE-----\nxx\n-----END CERTIFICATE-----\n",
        f"holds {len(CA) + 57} characters in which there is no certificate",
    ),
    "an authority with half a one behind it": (
        "trusted_ca",
        CA + CA[:200],
        f"holds {len(CA) + 200} characters in which there is no certificate",
    ),
    "an empty authority": ("trusted_ca", "", "holds 0 characters in which there is no certificate"),
    "an authority that is a number": ("trusted_ca", 5, "holds something else"),
    "more authorities than may be": ("trusted_ca", CA + "#" * (65_537 - len(CA)), "holds 65537 bytes"),
    "more authorities than may be, outside ASCII": ("trusted_ca", CA + "ü" * 32_768, f"holds {len(CA) + 65_536} bytes"),
    "an unknown IP version": ("ip_version", "ipv5", "holds the text 'ipv5'"),
    "an IP version that is a number": ("ip_version", 4, "holds 4"),
    "an unknown result handling": ("result_handling", "keep", "holds the text 'keep'"),
    "an unknown channel": ("channels", ["Status", "Temperature"], "holds 'Temperature'"),
    "a channel in small letters": ("channels", ["status"], "holds 'status'"),
    "a channel in a text": ("channels", "Status", "holds the text 'Status'"),
    "no interval at all": ("interval", 0, "holds 0"),
    "an interval of 29 seconds": ("interval", 29, "holds 29"),
    "an interval of 31 seconds": ("interval", 31, "holds 31"),
    "an interval of 90 seconds": ("interval", 90, "holds 90"),
    "an interval before now": ("interval", -60, "holds -60"),
    "an interval of more than ten days": ("interval", 864_060, "holds 864060"),
    "an interval that is a boolean": ("interval", True, "holds the boolean true"),
    "an interval that is not whole": ("interval", 60.5, "holds 60.5"),
    "an interval in a text": ("interval", "60", "holds the text '60'"),
    "patience below nothing": ("warning_scans", -1, "holds -1"),
    "too much patience": ("warning_scans", 6, "holds 6"),
    "patience that is a boolean": ("warning_scans", True, "holds the boolean true"),
    "patience that is not whole": ("warning_scans", 1.5, "holds 1.5"),
    "a parent with a space": ("parent", "rack 1", "holds the text 'rack 1'"),
    "a parent that is a number": ("parent", 5, "holds 5"),
    "parents in a list": ("parent", ["a"], "holds a list"),
    "an unknown primary channel": ("primary_channel", "Ping", "holds the text 'Ping'"),
    "an unknown graph": ("graph_type", "pie", "holds the text 'pie'"),
    "an unknown unit": ("stack_unit", "Seconds", "holds the text 'Seconds'"),
    "limits in a list": ("limits", [1], "holds a list"),
    "limits of an unknown channel": ("limits", {"Ping": {}}, "holds limits for 'Ping'"),
    "limits of the status": (
        "limits",
        {"Status": {"upper_error": 1}},
        "holds limits for Status, which itself follows from the limits",
    ),
    "limits of the downtime": (
        "limits",
        {"Downtime": {"upper_error": 1}},
        "holds limits for Downtime, which itself follows from the limits",
    ),
    "limits of more channels than there are": ("limits", {f"c{n}": {} for n in range(12)}, "has 12 entries"),
    "limits of a channel that is a number": ("limits", {5: {}}, "holds 5"),
    "a preset without a time zone": ("schedule", "weekdays", "holds the preset weekdays without a time zone"),
    "an unknown schedule": ("schedule", "mondays", "holds the text 'mondays'"),
    "a schedule of neither": ("schedule", {"time_zone": "UTC"}, "needs either paused or preset"),
    "a schedule of both": (
        "schedule",
        {"time_zone": "UTC", "preset": "weekdays", "paused": []},
        "needs either paused or preset",
    ),
    "a schedule that is a number": ("schedule", 5, "holds 5"),
    "more windows than may be": (
        "maintenance_windows",
        [{"start": "2026-01-31T12:00:00Z", "end": "2026-01-31T12:00:01Z"}] * 101,
        "has 101 entries",
    ),
    "a window that is no list": ("maintenance_windows", "tonight", "holds the text 'tonight'"),
    "a master with a space": ("depends_on", "p ing", "holds the text 'p ing'"),
    "masters in a list": ("depends_on", ["ping"], "holds a list"),
    "a master for the parent in a text": ("master_for_parent", "yes", "holds the text 'yes'"),
    "a master for the parent that is a number": ("master_for_parent", 1, "holds 1"),
    "a delay before now": ("dependency_delay", -1, "holds -1"),
    "a delay of more than a day": ("dependency_delay", 86_401, "holds 86401"),
    "a delay that is not whole": ("dependency_delay", 1.5, "holds 1.5"),
    "a pause until some word": ("paused", "tomorrow", "holds 'tomorrow'"),
    "a pause until a time of nowhere": ("paused", "2026-01-31T12:00:00", "holds '2026-01-31T12:00:00'"),
    "a pause until a day": ("paused", "2026-01-31", "holds '2026-01-31'"),
    "a pause that is a number": ("paused", 1, "holds 1"),
    "a pause in a list": ("paused", [True], "holds a list"),
}

# Attribute, what is written, where inside it the fault is, the complaint.
INSIDE: dict[str, tuple[str, Any, str, str]] = {
    "tags that are numbers": ("tags", ["a", 1, 2], "tags[1]", "holds 1"),
    "channels that are numbers": ("channels", [1], "channels[0]", "holds 1"),
    "a limit in a text": (
        "limits",
        {"LoginTime": {"upper_error": "5"}},
        "limits.LoginTime.upper_error",
        "holds the text '5'",
    ),
    "a limit that is a boolean": (
        "limits",
        {"LoginTime": {"upper_error": True}},
        "limits.LoginTime.upper_error",
        "holds the boolean true",
    ),
    "an unknown limit": ("limits", {"LoginTime": {"upper": 5}}, "limits.LoginTime.upper", "is not known here"),
    "a limit without its kind": ("limits", {"LoginTime": 5}, "limits.LoginTime", "holds 5"),
    "a message that is too long": (
        "limits",
        {"LoginTime": {"error_message": "x" * 201}},
        "limits.LoginTime.error_message",
        f"holds the text '{'x' * 100}'",
    ),
    "a schedule without a time zone": ("schedule", {"preset": "weekdays"}, "schedule.time_zone", "is missing"),
    "an unknown preset": (
        "schedule",
        {"time_zone": "UTC", "preset": "mondays"},
        "schedule.preset",
        "holds 'mondays', which is no preset",
    ),
    "more periods than may be": (
        "schedule",
        {"time_zone": "UTC", "paused": ["mo:09:00-mo:10:00"] * 101},
        "schedule.paused",
        "has 101 entries",
    ),
    "a limit beyond all numbers": (
        "limits",
        {"LoginTime": {"upper_error": float("inf")}},
        "limits.LoginTime.upper_error",
        "holds a very large number",
    ),
    "a limit of no number": (
        "limits",
        {"LoginTime": {"upper_error": float("nan")}},
        "limits.LoginTime.upper_error",
        "holds nan",
    ),
    "a message with half a character": (
        "limits",
        {"LoginTime": {"error_message": "a\ud800"}},
        "limits.LoginTime.error_message",
        "holds the text 'a\\ud800'",
    ),
    "a time zone that is none": (
        "schedule",
        {"time_zone": "Europe/Atlantis", "preset": "weekdays"},
        "schedule.time_zone",
        "holds 'Europe/Atlantis', which is no IANA time zone",
    ),
    "a time zone that is a path": (
        "schedule",
        {"time_zone": "../../etc/passwd", "preset": "weekdays"},
        "schedule.time_zone",
        "holds '../../etc/passwd', which is no IANA time zone",
    ),
    "no time zone at all": (
        "schedule",
        {"time_zone": "", "preset": "weekdays"},
        "schedule.time_zone",
        "holds '', which is no IANA time zone",
    ),
    "a folder of time zones": (
        "schedule",
        {"time_zone": "Europe", "preset": "weekdays"},
        "schedule.time_zone",
        "holds 'Europe', which is no IANA time zone",
    ),
    "a period that is none": (
        "schedule",
        {"time_zone": "UTC", "paused": ["mo:09:00-mo:10:00", "fr:17:00"]},
        "schedule.paused",
        "'fr:17:00' is no period like fr:17:00-mo:09:00",
    ),
    "a period of no length": (
        "schedule",
        {"time_zone": "UTC", "paused": ["fr:17:00-fr:17:00"]},
        "schedule.paused",
        "'fr:17:00-fr:17:00' starts where it ends",
    ),
    "periods in a text": (
        "schedule",
        {"time_zone": "UTC", "paused": "fr:17:00-mo:09:00"},
        "schedule.paused",
        "holds the text 'fr:17:00-mo:09:00'",
    ),
    "an unknown part of a schedule": (
        "schedule",
        {"time_zone": "UTC", "paused": [], "comment": "x"},
        "schedule.comment",
        "is not known here",
    ),
    "a window without an end": (
        "maintenance_windows",
        [{"start": "2026-01-31T12:00:00Z"}],
        "maintenance_windows[0].end",
        "is missing",
    ),
    "a window of nowhere": (
        "maintenance_windows",
        [{"start": "2026-01-31T12:00:00", "end": "2026-01-31T13:00:00Z"}],
        "maintenance_windows[0].start",
        "holds '2026-01-31T12:00:00'",
    ),
    "a window that ends before it starts": (
        "maintenance_windows",
        [{"start": "2026-01-31T12:00:00Z", "end": "2026-01-31T12:30:00+01:00"}],
        "maintenance_windows[0]",
        "ends before it starts",
    ),
    "a window that is a text": (
        "maintenance_windows",
        ["tonight"],
        "maintenance_windows[0]",
        "holds the text 'tonight'",
    ),
}


@pytest.mark.parametrize(("attribute", "written", "complaint"), BAD.values(), ids=BAD)
def test_bad_values(attribute: str, written: object, complaint: str) -> None:
    expected = (Problem(attribute, f"{complaint}; allowed: {ALLOWED[attribute]}"),)
    assert expected == problems_of({"id": "a", attribute: written})


@pytest.mark.parametrize(("attribute", "written", "path", "complaint"), INSIDE.values(), ids=INSIDE)
def test_where_inside_an_attribute_the_fault_is(attribute: str, written: object, path: str, complaint: str) -> None:
    expected = (Problem(path, f"{complaint}; allowed: {ALLOWED[attribute]}"),)
    assert expected == problems_of({"id": "a", attribute: written})


def test_a_window_of_no_length_is_refused() -> None:
    """It ends no earlier than it starts, and so the words must not say that it does."""
    window = {"start": "2026-01-31T12:00:00Z", "end": "2026-01-31T13:00:00+01:00"}
    (problem,) = problems_of({"id": "a", "maintenance_windows": [window]})
    assert "maintenance_windows[0]" == problem.attribute


def test_null_is_as_not_there() -> None:
    """As tools write it that always send every attribute."""
    assert read_item({"id": "a"}) == read_item({**dict.fromkeys(Item.model_fields), "id": "a"})


CLOSED = {
    name: get_args(words)
    for name, field in Item.model_fields.items()
    for words in (field.annotation, *get_args(field.annotation))
    if get_origin(words) is Literal and name != "stack_unit"  # which units fit depends on the channels
}


@pytest.mark.parametrize(("attribute", "words"), CLOSED.items(), ids=CLOSED)
def test_every_word_of_a_closed_list_is_told(attribute: str, words: tuple[str, ...]) -> None:
    assert list(words) == re.split(", | or ", ALLOWED[attribute])
    assert ALLOWED[attribute] == Item.model_fields[attribute].description


def test_the_tables_leave_out_no_attribute() -> None:
    attributes = set(Item.model_fields)
    assert attributes == {attribute for attribute, _, _ in GOOD.values()}
    assert attributes - {"comment"} == {attribute for attribute, _, _ in BAD.values()}


PASSWORDS = ["password", "passwort", "PASSWORD", "passwd", "passwrod", "pop3_password", "pasword", "pass", "pwd"]
A_PASSWORD = (
    "there is no such attribute; a password belongs in Secrets Manager, and secret_id names the secret: "
    "remove it here, and change it, for it has been shown"
)
# Item: every problem, as it is told.
SEVERAL: dict[str, tuple[dict[str, Any], list[str]]] = {
    "no id": ({}, ["id: is missing; allowed: 1 to 64 of A-Z a-z 0-9 . _ -"]),
    "one letter too many": ({"id": "a", "hosst": "x"}, ["hosst: there is no such attribute; did you mean host?"]),
    "letters swapped": ({"id": "a", "prot": 110}, ["prot: there is no such attribute; did you mean port?"]),
    "capitals": ({"id": "a", "Timeout": 5}, ["Timeout: there is no such attribute; did you mean timeout?"]),
    "another spelling": (
        {"id": "a", "secret-id": "x"},
        ["secret-id: there is no such attribute; did you mean secret_id?"],
    ),
    "an attribute that resembles none": ({"id": "a", "colour": 5}, ["colour: there is no such attribute"]),
    "a name that only Python knows": ({"id": "a", "model_config": 5}, ["model_config: there is no such attribute"]),
    "a very long attribute": ({"id": "a", "x" * 300: 5}, [f"{'x' * 63}…: there is no such attribute"]),
    "an attribute of half a character": ({"id": "a", "a\ud800b": 5}, ["ab: there is no such attribute"]),
    "an attribute that is nothing but half a character": ({"id": "a", "\ud800": 5}, ["there is no such attribute"]),
    "an attribute in angle brackets": ({"id": "a", "<b>": 5}, ["{b}: there is no such attribute"]),
    "more unknown attributes than are named": (
        {"id": "a", **{f"colour{n}": 5 for n in range(15)}},
        [*(f"colour{n}: there is no such attribute" for n in range(10)), "and 5 more attributes that do not exist"],
    ),
    **{f"a password, as {name}": ({"id": "a", name: "x"}, [f"{name}: {A_PASSWORD}"]) for name in PASSWORDS},
    "a secret: it is not the password, but its name": (
        {"id": "a", "secret": "x"},
        ["secret: there is no such attribute; did you mean secret_id?"],
    ),
    "every fault inside an attribute, in one round": (
        {
            "id": "a",
            "schedule": {"time_zone": "Mars", "preset": "mondays"},
            "limits": {"Ping": {"upper_error": "5"}, "LoginTime": {"upper": 5, "lower_error": "5"}},
        },
        [
            f"limits: holds limits for 'Ping'; allowed: {ALLOWED['limits']}",
            f"limits.Ping.upper_error: holds the text '5'; allowed: {ALLOWED['limits']}",
            f"limits.LoginTime.lower_error: holds the text '5'; allowed: {ALLOWED['limits']}",
            f"limits.LoginTime.upper: is not known here; allowed: {ALLOWED['limits']}",
            f"schedule.time_zone: holds 'Mars', which is no IANA time zone; allowed: {ALLOWED['schedule']}",
            f"schedule.preset: holds 'mondays', which is no preset; allowed: {ALLOWED['schedule']}",
        ],
    ),
    "no more of one attribute than five": (
        {"id": "a", "limits": {"LoginTime": {f"colour{n}": 5 for n in range(50)}}},
        [f"limits.LoginTime.colour{n}: is not known here; allowed: {ALLOWED['limits']}" for n in range(5)],
    ),
    "one message for each attribute, however much is wrong with it": (
        {"id": "a", "tags": [1, 2, 3], "channels": [4, 5]},
        [f"tags[0]: holds 1; allowed: {ALLOWED['tags']}", f"channels[0]: holds 4; allowed: {ALLOWED['channels']}"],
    ),
    "all at once": (
        {"id": "a b", "host": "a b", "port": 0, "prot": 3, "username": ""},
        [
            f"id: holds the text 'a b'; allowed: {ALLOWED['id']}",
            f"host: holds 'a b'; allowed: {ALLOWED['host']}",
            f"port: holds 0; allowed: {ALLOWED['port']}",
            f"username: is empty; allowed: {ALLOWED['username']}",
            "prot: there is no such attribute; did you mean port?",
        ],
    ),
}


@pytest.mark.parametrize(("written", "told"), SEVERAL.values(), ids=SEVERAL)
def test_every_problem_is_told(written: dict[str, Any], told: list[str]) -> None:
    with pytest.raises(InvalidSettings) as caught:
        read_item(written)
    expected = (told, "; ".join(told))
    assert expected == ([str(problem) for problem in caught.value.problems], str(caught.value))


PASSWORD = "tanstaaf-8472"
NEVER_SHOWN: dict[str, dict[str, Any]] = {
    "an attribute that does not exist": {"password": PASSWORD},
    "an attribute that does not exist, in a map": {"pass": {"word": [PASSWORD]}},
    "the user name": {"username": f"{PASSWORD}\n"},
    "the user name, in a list": {"username": [PASSWORD]},
    "the secret's id": {"secret_id": f"{PASSWORD}\r"},
    "the secret's id, in a map": {"secret_id": {"password": PASSWORD}},
    "the secret's key": {"secret_key": f"{PASSWORD}\0"},
    "an authority": {"trusted_ca": PASSWORD},
    "an authority, in a list": {"trusted_ca": [PASSWORD]},
    "a comment beside a bad port": {"comment": PASSWORD, "port": 0},
    "a good user name beside a bad port": {"username": PASSWORD, "port": 0},
}


@pytest.mark.parametrize("written", NEVER_SHOWN.values(), ids=NEVER_SHOWN)
def test_what_may_be_a_password_is_never_shown(written: dict[str, Any]) -> None:
    with pytest.raises(InvalidSettings) as caught:
        read_item({"id": "a", **written})
    error = caught.value
    shown = repr(error) + repr(error.problems) + "".join(traceback.format_exception(error)) + repr(error.__context__)
    assert PASSWORD not in shown


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=4,
)


@pytest.mark.parametrize("attribute", [*Item.model_fields, "colour"])
@given(written=anything)
def test_whatever_is_written_gives_an_item_or_a_problem(attribute: str, written: object) -> None:
    """A bad item harms only itself: any other exception would end the scan of all sensors."""
    with suppress(InvalidSettings):
        read_item({"id": "a", attribute: written})


def problems_of(written: Mapping[str, Any]) -> tuple[Problem, ...]:
    with pytest.raises(InvalidSettings) as caught:
        read_item(written)
    return caught.value.problems

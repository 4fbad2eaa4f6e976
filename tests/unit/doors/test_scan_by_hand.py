"""`python -m pop3_sensor scan HOST`, as a person or a monitoring system starts it."""

import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from pop3_sensor.items import Item
from tests.servers.certificates import Authority, self_signed
from tests.servers.scripted import (
    Script,
    Server,
    answer,
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

SOON = 20.0
PASSWORD = "tanstaaf-8472"
CHALLENGE = "<1896.697170952@mail.example.org>"

HEALTHY: Script = [*greeting(), *answer("CAPA", "-ERR"), *quit_answer()]
WELCOMED: Script = [*greeting(), *answer("CAPA", "-ERR"), *login_user("ann", PASSWORD), *quit_answer()]

Done = tuple[int, str, str]


def by_hand(*arguments: object, variables: Mapping[str, str] | None = None) -> Done:
    """Exit status, what it printed, what it complained of."""
    environment = {name: value for name, value in os.environ.items() if name != "POP3_SENSOR_PASSWORD"}
    done = subprocess.run(
        [sys.executable, "-m", "pop3_sensor", *map(str, arguments)],
        env=environment | dict(variables or {}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=SOON,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def scan(server: Server, *arguments: object, **how: Any) -> Done:
    return by_hand("scan", server.host, "--port", server.port, *arguments, **how)


# ---- the exit status, as every monitoring plug-in has it -------------------------------------------------------------


def test_up() -> None:
    with scripted(HEALTHY) as server:
        status, printed, complaints = scan(server)
    assert ([], 0, "") == (server.failures, status, complaints)
    first, second, *_ = printed.splitlines()
    assert re.fullmatch(rf"Up: 127\.0\.0\.1 port {server.port}, \d+\.\d{{3}} ms", first)
    assert second.startswith("Sensor by-hand, scan of ")
    for shown in (r"\d ms  S: \+OK ready", r"\d ms  C: QUIT", r"  Status: +Up since", r"  Encryption: +none"):
        assert re.search(shown, printed)


def test_warning(tmp_path: Path) -> None:
    context = self_signed(tmp_path).server_context()
    script: Script = [*greeting(), *capa("STLS"), *stls(context), *quit_answer()]
    with scripted(script) as server:
        status, printed, complaints = scan(server, "--certificate-check", "warn")
    assert ([], 1, "") == (server.failures, status, complaints)
    first, second, *_ = printed.splitlines()
    assert re.fullmatch(rf"Warning: 127\.0\.0\.1 port {server.port}, \d+\.\d{{3}} ms", first)
    assert second.startswith("self-signed certificate (certificate of ")


def test_down() -> None:
    """At once: one scan has no history to be patient with."""
    with refused_port() as port:
        status, printed, complaints = by_hand("scan", "127.0.0.1", "--port", port)
    assert (2, "") == (status, complaints)
    expected = [f"Down: 127.0.0.1 port {port}, refused in connect", "nothing accepts connections on this port"]
    assert expected == printed.splitlines()[:2]


def test_unknown() -> None:
    with scripted() as server:
        status, printed, complaints = scan(server, "--forbidden-networks", "10.0.0.0/8,127.0.0.0/8")
    assert ([], 3, "") == (server.failures, status, complaints)
    assert f"Unknown: 127.0.0.1 port {server.port}, address_forbidden in lookup" == printed.splitlines()[0]


# ---- what is printed -------------------------------------------------------------------------------------------------


def test_as_json() -> None:
    with scripted([*WELCOMED[:-2], *stat(2, 320), *quit_answer()]) as server:
        status, printed, complaints = scan(
            server,
            *["--username", "ann", "--channels", "Status", "MessageCount", "--json"],
            variables={"POP3_SENSOR_PASSWORD": PASSWORD},
        )
    assert ([], 0, "") == (server.failures, status, complaints)
    result = json.loads(printed)
    assert {
        "sensor_id": "by-hand",
        "status": "Up",
        "phase": "",
        "reason": "",
        "message": "",
        "response_time_ms": result["response_time_ms"],
        "channels": {
            "ResponseTime": result["response_time_ms"],
            "Downtime": 0,
            "Status": 0,
            "MessageCount": 2,
        },
        "phases": result["phases"],
        "address": "127.0.0.1",
        "tls": {},
        "certificate": {},
    } == result
    assert ["lookup", "connect", "greeting", "security", "login"] == list(result["phases"])


def test_as_json_when_down() -> None:
    with refused_port() as port:
        status, printed, _ = by_hand("scan", "127.0.0.1", "--port", port, "--json")
    result = json.loads(printed)
    assert (2, "Down", "refused", None) == (status, result["status"], result["reason"], result["response_time_ms"])


def test_every_option_reaches_the_scan(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    ca = tmp_path / "ca.pem"
    ca.write_text(authority.pem)
    script: Script = [
        *greeting(CHALLENGE),
        *capa("STLS"),
        *stls(authority.issue().server_context()),
        *login_apop("ann", PASSWORD, CHALLENGE),
        *quit_answer(),
    ]
    with scripted(script, host="::1") as server:
        status, printed, complaints = scan(
            server,
            *["--timeout", 20, "--transport-security", "starttls_required", "--ip-version", "ipv6"],
            *["--authentication", "apop", "--username", "ann", "--cleartext-login", "refuse"],
            *["--certificate-check", "verify", "--trusted-ca", ca],
            variables={"POP3_SENSOR_PASSWORD": PASSWORD},
        )
    assert ([], 0, "") == (server.failures, status, complaints)
    settings = {
        "host": "::1",
        "timeout": "20",
        "transport_security": "starttls_required",
        "authentication": "apop",
        "username": "ann",
        "cleartext_login": "refuse",
        "certificate_check": "verify",
        "ip_version": "ipv6",
    }
    shown = dict(re.findall(r"^  (\w+): +(.*)$", printed.partition("\nSettings\n")[2], re.MULTILINE))
    assert settings == {name: shown[name] for name in settings}
    assert re.search(r"^  Certificate: +verified$", printed, re.MULTILINE)


def test_a_terminal_that_knows_few_letters() -> None:
    """An exception while printing would exit with 1, which says Warning."""
    with scripted([*greeting("größe 日本"), *HEALTHY[1:]]) as server:
        status, printed, complaints = scan(server, variables={"PYTHONIOENCODING": "ascii"})
    assert ([], 0, "") == (server.failures, status, complaints)
    assert "Status:                Up" in printed


# ---- the password ----------------------------------------------------------------------------------------------------

# What the password file holds, what the variable holds.
PASSWORDS: dict[str, tuple[str | None, str | None]] = {
    "by variable": (None, PASSWORD),
    "by file": (PASSWORD, None),
    "by the file's first line": (f"{PASSWORD}\nnot this\n", None),
    "by a file from Windows": (f"{PASSWORD}\r\n", None),
    "by file rather than by variable": (f"{PASSWORD}\n", "not this"),
}


@pytest.mark.parametrize(("file", "variable"), PASSWORDS.values(), ids=PASSWORDS)
def test_the_password_comes(tmp_path: Path, file: str | None, variable: str | None) -> None:
    arguments: list[object] = ["--username", "ann"]
    if file is not None:
        path = tmp_path / "password"
        path.write_bytes(file.encode())
        arguments += ["--password-file", path]
    with scripted(WELCOMED) as server:
        variables = {} if variable is None else {"POP3_SENSOR_PASSWORD": variable}
        status, printed, complaints = scan(server, *arguments, variables=variables)
    assert ([], 0, "") == (server.failures, status, complaints)
    assert PASSWORD not in printed


def test_the_password_is_asked_for_at_a_terminal() -> None:
    master, slave = pty.openpty()
    with scripted(WELCOMED) as server, os.fdopen(master, "wb", buffering=0) as keyboard:
        command = [sys.executable, "-m", "pop3_sensor", "scan", server.host, "--port", str(server.port)]
        with os.fdopen(slave, "rb") as terminal:
            process = subprocess.Popen(
                [*command, "--username", "ann"],
                stdin=terminal,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,  # else the terminal of whoever runs the tests would be asked
                encoding="utf-8",
                env={name: value for name, value in os.environ.items() if name != "POP3_SENSOR_PASSWORD"},
            )
        with process:
            assert process.stderr
            prompt = process.stderr.read(len("Password of ann: "))
            keyboard.write(f"{PASSWORD}\n".encode())
            printed, complaints = process.communicate(timeout=SOON)
    assert ([], 0, "Password of ann: ", "\n") == (server.failures, process.returncode, prompt, complaints)
    assert PASSWORD not in printed


@pytest.mark.parametrize("form", [[], ["--json"]], ids=["as text", "as JSON"])
def test_the_password_is_never_shown_even_if_the_server_echoes_it(form: list[str]) -> None:
    echo = f"-ERR {PASSWORD} is wrong"
    script: Script = [
        *WELCOMED[:3],
        *answer("USER ann", "+OK"),
        *answer(f"PASS {PASSWORD}", echo),
        *answer("QUIT", echo),
    ]
    with scripted(script) as server:
        status, printed, complaints = scan(
            server, "--username", "ann", *form, variables={"POP3_SENSOR_PASSWORD": PASSWORD}
        )
    assert ([], 2, "") == (server.failures, status, complaints)
    assert "the login was rejected: -ERR *** is wrong" in printed
    assert PASSWORD not in printed


# ---- mistakes --------------------------------------------------------------------------------------------------------

# Arguments, the last line of the complaint.
USAGE: dict[str, tuple[list[str], str]] = {
    "no command": ([], "python -m pop3_sensor: the following arguments are required: COMMAND"),
    "no host": (["scan"], "python -m pop3_sensor scan: the following arguments are required: host"),
    "a port that is no number": (
        ["scan", "192.0.2.1", "--port", "pop3"],
        "python -m pop3_sensor scan: argument --port: invalid int value: 'pop3'",
    ),
    "an unknown option": (
        ["scan", "192.0.2.1", "--colour", "red"],
        "python -m pop3_sensor: unrecognized arguments: --colour red",
    ),
    "a password file without its name": (
        ["scan", "192.0.2.1", "--password-file"],
        "python -m pop3_sensor scan: argument --password-file: expected one argument",
    ),
}


@pytest.mark.parametrize(("arguments", "told"), USAGE.values(), ids=USAGE)
def test_a_mistake_in_the_command_is_unknown_and_not_down(arguments: list[str], told: str) -> None:
    status, printed, complaints = by_hand(*arguments)
    usage, *_, last = complaints.splitlines()
    assert (3, "", told) == (status, printed, last)
    assert usage.startswith("usage: python -m pop3_sensor")


HOST = "192.0.2.1"  # no packet goes there
VERSIONS = "ipv4, ipv6 or any"
PEM = "PEM text of one or more certificates, at most 64 KiB"
PAIR = '{"username": "…", "password": "…"}'
MISTAKES: dict[str, tuple[list[str], str]] = {
    "a host with a port": (
        ["mail.example.org:110"],
        "host: holds 'mail.example.org:110'; allowed: a DNS name or an IP address, without a port",
    ),
    "a port too low": ([HOST, "--port", "0"], "port: holds 0; allowed: a whole number from 1 to 65535"),
    "two mistakes": (
        [HOST, "--timeout", "0", "--ip-version", "5"],
        f"timeout: holds 0; allowed: whole seconds from 1 to 900; ip_version: holds the text '5'; allowed: {VERSIONS}",
    ),
    "an authority that is none": (
        [HOST, "--trusted-ca", os.devnull],
        f"trusted_ca: holds 0 characters in which there is no certificate; allowed: {PEM}",
    ),
    "an authority that is not there": (
        [HOST, "--trusted-ca", "not-there.pem"],
        "[Errno 2] No such file or directory: 'not-there.pem'",
    ),
    "a network that is none": (
        [HOST, "--forbidden-networks", "nonsense"],
        "'nonsense' does not appear to be an IPv4 or IPv6 network",
    ),
    "nobody to log in": ([HOST, "--authentication", "apop"], "--authentication apop needs --username"),
    "no password": (
        [HOST, "--username", "ann"],
        "there is no password: use --password-file or $POP3_SENSOR_PASSWORD",
    ),
    "an empty password": (
        [HOST, "--username", "ann", "--password-file", os.devnull],
        f"the secret given by hand must hold JSON {PAIR}, or the bare password where the item has username",
    ),
    "a password file that is not there": (
        [HOST, "--username", "ann", "--password-file", "not-there.txt"],
        "[Errno 2] No such file or directory: 'not-there.txt'",
    ),
}


@pytest.mark.parametrize(("arguments", "told"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_in_the_settings_is_told(arguments: list[str], told: str) -> None:
    assert (3, "", f"Unknown: {told}\n") == by_hand("scan", *arguments)


# They belong to the fleet, to what is published and shown, or to the secret in place of which a person is asked.
NOT_OF_ONE_SCAN = {"id", "kind", "parent", "comment", "name", "tags", "priority", "secret_id", "secret_key"}
NOT_OF_ONE_SCAN |= {"result_handling", "primary_channel", "graph_type", "stack_unit", "limits", "interval"}
NOT_OF_ONE_SCAN |= {"warning_scans", "schedule", "maintenance_windows", "depends_on", "master_for_parent"}
NOT_OF_ONE_SCAN |= {"dependency_delay", "paused"}


def test_help_names_every_option() -> None:
    """Every attribute that matters to one scan is one; the host stands without."""
    status, printed, complaints = by_hand("scan", "--help")
    assert (0, "") == (status, complaints)
    attributes = {f"--{name.replace('_', '-')}" for name in Item.model_fields.keys() - NOT_OF_ONE_SCAN - {"host"}}
    others = {"--forbidden-networks", "--help", "--json", "--password-file"}
    assert attributes | others == set(re.findall(r"--[a-z-]+", printed))

"""One scan by hand, without AWS: the dialogue, the phases, the certificate, the verdict."""

import argparse
import asyncio
import getpass
import io
import json
import os
import sys
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from ..items import InvalidSettings, Item, read_item, settings_of
from ..model import ScanError, Settings, Status
from ..scan import Credentials, parse_credentials, parse_networks, scan
from ..status import report_of_scan
from ..status.result_files import dialogue, summary

# As every monitoring plug-in has them: OK, WARNING, CRITICAL, UNKNOWN.
EXIT_STATUS = {Status.UP: 0, Status.WARNING: 1, Status.DOWN: 2, Status.UNKNOWN: 3}
PASSWORD_VARIABLE = "POP3_SENSOR_PASSWORD"  # noqa: S105 - the name of a variable

_WORDS = ("transport_security", "authentication", "username", "cleartext_login", "certificate_check", "ip_version")
_NUMBERS = ("port", "timeout")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options are the attributes of an item, under the same names."""
    parser.add_argument("host", help=Item.model_fields["host"].description)
    for name in (*_NUMBERS, *_WORDS):
        kind = int if name in _NUMBERS else str
        parser.add_argument(_option(name), type=kind, help=Item.model_fields[name].description)
    parser.add_argument("--channels", nargs="+", help=Item.model_fields["channels"].description)
    parser.add_argument("--trusted-ca", type=Path, metavar="FILE", help="PEM file of further certificate authorities")
    parser.add_argument(
        "--password-file",
        type=Path,
        metavar="FILE",
        help=f"its first line is the password; else ${PASSWORD_VARIABLE}, or asked",
    )
    parser.add_argument(
        "--forbidden-networks", default="", help="CIDR list where the scan may not connect (by hand: anywhere it may)"
    )
    parser.add_argument("--json", action="store_true", help="print the result as the scan function returns it")


def run(arguments: argparse.Namespace) -> int:
    """Scans, prints, and returns the exit status: 0 Up, 1 Warning, 2 Down, 3 Unknown."""
    try:
        settings = _settings(arguments)
        forbidden = parse_networks(arguments.forbidden_networks)
        credentials = _credentials(settings, arguments.password_file)
    except (InvalidSettings, ScanError, ValueError, OSError) as error:
        print(f"{Status.UNKNOWN}: {error}", file=sys.stderr)
        return EXIT_STATUS[Status.UNKNOWN]
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal may not know every letter of a server's words
    seen = asyncio.run(scan(settings, credentials, forbidden=forbidden))
    report = report_of_scan(settings.id, settings, seen, None)
    if arguments.json:
        print(json.dumps(report.as_json(), indent=2))
    else:
        state = report.state
        spent = (
            f"{report.response_time:.3f} ms" if report.response_time is not None else f"{state.reason} in {state.phase}"
        )
        print(
            f"{state.status}: {settings.host} port {settings.port}, {spent}",
            state.message,
            sep="\n" if state.message else "",
        )
        print(dialogue(report), summary(report), sep="\n", end="")
    return EXIT_STATUS[report.verdict.status]


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _settings(arguments: argparse.Namespace) -> Settings:
    given = {
        name: value for name in (*_NUMBERS, *_WORDS, "channels") if (value := getattr(arguments, name)) is not None
    }
    item: dict[str, Any] = {"id": "by-hand", "host": arguments.host, "secret_id": "by hand"} | given
    if arguments.username is not None:
        item.setdefault("authentication", "user_password")
    if arguments.trusted_ca is not None:
        item["trusted_ca"] = arguments.trusted_ca.read_text()
    item["warning_scans"] = 0  # one scan has no history to be patient with
    return settings_of(read_item(item))


def _credentials(settings: Settings, password_file: Path | None) -> Credentials | None:
    if settings.authentication == "none":
        return None
    if not settings.username:
        raise ValueError(f"--authentication {settings.authentication} needs --username")
    pair = {"username": settings.username, "password": _password(settings.username, password_file)}
    return parse_credentials(SecretStr(json.dumps(pair)), "given by hand", key=None, username=None)


def _password(username: str, password_file: Path | None) -> str:
    """Never from the command line: every user of the machine can read that."""
    if password_file is not None:
        return password_file.read_text().split("\n", 1)[0].removesuffix("\r")
    if PASSWORD_VARIABLE in os.environ:
        return os.environ[PASSWORD_VARIABLE]
    if sys.stdin.isatty():
        return getpass.getpass(f"Password of {username}: ")
    raise ValueError(f"there is no password: use --password-file or ${PASSWORD_VARIABLE}")

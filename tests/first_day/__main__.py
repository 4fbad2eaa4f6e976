"""The check list of docs/first-day.md, run against a stack that was just deployed."""

import argparse
import json
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from tests.first_day.account import Account
from tests.first_day.report import FAILED, Line, as_json, run
from tests.first_day.steps import STEPS

REPORT = Path("first-day.json")


def ask(question: str) -> bool | None:
    if not sys.stdin.isatty():
        return None
    answer = input(f"{question} [y/n, nothing to skip] ").strip().lower()
    return answer.startswith("y") if answer else None


def main() -> int:
    parser = argparse.ArgumentParser(prog="make first-day", description=__doc__)
    parser.add_argument("--stack", default="pop3-sensor", help="its name (pop3-sensor)")
    parser.add_argument("--host", default="", help="a public POP3 server with TLS, to be scanned once")
    parser.add_argument("--port", type=int, default=995, help="its port for TLS from the start (995)")
    parser.add_argument("--only", choices=[one.name for one in STEPS], action="append", help="this step alone")
    parser.add_argument("--name-hosts", action="store_true", help="the report may hold the name of the host")
    parser.add_argument("--remove", action="store_true", help="delete the stack at the end, and look at what stays")
    options = parser.parse_args()
    # A scan may last as long as an invocation, and must not be asked for twice.
    patient = Config(read_timeout=900, retries={"total_max_attempts": 1})
    clients: dict[str, Any] = {}

    def client(service: str) -> Any:
        if service not in clients:
            clients[service] = boto3.client(service, config=patient)  # type: ignore[call-overload]  # any, by name
        return clients[service]

    account = Account(client, options.stack, ask, options.host, options.port, options.remove)
    wanted = [one for one in STEPS if one.name in (options.only or [step.name for step in STEPS])]
    lines: list[Line] = []
    try:
        for line in run(account, wanted, name_hosts=options.name_hosts):
            lines.append(line)
            show(line)
    finally:
        with suppress(ClientError, BotoCoreError, KeyError):  # nothing is there where the stack is not, or not any more
            account.clear()
    region = client("cloudformation").meta.region_name
    REPORT.write_text(json.dumps(as_json(lines, region), indent=2, ensure_ascii=False) + "\n")
    print(f"\n{REPORT} holds the same lines, for whoever helps you. Read it before you send it.")
    return int(any(line.verdict == FAILED for line in lines))


def show(line: Line) -> None:
    print(f"{line.verdict:8} {line.step}: {line.said}", flush=True)
    if line.verdict == FAILED:
        (step,) = (one for one in STEPS if one.name == line.step)
        print(f"         {step.otherwise}", flush=True)


if __name__ == "__main__":
    sys.exit(main())

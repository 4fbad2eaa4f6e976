"""Runs every command of the documents in bash, against the deployed stack and mail servers on loopback."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.demo.demonstration import MailServers
from tests.documents import Section, section, sections
from tests.emulator.stack import DeployedStack
from tests.fakes.aws_command import PROGRAM, AwsCommand
from tests.required import openssl_missing, require
from tests.root import ROOT

DOCUMENTS = ("sensors.md", "alarms.md", "deploy.md", "troubleshooting.md", "first-day.md")
# So begin the blocks that a document's other blocks need: they define the stack's names, and `scan`.
FIRST = ("output() {", "scan() {")
# What a section's commands show, for troubles that the tests' servers can cause.
SHOWN = {
    "address_forbidden": "address_forbidden",
    "certificate_untrusted": "Up: localhost",
    "cleartext_refused": "cleartext_refused in login",
    "login_rejected": "login_rejected in login",
    "tls_not_offered": "tls_not_offered in security",
    "tls_not_supported": "tls_not_supported in security",
    "Reasons: the certificate": "subject=O = trustme",
    "No metrics at all": '"scanned":',
    "Reading the result files": "S: +OK ready",
    "The log": '"message":"tick"',
    "secret_denied": "pop3-sensor/",
    "secret_malformed": "['username', 'password']",
    "secret_missing": "pop3-sensor/office-login",
    "The response time jumped": '"phases"',
}


def with_commands() -> list[Section]:
    return [one for document in DOCUMENTS for one in sections(document) if one.of("sh")]


def preamble(document: str) -> str:
    """The definitions that a document's other commands need, without the commands that act at once."""
    scripts = [script for one in sections(document) for script in one.of("sh") if script.startswith(FIRST)]
    return "".join(line for script in scripts for line in script.splitlines(True) if not line.startswith("scan mail"))


class Shell:
    """Bash in a folder like the repository's, with stand-ins for the documents' programs first on the path."""

    def __init__(self, folder: Path, servers: MailServers) -> None:
        self.folder = folder
        self._servers = servers
        programs = folder / "programs"
        programs.mkdir()
        self.address = str(folder / "aws.socket")
        texts = {"aws": PROGRAM.format(python=sys.executable, address=self.address)}
        for name in ("sam", "dig", "nc"):
            texts[name] = f'#!/bin/sh\nexec {sys.executable} -W ignore -m tests.fakes.other_commands {name} "$@"\n'
        for name, text in texts.items():
            (programs / name).write_text(text)
            (programs / name).chmod(0o755)
        python = folder / ".venv" / "bin" / "python"
        python.parent.mkdir(parents=True)
        python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
        python.chmod(0o755)
        (folder / "ca.pem").write_text(servers.ca)
        (pattern,) = section("alarms.md", "Another topic, a chat or a pager").of("json")
        (folder / "urgent.json").write_text(pattern)
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "COVERAGE"))}
        self._environment = kept | {
            "PATH": f"{programs}:{os.environ['PATH']}",
            "PYTHONPATH": f"{ROOT / 'layers' / 'sensor'}:{ROOT}",
        }

    def run(self, script: str) -> "subprocess.CompletedProcess[str]":
        command = ["bash", "-euo", "pipefail", "-c", self._on_loopback(script)]
        return subprocess.run(
            command, cwd=self.folder, env=self._environment, capture_output=True, text=True, check=False, timeout=300
        )

    def _on_loopback(self, script: str) -> str:
        """The script with this machine's servers in place of the documents', so that no other name is looked up."""
        servers = self._servers
        for written, meant in {
            "mail.example.org 110": f"localhost {servers.plain_port}",
            "mail.example.org:110": f"localhost:{servers.port}",
            "mail.example.org:995": f"localhost:{servers.tls_port}",
            "--port 110": f"--port {servers.plain_port}",
            "--port 995": f"--port {servers.tls_port}",
            "mail.example.org": "localhost",
            "pop.gmail.com": "localhost",
        }.items():
            script = script.replace(written, meant)
        return script


@pytest.fixture(scope="module")
def shell(stack: DeployedStack, servers: MailServers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    shell = Shell(tmp_path_factory.mktemp("documents"), servers)
    with AwsCommand(stack.emulator.client).served(shell.address):
        yield shell


@pytest.fixture(autouse=True)
def clean(stack: DeployedStack, servers: MailServers) -> Iterator[None]:
    """Writes the sensors that commands name, and afterwards removes all that the commands made."""
    items, secrets = item_ids(stack), secret_names(stack)
    for item_id in ("office-mail", "office-maintained"):
        stack.put_item(id=item_id, host="localhost", port=servers.plain_port, result_handling="store")
    stack.scan("office-mail")
    yield
    for item_id in item_ids(stack) - items:
        stack.delete_item(item_id)
    for name in secret_names(stack) - secrets:
        stack.emulator.client("secretsmanager").delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)


def item_ids(stack: DeployedStack) -> set[str]:
    pages = (
        stack.emulator.client("dynamodb").get_paginator("scan").paginate(TableName=stack.outputs["SensorsTableName"])
    )
    return {item["id"]["S"] for page in pages for item in page["Items"]}


def secret_names(stack: DeployedStack) -> set[str]:
    return {secret["Name"] for secret in stack.emulator.client("secretsmanager").list_secrets()["SecretList"]}


def name_of(one: Section) -> str:
    return f"{one.document}: {one.heading}"


@pytest.mark.parametrize("one", with_commands(), ids=name_of)
def test_commands_of_a_section_run(shell: Shell, stack: DeployedStack, one: Section) -> None:
    script = "".join(one.of("sh"))
    if "openssl" in script:
        require(openssl_missing())
    if "create-secret" not in script:
        stack.put_secret("pop3-sensor/office-login", {"username": "monitor", "password": "change me"})
    done = shell.run(preamble(one.document) + script)
    assert 0 == done.returncode, done.stderr
    assert "usage:" not in done.stderr
    assert "FunctionError" not in done.stdout
    assert SHOWN.get(one.heading, "") in done.stdout
    for output in one.of("text"):
        if one.document == "sensors.md":
            assert output in done.stdout

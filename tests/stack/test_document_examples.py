"""The examples of docs/sensors.md, written into the deployed stack and scanned at mail servers on this machine."""

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import trustme

from tests.documents import examples, items_of
from tests.emulator.stack import DeployedStack
from tests.servers.background import in_background
from tests.servers.mail_server import MailServer, mail_server

# The secrets and logins that the document's commands make.
SECRETS = {
    "pop3-sensor/office-login": {"username": "monitor", "password": "change me"},
    "pop3-sensor/logins": {"shop": {"username": "shop", "password": "one"}, "club": "two"},
    "pop3-sensor/office-apop": {"username": "monitor", "password": "change me"},
    "pop3-sensor/orders": {"username": "orders", "password": "change me"},
    "pop3-sensor/gmail": {"username": "somebody@gmail.com", "password": "abcd efgh ijkl mnop"},
}
ACCOUNTS = {
    "monitor": "change me",
    "shop": "one",
    "club": "two",
    "orders": "change me",
    "somebody@gmail.com": "abcd efgh ijkl mnop",
}


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def mail(authority: trustme.CA) -> Iterator[MailServer]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    with in_background(mail_server(accounts=ACCOUNTS, tls=context)) as server:
        yield server


@pytest.fixture(scope="module")
def written(stack: DeployedStack, mail: MailServer, authority: trustme.CA) -> Iterator[dict[str, dict[str, Any]]]:
    """Every example, with this machine's server in place of its own."""
    secrets = stack.emulator.client("secretsmanager")
    for name, value in SECRETS.items():
        stack.put_secret(name, value)
    here = {"trusted_ca": authority.cert_pem.bytes().decode(), "timeout": 10}
    items = {}
    for example in examples():
        for item in items_of(example):
            implicit = item.get("transport_security") == "tls_required"
            port = {"port": mail.tls_port if implicit else mail.port} if item.get("kind") != "device" else {}
            host = {"host": "localhost"} if "host" in item else {}
            items[item["id"]] = item | host | port | here
    for item in items.values():
        stack.put_item(**item)
    stack.tick()
    yield items
    for item_id in items:
        stack.delete_item(item_id)
    for name in SECRETS:
        secrets.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)
    stack.tick()


def test_secrets_are_those_of_the_commands() -> None:
    scripts = "".join(script for example in examples() for script in example.of("sh"))
    for name, login in SECRETS.items():
        assert f"create-secret --name {name}" in scripts
        assert all(word in scripts for word in _strings(login))


def _strings(value: object) -> list[str]:
    return [one for inner in value.values() for one in _strings(inner)] if isinstance(value, dict) else [str(value)]


def test_every_example_is_up_when_its_server_is(stack: DeployedStack, written: dict[str, dict[str, Any]]) -> None:
    sensors = [one for one, item in written.items() if item.get("kind") != "device"]
    results = stack.scan(*sensors)
    assert dict.fromkeys(sensors, ("Up", "")) == {
        one: (results[one]["status"], results[one]["message"]) for one in sensors
    }


def test_days_of_the_certificate_are_published(stack: DeployedStack, written: dict[str, dict[str, Any]]) -> None:
    assert "office-tls" in written
    assert stack.values("office-tls", "CertificateDaysLeft")


def test_mailbox_over_its_limit_says_so_in_the_operators_words(
    stack: DeployedStack, written: dict[str, dict[str, Any]]
) -> None:
    """The test's server has only two messages, so the limits are lowered."""
    item = written["orders-mailbox"]
    count = item["limits"]["MessageCount"] | {"upper_warning": 0, "upper_error": 1}
    stack.put_item(**item | {"limits": item["limits"] | {"MessageCount": count}})
    result = stack.scan("orders-mailbox")["orders-mailbox"]
    stack.put_item(**item)
    assert ("Down", "limit") == (result["status"], result["reason"])
    assert result["message"].endswith("; nobody fetches the orders")


@pytest.mark.parametrize(
    ("tick", "status"),
    [
        pytest.param(datetime(2027, 1, 31, 11, tzinfo=UTC), "Paused", id="Paused on Sunday at noon in Berlin"),
        pytest.param(datetime(2027, 2, 1, 7, 59, tzinfo=UTC), "Paused", id="Paused on Monday before nine"),
        pytest.param(datetime(2027, 2, 1, 8, tzinfo=UTC), "Up", id="scanned on Monday from nine on"),
    ],
)
def test_office_hours(stack: DeployedStack, written: dict[str, dict[str, Any]], tick: datetime, status: str) -> None:
    assert "weekdays_9_to_17" == written["office-hours"]["schedule"]["preset"]
    stack.tick(tick)
    assert status == stack.states()["office-hours"]["status"]["S"]


def test_window_of_maintenance_pauses(stack: DeployedStack, written: dict[str, dict[str, Any]]) -> None:
    now = datetime.now(UTC)
    window = {"start": (now - timedelta(hours=1)).isoformat(), "end": (now + timedelta(hours=1)).isoformat()}
    stack.put_item(**written["office-maintained"] | {"maintenance_windows": [window]})
    stack.tick()
    state = stack.states()["office-maintained"]
    stack.put_item(**written["office-maintained"])
    assert ("Paused", ["maintenance"]) == (state["status"]["S"], [one["S"] for one in state["pause_reasons"]["L"]])


def test_client_pauses_while_its_master_is_down(stack: DeployedStack, written: dict[str, dict[str, Any]]) -> None:
    stack.put_item(**written["line-to-branch"] | {"port": 1, "warning_scans": 0})
    stack.tick()
    states = stack.states()
    stack.put_item(**written["line-to-branch"])
    assert ("Down", "Paused") == (states["line-to-branch"]["status"]["S"], states["branch-shop"]["status"]["S"])


def test_the_private_authority_is_what_makes_it_good(stack: DeployedStack, written: dict[str, dict[str, Any]]) -> None:
    item = dict(written["office-private"])
    del item["trusted_ca"]
    stack.put_item(**item)
    result = stack.scan("office-private")["office-private"]
    stack.put_item(**written["office-private"])
    assert "certificate_untrusted" == result["reason"]

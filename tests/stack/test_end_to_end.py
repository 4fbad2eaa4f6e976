"""From an item to CloudWatch, through the deployed function and its role, with a real mail server."""

import json
import time
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from tests.demo.demonstration import LOGIN, MailServers, write_samples
from tests.emulator.stack import DeployedStack
from tests.required import require
from tests.servers.certificates import Authority
from tests.servers.dovecot import Dovecot, dovecot, missing

MODES = ("starttls_if_available", "tls_if_available", "starttls_required", "tls_required")
METHODS = ("none", "user_password", "apop")


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def mail(authority: Authority) -> Iterator[Dovecot]:
    require(missing())
    with dovecot(identity=authority.issue()) as server:
        yield server


@pytest.fixture(scope="module")
def credentials(stack: DeployedStack, mail: Dovecot) -> str:
    stack.put_secret("pop3-sensor/dovecot", {"username": mail.username, "password": mail.password})
    return "pop3-sensor/dovecot"


def put(stack: DeployedStack, mail: Dovecot, authority: Authority, sensor_id: str, **changes: Any) -> str:
    implicit = changes.get("transport_security", "").startswith("tls")
    port = mail.tls_port if implicit else mail.port
    item = {"id": sensor_id, "host": mail.host, "port": port, "trusted_ca": authority.pem, "timeout": 10}
    stack.put_item(**item | changes)
    return sensor_id


def test_every_mode_and_method_reaches_cloudwatch(
    stack: DeployedStack, mail: Dovecot, authority: Authority, credentials: str
) -> None:
    sensors = [
        put(
            stack,
            mail,
            authority,
            f"{mode}.{method}",
            transport_security=mode,
            authentication=method,
            secret_id=credentials,
        )
        for mode, method in product(MODES, METHODS)
    ]
    stack.tick()
    states = stack.states()
    assert dict.fromkeys(sensors, "Up") == {one: states[one]["status"]["S"] for one in sensors}
    assert {one: [0.0] for one in sensors} == {one: stack.values(one, "Downtime") for one in sensors}
    response_times = {one: stack.values(one, "ResponseTime") for one in sensors}
    assert all(len(values) == 1 and 0 < values[0] < 10_000 for values in response_times.values())


def test_result_of_a_call_by_hand_is_the_contracts(
    stack: DeployedStack, mail: Dovecot, authority: Authority, credentials: str
) -> None:
    channels = ["Status", "LookupTime", "ConnectTime", "GreetingTime", "SecurityTime", "LoginTime"]
    sensor = put(
        stack,
        mail,
        authority,
        "by-hand",
        authentication="user_password",
        secret_id=credentials,
        channels=[*channels, "CertificateDaysLeft", "MessageCount", "MailboxSize"],
    )
    result = stack.scan(sensor)[sensor]
    assert "Up" == result["status"]
    assert {"lookup", "connect", "greeting", "security", "login"} == set(result["phases"])
    assert result["response_time_ms"] == pytest.approx(sum(result["phases"].values()))
    assert 2 == result["channels"]["MessageCount"]
    assert mail.host == result["address"]
    assert "STLS" == result["tls"]["started_by"]
    assert "" == result["certificate"]["problem"]
    published = {channel: stack.values(sensor, channel) for channel in result["channels"]}
    assert {channel: [pytest.approx(value)] for channel, value in result["channels"].items()} == published


def test_failing_sensor_is_warning_then_down_and_has_no_response_time(stack: DeployedStack) -> None:
    stack.put_item(id="nobody-there", host="127.0.0.1", port=1)
    reasons = [stack.scan("nobody-there")["nobody-there"] for _ in range(2)]
    assert [("Warning", "connect", "refused"), ("Down", "connect", "refused")] == [
        (one["status"], one["phase"], one["reason"]) for one in reasons
    ]
    assert [] == stack.values("nobody-there", "ResponseTime")
    assert "2" == stack.states()["nobody-there"]["failures"]["N"]


def test_bad_item_harms_only_itself(stack: DeployedStack, mail: Dovecot, authority: Authority) -> None:
    put(stack, mail, authority, "misspelt", prot=110)
    put(stack, mail, authority, "well")
    results = stack.scan("misspelt", "well")
    assert ("Unknown", "settings_invalid", "Up") == (
        results["misspelt"]["status"],
        results["misspelt"]["reason"],
        results["well"]["status"],
    )
    assert "prot: there is no such attribute; did you mean port?" == results["misspelt"]["message"]


@pytest.mark.parametrize(
    ("secret_id", "reason"),
    [
        pytest.param("somebody-else/secret", "secret_denied", id="a secret outside the prefix is denied by the role"),
        pytest.param("pop3-sensor/nothing", "secret_missing", id="a secret that is not there is missing"),
        pytest.param("pop3-sensor/odd", "secret_malformed", id="a secret of another shape is malformed"),
    ],
)
def test_trouble_with_a_secret_is_unknown(
    stack: DeployedStack, mail: Dovecot, authority: Authority, secret_id: str, reason: str
) -> None:
    if reason != "secret_missing":
        stack.put_secret(secret_id, {"user": "x"})
    sensor = put(stack, mail, authority, reason, authentication="apop", secret_id=secret_id)
    result = stack.scan(sensor)[sensor]
    assert ("Unknown", "", reason) == (result["status"], result["phase"], result["reason"])


def test_loopback_is_forbidden_unless_the_deployment_allows_it(stack: DeployedStack) -> None:
    stack.put_item(id="metadata", host="169.254.169.254")
    result = stack.scan("metadata")["metadata"]
    assert ("Unknown", "address_forbidden") == (result["status"], result["reason"])


def test_nothing_anywhere_holds_a_password(stack: DeployedStack, servers: MailServers) -> None:
    """After scans of the samples of `make run`, failing ones too: not in logs, files, tables or answers."""
    write_samples(stack, servers)
    answers = [stack.tick(), stack.tick(), stack.scan("starttls-login", "wrong-password")]
    assert "login_rejected" == answers[-1]["wrong-password"]["reason"]
    items = stack.emulator.client("dynamodb").scan(TableName=stack.outputs["SensorsTableName"])["Items"]
    texts = [json.dumps(answers), json.dumps(items), json.dumps(stack.states()), *stack.result_files().values()]
    folder = stack.emulator.log.parent
    texts += [path.read_text(errors="replace") for path in folder.rglob("*") if path.is_file() and _is_output(path)]
    texts += [json.dumps(event) for event in _log_events(stack)]
    # The search sees every place: it finds what must be there.
    for found in ("USER demo", "login_rejected", '"message":"tick"', "function_request_id"):
        assert any(found in text.replace("\\", "") for text in texts), found
    for password in (LOGIN["password"], "battery horse"):
        assert [] == [text[:200] for text in texts if password in text]


def _is_output(path: Path) -> bool:
    return path.suffix not in {".py", ".pyc", ".so"}


def _log_events(stack: DeployedStack) -> list[Any]:
    logs = stack.emulator.client("logs")
    groups = [group["logGroupName"] for group in logs.describe_log_groups()["logGroups"]]
    return [event for group in groups for event in logs.filter_log_events(logGroupName=group)["events"]]


def test_schedule_ticks_by_itself(stack: DeployedStack, mail: Dovecot, authority: Authority) -> None:
    """Last in this file: the schedule's first tick comes a minute after the deployment."""
    put(stack, mail, authority, "scheduled")
    end = time.monotonic() + 90
    while not stack.values("scheduled", "Downtime") and time.monotonic() < end:
        time.sleep(0.5)
    assert [0.0] == stack.values("scheduled", "Downtime")[:1]

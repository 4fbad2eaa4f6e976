"""The scan function as Lambda calls it: the template's own environment, AWS by moto, a server on loopback."""

import json
import logging
from typing import Any

import pytest

from pop3_sensor import scan_function
from pop3_sensor.ports import ServiceError
from tests.fakes.function import TICK, Context, Function, emf, variables
from tests.servers.scripted import Script, Server, answer, greeting, login_user, quit_answer, refused_port, scripted

NEXT_TICK = {**TICK, "scheduled_time": "2026-01-31T12:01:00Z"}

# Powertools says so at every invocation that ends in an error.
pytestmark = pytest.mark.filterwarnings("ignore:No application metrics to publish")

HEALTHY: Script = [*greeting(), *answer("CAPA", "-ERR"), *quit_answer()]
NOTHING = dict.fromkeys(
    ["sensors", "due", "scanned", "handed_on", "paused", "invalid", "up", "warning", "down", "unknown"], 0
)


def item(sensor_id: str, server: Server, **attributes: Any) -> dict[str, Any]:
    return {"id": sensor_id, "host": server.host, "port": server.port, **attributes}


def test_a_tick_of_an_empty_stack(function: Function) -> None:
    assert NOTHING == function.handler(TICK, Context())


def test_a_tick(function: Function, capsys: pytest.CaptureFixture[str]) -> None:
    with scripted(HEALTHY) as server, refused_port() as port:
        function.add(
            item("up", server),
            item("down", Server("127.0.0.1", port), warning_scans=0),
            {"id": "invalid", "colour": "red"},
        )
        summary = function.handler(TICK, Context())
    assert [] == server.failures
    expected = {**NOTHING, "sensors": 3, "due": 2, "scanned": 2, "invalid": 1, "up": 1, "down": 1, "unknown": 1}
    assert expected == summary == json.loads(json.dumps(summary))
    assert {"up": ("Up", ""), "down": ("Down", "refused"), "invalid": ("Unknown", "settings_invalid")} == (
        function.states()
    )
    metrics = function.session.client("cloudwatch").list_metrics(Namespace="POP3Sensor")["Metrics"]
    assert {
        ("ResponseTime", "up"),
        ("Downtime", "up"),
        ("Downtime", "down"),
        ("Downtime", "invalid"),
    } == {(metric["MetricName"], metric["Dimensions"][0]["Value"]) for metric in metrics}
    health = emf(capsys.readouterr().out)
    (declared,) = health["_aws"]["CloudWatchMetrics"]
    assert ("POP3Sensor", [["service"]]) == (declared["Namespace"], declared["Dimensions"])
    assert {
        "Sensors": "Count",
        "Due": "Count",
        "Scanned": "Count",
        "Invalid": "Count",
        "Down": "Count",
        "Unknown": "Count",
        "HandedOn": "Count",
        "FailedCalls": "Count",
        "Duration": "Milliseconds",
    } == {metric["Name"]: metric["Unit"] for metric in declared["Metrics"]}
    counts = {"Sensors": 3, "Due": 2, "Scanned": 2, "Invalid": 1, "Down": 1, "Unknown": 1, "FailedCalls": 0}
    assert {name: [count] for name, count in counts.items()} == {name: health[name] for name in counts}
    assert health["Duration"][0] > 0


def test_what_a_tick_logs(function: Function) -> None:
    """The package's own records come out like the handler's: JSON, with the invocation's id."""
    function.add({"id": "invalid", "host": "mail.example.org", "colour": "red"})
    function.handler(TICK, Context())
    invalid, tick = function.logged()
    assert ("WARNING", "settings are invalid", "invalid", ["colour: there is no such attribute"], "6f0a3c1e") == (
        invalid["level"],
        invalid["message"],
        invalid["sensor_id"],
        invalid["problems"],
        invalid["function_request_id"],
    )
    assert {"level": "INFO", "message": "tick", **NOTHING, "sensors": 1, "invalid": 1, "unknown": 1} == {
        name: value for name, value in tick.items() if name in {"level", "message", *NOTHING}
    }


class AtTheRoot(logging.Handler):
    """As Lambda has one, which writes plain text."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.names.append(record.name)


def test_the_package_s_records_are_logged_once(function: Function) -> None:
    """Powertools keeps its own records from the root, not those of others."""
    lambda_s_own, root = AtTheRoot(), logging.getLogger()
    root.addHandler(lambda_s_own)
    try:
        function.add({"id": "invalid", "colour": "red"})
        function.handler(TICK, Context())
    finally:
        root.removeHandler(lambda_s_own)
    assert [] == [name for name in lambda_s_own.names if name.startswith("pop3_sensor")]
    assert ["settings are invalid", "tick"] == [record["message"] for record in function.logged()]


def test_by_hand(function: Function) -> None:
    """Whether due or not; nothing else is scanned."""
    with scripted(HEALTHY, HEALTHY) as server, scripted() as other:
        function.add(item("a", server, interval=864_000), item("b", other))
        for _ in range(2):
            answered = function.handler({"sensor_ids": ["a", "none"]}, Context())
            assert answered == json.loads(json.dumps(answered))
            assert ["results"] == list(answered)
            results = [(one["sensor_id"], one["status"], one["reason"]) for one in answered["results"]]
            assert [("a", "Up", ""), ("none", "Unknown", "settings_invalid")] == results
    assert ([], []) == (server.failures, other.failures)
    assert {"a": ("Up", "")} == function.states()


def test_a_secret_and_the_result_files(function: Function) -> None:
    script: Script = [*greeting(), *answer("CAPA", "-ERR"), *login_user("ann", "bee"), *quit_answer()]
    function.session.client("secretsmanager").create_secret(Name="pop3-sensor/ann", SecretString="bee")
    with scripted(script, script) as server:
        how = {"authentication": "user_password", "username": "ann", "secret_id": "pop3-sensor/ann"}
        function.add(item("a", server, result_handling="store", **how))
        summaries = [function.handler(tick, Context()) for tick in (TICK, NEXT_TICK)]
    assert [] == server.failures
    assert [{**NOTHING, "sensors": 1, "due": 1, "scanned": 1, "up": 1}] * 2 == summaries
    stored = function.session.client("s3").list_objects_v2(Bucket=function.names["ResultsBucket"])["Contents"]
    assert ["sensors/Result of Sensor a.Data.txt", "sensors/Result of Sensor a.txt"] == [one["Key"] for one in stored]


def test_the_deployment_may_refuse_logins_in_the_clear(function: Function, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLEARTEXT_LOGIN", "refuse")
    function.session.client("secretsmanager").create_secret(Name="pop3-sensor/ann", SecretString="bee")
    with scripted(HEALTHY) as server:
        how = {"authentication": "user_password", "username": "ann", "secret_id": "pop3-sensor/ann"}
        function.add(item("a", server, **how))
        function.handler(TICK, Context())
    assert [] == server.failures
    assert {"a": ("Warning", "cleartext_refused")} == function.states()


def test_the_deployment_may_keep_some_editors_items_apart(function: Function, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDITOR_ID_PREFIX", "shop-")
    function.add({"id": "office", "kind": "group", "host": "mail.example.org"}, {"id": "shop-mail", "parent": "office"})
    function.handler(TICK, Context())
    assert {"shop-mail": ("Unknown", "settings_invalid")} == function.states()


def test_loopback_is_forbidden_as_the_template_stands(function: Function, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORBIDDEN_NETWORKS", variables(function.names)["FORBIDDEN_NETWORKS"])
    with scripted() as server:
        function.add(item("a", server))
        function.handler(TICK, Context())
    assert [] == server.failures
    assert {"a": ("Unknown", "address_forbidden")} == function.states()


def test_what_is_left_of_the_invocation_is_kept_for_publishing(function: Function) -> None:
    with refused_port() as port:
        function.add(item("a", Server("127.0.0.1", port), timeout=1))
        function.handler(TICK, Context(milliseconds=30_000))
        assert {"a": ("Unknown", "not_run")} == function.states()
        function.handler(NEXT_TICK, Context(milliseconds=48_000))
        assert {"a": ("Warning", "refused")} == function.states()


def fail_to_store(function: Function) -> None:
    with refused_port() as port:
        function.add(item("a", Server("127.0.0.1", port), result_handling="store"))
    function.session.client("s3").delete_bucket(Bucket=function.names["ResultsBucket"])


def test_what_a_tick_cannot_publish_is_counted(function: Function, capsys: pytest.CaptureFixture[str]) -> None:
    fail_to_store(function)
    function.handler(TICK, Context())
    assert [2] == emf(capsys.readouterr().out)["FailedCalls"]
    assert 2 == len([one for one in function.logged() if one["message"].startswith("could not publish: storing ")])
    assert {"a": ("Warning", "refused")} == function.states()


def test_what_a_scan_by_hand_cannot_publish_is_counted(function: Function, capsys: pytest.CaptureFixture[str]) -> None:
    fail_to_store(function)
    function.handler({"sensor_ids": ["a"]}, Context())
    assert [2] == emf(capsys.readouterr().out)["FailedCalls"]


def test_clients_and_secrets_outlive_an_invocation(function: Function) -> None:
    function.handler(TICK, Context())
    made = scan_function.monitor()
    function.handler(TICK, Context())
    assert made is scan_function.monitor()


def test_an_event_that_is_not_understood_is_an_error_of_the_function(function: Function) -> None:
    with pytest.raises(ValueError, match="this event is not understood"):
        function.handler({"detail-type": "Scheduled Event"}, Context())


def test_a_table_that_cannot_be_read_is_an_error_of_the_function(function: Function) -> None:
    """So its alarm goes off."""
    function.session.client("dynamodb").delete_table(TableName=function.names["SensorsTable"])
    with pytest.raises(ServiceError, match=f"reading the table {function.names['SensorsTable']}"):
        function.handler(TICK, Context())

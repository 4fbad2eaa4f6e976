"""docs/reference.md says what the software does: no row is missing, and none is too much."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import BaseModel
from samtranslator.yaml_helper import yaml_parse

from pop3_sensor.aws.event_bus import DETAIL_TYPE, SOURCE, DefaultEventBus
from pop3_sensor.aws.states_table import StatesTable
from pop3_sensor.events import ScanNow, ScheduledTick, read_request
from pop3_sensor.model import (
    CertificateFacts,
    Channel,
    Observation,
    PauseReason,
    Phase,
    Reason,
    Settings,
    State,
    Status,
    Trouble,
)
from pop3_sensor.model.channels import ALWAYS, UNITS, of_status
from pop3_sensor.model.limits import Limits
from pop3_sensor.model.text import MAX_MESSAGE, MAX_QUOTE
from pop3_sensor.model.vocabulary import BLAMELESS
from pop3_sensor.ports import StatusChange
from pop3_sensor.status import Report, report_of_scan
from pop3_sensor.status.result_files import file_names
from pop3_sensor.status.verdict import judge
from tests.documents import section
from tests.fakes.function import TICK, Context, Function, emf
from tests.root import ROOT
from tests.samples import AT, REFUSED, SEEN, SENSOR

TEMPLATE: dict[str, Any] = yaml_parse((ROOT / "template.yaml").read_text())


def rows(heading: str, first: str) -> list[dict[str, str]]:
    return section("reference.md", heading).rows(first)


def column(heading: str, first: str) -> list[str]:
    return [row[first] for row in rows(heading, first)]


# ---- the closed lists ------------------------------------------------------------------------------------------------


def test_the_statuses_and_their_numbers() -> None:
    numbers = {status: of_status(status).get(Channel.STATUS, "") for status in Status}
    assert {str(status): str(number) for status, number in numbers.items()} == {
        row["status"]: row["number"] for row in rows("Statuses", "status")
    }


def test_the_phases_in_the_order_of_a_scan() -> None:
    assert list(Phase) == column("Phases", "phase")


def test_the_reasons() -> None:
    assert list(Reason) == column("Reasons", "reason")


@pytest.mark.parametrize("row", rows("Reasons", "reason"), ids=lambda row: row["reason"])
def test_a_reason_has_its_statuses(row: dict[str, str]) -> None:
    reason = Reason(row["reason"])
    found = statuses_of_limits() if reason is Reason.LIMIT else statuses_of(reason)
    assert found == set(row["status"].split(", "))


def statuses_of(reason: Reason) -> set[str]:
    """Of a scan that ends with it: where failed scans are Warning first, and where they are Down at once."""
    seen = Observation(AT, trouble=Trouble(reason, None, ""))
    return {str(judge(replace(SENSOR, warning_scans=patience), seen, None).status) for patience in (0, 1)}


def statuses_of_limits() -> set[str]:
    beyond = Limits(upper_error=1), Limits(upper_warning=1)
    limited = [replace(SENSOR, limits={Channel.RESPONSE_TIME: limits}) for limits in beyond]
    return {str(judge(settings, SEEN, None).status) for settings in limited}


def test_reasons_that_no_phase_is_to_blame_for() -> None:
    assert set(BLAMELESS) == {row["reason"] for row in rows("Reasons", "reason") if row["phase"] == "none"}


def test_how_long_a_message_may_be() -> None:
    text = section("reference.md", "Reasons").text
    assert f"at most {MAX_MESSAGE} characters" in text
    assert f"take {MAX_QUOTE} at most" in text


def test_the_pause_reasons_in_their_order() -> None:
    assert list(PauseReason) == column("Pause reasons", "pause reason")


def test_the_channels_their_units_and_which_are_always_published() -> None:
    expected = [(str(one), UNITS[one], "always" if one in ALWAYS else "where listed") for one in Channel]
    assert expected == [(row["channel"], row["unit"], row["published"]) for row in rows("Channels", "channel")]


# ---- what comes out --------------------------------------------------------------------------------------------------

NIGHT = Settings(id="night", name="Mail of the night", host="mail.example.org", port=110)
WARNED = State(Status.WARNING, since=AT, reason=Reason.REFUSED, failures=1)
AT_NIGHT = replace(REFUSED, at=datetime(2027, 1, 31, 2, 14, 7, 120_000, tzinfo=UTC))
UNREADABLE = replace(SEEN, certificate=CertificateFacts("unreadable"))
INVALID = Observation(AT, trouble=Trouble(Reason.SETTINGS_INVALID, None, "prot: there is no such attribute"))

# Together they have every value that a key may have.
REPORTS: list[Report] = [
    report_of_scan("night", NIGHT, AT_NIGHT, WARNED),
    report_of_scan("mail-1", replace(SENSOR, channels=(Channel.CERTIFICATE_DAYS_LEFT,)), SEEN, None),
    report_of_scan("mail-1", SENSOR, UNREADABLE, None),
    report_of_scan("mail-1", None, INVALID, None),
]
TYPES = {str: "text", int: "whole number", float: "number", dict: "map", list: "list of texts", type(None): "null"}


def types_of(documents: Iterable[Mapping[str, Any]]) -> dict[str, set[str]]:
    """By key, `outer.inner` where a map has the same keys each time."""
    found: dict[str, set[str]] = {}
    for document in documents:
        inner = {
            f"{outer}.{key}": value
            for outer in ("tls", "certificate")
            for key, value in document.get(outer, {}).items()
        }
        for key, value in {**document, **inner}.items():
            found.setdefault(key, set()).add(TYPES[type(value)])
            assert not isinstance(value, list) or {str} >= set(map(type, value))
    return found


def documented_types(heading: str) -> dict[str, set[str]]:
    return {row["key"]: set(row["type"].split(" or ")) for row in rows(heading, "key")}


def details(reports: Iterable[Report]) -> list[Any]:
    """Of the status events, as EventBridge gets them."""

    class Client:
        def __init__(self) -> None:
            self.entries: list[Any] = []

        def put_events(self, *, Entries: list[Any]) -> Any:  # noqa: N803 - boto3's word
            self.entries += Entries
            return {"Entries": [{}] * len(Entries)}

    client: Any = Client()
    changes = [StatusChange(report.change(), report.seen.at) for report in reports]
    DefaultEventBus(client, "POP3Sensor").put(changes)
    return [json.loads(entry["Detail"]) for entry in client.entries]


def test_the_keys_of_a_status_event() -> None:
    found = details(REPORTS)
    assert list(found[0]) == column("Status event", "key")
    assert types_of(found) == documented_types("Status event")


def test_the_example_of_a_status_event() -> None:
    (example,) = section("reference.md", "Status event").of("json")
    assert json.dumps(details(REPORTS[:1])[0]) == json.dumps(json.loads(example))


def test_whose_event_it_is() -> None:
    assert f"source `{SOURCE}`, detail-type `{DETAIL_TYPE}`" in section("reference.md", "Status event").text


def test_the_keys_of_a_result() -> None:
    results = [report.as_json() for report in REPORTS]
    assert types_of(results) == documented_types("Result of a scan")
    assert list(results[0]) == [key for key in column("Result of a scan", "key") if "." not in key]


def test_the_example_of_a_result() -> None:
    (example,) = section("reference.md", "Result of a scan").of("json")
    assert json.dumps(REPORTS[1].as_json()) == json.dumps(json.loads(example))


def test_the_names_of_the_result_files() -> None:
    assert list(file_names("ID")) == column("Result files", "object")


# ---- the function, deployed ------------------------------------------------------------------------------------------


def test_the_events_that_the_function_takes() -> None:
    described = section("reference.md", "Events that the functions take")
    schedule, scan_now = (json.loads(one) for one in described.of("json"))
    taken: dict[str, tuple[type[BaseModel], Any]] = {
        "schedule": (ScheduledTick, schedule),
        "scan now": (ScanNow, scan_now),
    }
    assert [(row["event"], row["key"], row["type"]) for row in described.rows("event")] == [
        (name, key, TYPES[type(example[key])]) for name, (model, example) in taken.items() for key in model.model_fields
    ]
    for name, (model, example) in taken.items():
        assert model is type(read_request(example))
        assert json.loads((ROOT / "events" / f"{name.replace(' ', '_')}.json").read_text()) == example


def test_the_keys_of_a_summary(function: Function) -> None:
    summary = function.handler(TICK, Context())
    assert list(summary) == column("Summary of a tick", "key")
    assert {int} == set(map(type, summary.values()))


def test_the_dimension_of_a_sensor_s_metrics(function: Function) -> None:
    function.add({"id": "invalid", "colour": "red"})
    function.handler(TICK, Context())
    (metric,) = function.session.client("cloudwatch").list_metrics(Namespace="POP3Sensor")["Metrics"]
    assert [{"Name": "SensorId", "Value": "invalid"}] == metric["Dimensions"]
    text = section("reference.md", "Metrics").text
    assert f"(`{TEMPLATE['Parameters']['MetricsNamespace']['Default']}`)" in text
    assert "one dimension, `SensorId`" in text


LATE = {"Records": [{"messageId": "1", "body": json.dumps({"due": "2026-01-31T12:00:00+00:00", "sensors": []})}]}
INVOCATIONS = {"tick": TICK, "batch": LATE, "scan now": {"sensor_ids": ["nobody"]}}


def test_the_function_s_own_metrics(function: Function, capsys: pytest.CaptureFixture[str]) -> None:
    found: dict[tuple[str, str], list[str]] = {}
    for when, event in INVOCATIONS.items():
        function.handler(event, Context())
        (declared,) = emf(capsys.readouterr().out)["_aws"]["CloudWatchMetrics"]
        assert ("POP3Sensor", [["service"]]) == (declared["Namespace"], declared["Dimensions"])
        for metric in declared["Metrics"]:
            found.setdefault((metric["Name"], metric["Unit"]), []).append(when)
    documented = rows("The function's own metrics", "metric")
    assert found == {(row["metric"], row["unit"]): row["when"].split(", ") for row in documented}
    variables = TEMPLATE["Resources"]["ScanFunction"]["Properties"]["Environment"]["Variables"]
    service = f"`service` = `{variables['POWERTOOLS_SERVICE_NAME']}`"
    assert service in section("reference.md", "The function's own metrics").text


def test_the_attributes_of_the_states_table(function: Function) -> None:
    """Those of a scan that is recorded, and those of a claim."""
    client, table = function.session.client("dynamodb"), function.names["StatesTable"]
    states = StatesTable(client, table)
    states.save("recorded", WARNED, None)
    states.claim("claimed", AT, AT + timedelta(minutes=1))
    states.claim_once("tick", "somebody", AT + timedelta(hours=1))
    items = client.scan(TableName=table)["Items"]
    words = {"S": "String", "N": "Number", "L": "List"}
    found = {name: {words[kind] for kind in value} for item in items for name, value in item.items()}
    assert found == {row["attribute"]: {row["type"]} for row in rows("States table", "attribute")}


# ---- the stack -------------------------------------------------------------------------------------------------------

# Nobody calls resources of these kinds by their logical ids.
INNER = {
    "AWS::IAM::Role",
    "AWS::KMS::Key",
    "AWS::Lambda::EventInvokeConfig",
    "AWS::Logs::LogGroup",
    "AWS::S3::BucketPolicy",
    "AWS::SNS::Subscription",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::QueuePolicy",
    "AWS::Serverless::LayerVersion",
}


def test_the_logical_ids() -> None:
    alarms = [row["alarm"] for row in section("alarms.md", "The alarms of the stack").rows("alarm")]
    documented = [*column("Names of the stack", "logical id"), *alarms]
    outer = [name for name, one in TEMPLATE["Resources"].items() if one["Type"] not in INNER]
    assert sorted(outer) == sorted(documented)


def test_the_outputs() -> None:
    assert sorted(TEMPLATE["Outputs"]) == sorted(column("Names of the stack", "output"))

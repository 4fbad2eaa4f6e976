"""The template's alarms over what the real function publishes: which sensor they name, when they begin and end.

No emulator evaluates such alarms, so `evaluator` does, as CloudWatch's documentation says.
"""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from samtranslator.yaml_helper import yaml_parse

from tests.alarms.evaluator import QUERY, Value, alarms
from tests.fakes.fleets.simulation import LATE, Simulation, ticks
from tests.fakes.fleets.stories import Story, a_world, sensor
from tests.fakes.fleets.world import MINUTE, REFUSED, SPRING, Answer, Item
from tests.fakes.function import TICK, Context, Function, emf
from tests.root import ROOT

TEMPLATE: dict[str, Any] = yaml_parse((ROOT / "template.yaml").read_text())
ALARMS: dict[str, Any] = {
    name: one["Properties"] for name, one in TEMPLATE["Resources"].items() if one["Type"] == "AWS::CloudWatch::Alarm"
}
COMPOSITE = TEMPLATE["Resources"]["AttentionAlarm"]["Properties"]
OWN = {name: one for name, one in ALARMS.items() if one.get("Namespace") == {"Ref": "MetricsNamespace"}}


# ---- a sensor is Down ------------------------------------------------------------------------------------------------

PLAIN, PATIENT, SELDOM = sensor("a"), sensor("a", warning_scans=1), sensor("a", interval=300)
OUTAGE: Story = {"a": [(2, 4, REFUSED)]}
OUR_TROUBLE: Story = {"a": [(0, 60, Answer("internal_error"))]}
# The sensor, which has a good neighbour; its story; a letter for each minute: in ALARM (A), not (.), not known ( ).
DOWN: dict[str, tuple[Item, Story, str]] = {
    "at once, and until five minutes after the last bad scan": (PLAIN, OUTAGE, "..AAAAAA.."),
    "not by a failure that is only a Warning": (PATIENT, {"a": [(2, 3, REFUSED)]}, "......"),
    "with the second failure, where that is Down": (PATIENT, OUTAGE, "...AAAAA..."),
    "without a gap where the interval is five minutes": (SELDOM, {"a": [(0, 60, REFUSED)]}, "AAAAAAAAAAAAAAAAA"),
    "not for our own trouble": (PLAIN, OUR_TROUBLE, "......"),
    "gone soon after it is paused": (
        sensor("a", maintenance_windows=[{"start": "2030-03-25T00:03:00Z", "end": "2030-03-26T00:00:00Z"}]),
        {},
        ".......  ",
    ),
}


@pytest.mark.parametrize(("item", "story", "minutes"), DOWN.values(), ids=DOWN)
def test_the_sensor_that_is_down_is_named(item: Item, story: Story, minutes: str) -> None:
    simulation = Simulation(a_world([item, sensor("neighbour")], story))
    values: list[Value] = []
    line = ""
    for tick in ticks(SPRING, len(minutes)):
        simulation.tick(tick)
        values += [Value(p.channel, {"SensorId": p.sensor_id}, p.value, p.at) for p in simulation.metrics.points]
        simulation.taken()
        judged = alarms(ALARMS["SensorDownAlarm"], values, tick + LATE)
        assert judged["neighbour"] is False
        line += " " if "a" not in judged else ".A"[judged["a"]]
    assert minutes == line


def test_the_query_reads_what_the_function_writes() -> None:
    (metric,) = ALARMS["SensorDownAlarm"]["Metrics"]
    match = QUERY.fullmatch(metric["Expression"]["Fn::Sub"])
    assert match
    assert ("Downtime", "${MetricsNamespace}", "SensorId") == (match["metric"], match["namespace"], match["dimension"])


# ---- the monitor itself ----------------------------------------------------------------------------------------------


def well(_: Function) -> None:
    """A stack without sensors."""


def invalid(function: Function) -> None:
    function.add({"id": "bad", "colour": "red"})


def unreachable_service(function: Function) -> None:
    function.add({"id": "a", "host": "127.0.0.1", "port": 1, "result_handling": "store"})
    function.session.client("s3").delete_bucket(Bucket=function.names["ResultsBucket"])


TROUBLES = {
    "all is well": (well, set()),
    "an item is invalid": (invalid, {"InvalidSettingsAlarm"}),
    "a service does not take what is published": (unreachable_service, {"FailedCallsAlarm"}),
}


@pytest.mark.parametrize(("trouble", "expected"), TROUBLES.values(), ids=TROUBLES)
def test_which_of_the_own_alarms_goes_off(
    function: Function, capsys: pytest.CaptureFixture[str], trouble: Any, expected: set[str]
) -> None:
    trouble(function)
    values: list[Value] = []
    now = datetime.fromisoformat(TICK["scheduled_time"])
    for _ in range(5):
        now += MINUTE
        function.handler({"scheduled_time": now.isoformat()}, Context())
        values += published(capsys, now)
    judged = {name: alarms(one, values, now)[one["MetricName"]] for name, one in OWN.items()}
    assert expected == {name for name, alarm in judged.items() if alarm}


def test_batches_that_come_too_late(function: Function, capsys: pytest.CaptureFixture[str]) -> None:
    body = json.dumps({"due": "2026-01-31T12:00:00Z", "expires": "2026-01-31T12:01:00Z", "sensors": []})
    now, values = datetime(2026, 2, 1, tzinfo=UTC), []
    for minute in range(3):
        assert {"batchItemFailures": []} == function.handler({"Records": [{"messageId": "1", "body": body}]}, Context())
        values += published(capsys, now + minute * MINUTE)
    assert {"ExpiredBatches": True} == alarms(OWN["ExpiredBatchesAlarm"], values, now + 2 * MINUTE)


def published(capsys: pytest.CaptureFixture[str], at: datetime) -> list[Value]:
    """The values that CloudWatch would read from the function's output, at the time of the test's clock."""
    line = emf(capsys.readouterr().out)
    (declared,) = line["_aws"]["CloudWatchMetrics"]
    dimensions = {name: line[name] for name in declared["Dimensions"][0]}
    return [Value(one["Name"], dimensions, value, at) for one in declared["Metrics"] for value in line[one["Name"]]]


# For how many minutes there has been no tick; whether the alarm goes off.
SILENCE = {0: False, 1: False, 4: False, 5: True, 60: True}


@pytest.mark.parametrize(("minutes", "alarm"), SILENCE.items(), ids=[f"{one} minutes" for one in SILENCE])
def test_the_dead_man_s_switch(
    function: Function, capsys: pytest.CaptureFixture[str], minutes: int, alarm: bool
) -> None:
    function.handler(TICK, Context())
    at = datetime.fromisoformat(TICK["scheduled_time"])
    values = published(capsys, at)
    assert {"Sensors": alarm} == alarms(OWN["ScansMissingAlarm"], values, at + minutes * MINUTE + timedelta(seconds=1))


def test_without_any_data_the_dead_man_s_switch_is_the_only_one_that_goes_off() -> None:
    now = datetime.now(UTC)
    judged = {name for name, one in ALARMS.items() if any(alarms(one, [], now).values())}
    assert {"ScansMissingAlarm"} == judged


# ---- what the template says ------------------------------------------------------------------------------------------


def test_alarms_are_for_those_who_want_them() -> None:
    assert {"AlarmsWanted"} == {TEMPLATE["Resources"][name]["Condition"] for name in (*ALARMS, "AttentionAlarm")}


def test_each_tells_the_topic_once() -> None:
    """Each alarm tells the topic itself or through the composite; it says what is wrong, and also when that ends."""
    own_voice = {name for name, one in ALARMS.items() if "AlarmActions" in one}
    through_composite = {name for name in ALARMS if f"${{{name}}}" in COMPOSITE["AlarmRule"]["Fn::Sub"]}
    assert {"SensorDownAlarm", "ScansMissingAlarm"} == own_voice
    assert set(ALARMS) - own_voice == through_composite
    for one in (COMPOSITE, *(ALARMS[name] for name in own_voice)):
        assert [{"Ref": "AlarmTopic"}] == one["AlarmActions"] == one["OKActions"]
    assert all(len(one["AlarmDescription"]) > 40 for one in (COMPOSITE, *ALARMS.values()))

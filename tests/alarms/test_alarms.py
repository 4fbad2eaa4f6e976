"""The template's alarms over what the real function publishes: which sensor they name, when they begin and end.

No emulator evaluates such alarms, so `evaluator` does, as CloudWatch's documentation says.
"""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from samtranslator.yaml_helper import yaml_parse

from tests.alarms.evaluator import QUERY, Value, acts, alarms, line_of
from tests.fakes.fleets.simulation import LATE, Simulation, ticks
from tests.fakes.fleets.stories import Story, a_world, sensor
from tests.fakes.fleets.world import MINUTE, REFUSED, SPRING, Answer, Item
from tests.fakes.function import TICK, Context, Function, emf
from tests.root import ROOT

TEMPLATE: dict[str, Any] = yaml_parse((ROOT / "template.yaml").read_text())
ALARMS: dict[str, Any] = {
    name: one["Properties"] for name, one in TEMPLATE["Resources"].items() if one["Type"] == "AWS::CloudWatch::Alarm"
}
COMPOSITES: dict[str, Any] = {
    name: one["Properties"]
    for name, one in TEMPLATE["Resources"].items()
    if one["Type"] == "AWS::CloudWatch::CompositeAlarm"
}
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


# When each of two sensors is Down; minute by minute, is it ALARM (A); the minutes in which the pager hears of it.
PAGED: dict[str, tuple[Story, str, list[int]]] = {
    "one outage pages once": ({"a": [(2, 4, REFUSED)]}, "..AAAAAA....", [2]),
    "a second sensor meanwhile pages nobody": ({"a": [(2, 5, REFUSED)], "b": [(4, 7, REFUSED)]}, "..AAAAAAAAA.", [2]),
    "the next outage pages again": ({"a": [(1, 2, REFUSED), (8, 9, REFUSED)]}, ".AAAAA..AAAA", [1, 8]),
}


@pytest.mark.parametrize(("story", "minutes", "paged"), PAGED.values(), ids=PAGED)
def test_the_pager(story: Story, minutes: str, paged: list[int]) -> None:
    assert {"Fn::Sub": 'ALARM("${SensorDownAlarm}")'} == COMPOSITES["AnySensorDownAlarm"]["AlarmRule"]
    simulation = Simulation(a_world([PLAIN, sensor("b")], story))
    values: list[Value] = []
    line = ""
    for tick in ticks(SPRING, len(minutes)):
        simulation.tick(tick)
        values += [Value(p.channel, {"SensorId": p.sensor_id}, p.value, p.at) for p in simulation.metrics.points]
        simulation.taken()
        line += ".A"[any(alarms(ALARMS["SensorDownAlarm"], values, tick + LATE).values())]
    assert minutes == line
    assert paged == acts(line)


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


def without_its_secret(function: Function) -> None:
    login = {"authentication": "user_password", "username": "ann", "secret_id": "pop3-sensor/ann"}
    function.add({"id": "a", "host": "127.0.0.1", "port": 1, **login})


def down(function: Function) -> None:
    function.add({"id": "a", "host": "127.0.0.1", "port": 1})


def unreachable_service(function: Function) -> None:
    function.add({"id": "a", "host": "127.0.0.1", "port": 1, "result_handling": "store"})
    function.session.client("s3").delete_bucket(Bucket=function.names["ResultsBucket"])


TROUBLES = {
    "all is well": (well, set()),
    "a server is Down": (down, set()),
    "an item is invalid": (invalid, {"InvalidSettingsAlarm", "UnknownSensorsAlarm"}),
    "a secret is missing": (without_its_secret, {"UnknownSensorsAlarm"}),
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


# ---- minute by minute ------------------------------------------------------------------------------------------------

# An alarm; the value of each minute, and none (-), as CloudWatch has them; is it ALARM (A).
STORIES: dict[str, tuple[str, str, str]] = {
    "one failed invocation is nothing": ("ScanErrorsAlarm", "0100000", "......."),
    "three of five are, until they are fewer": ("ScanErrorsAlarm", "01101000", "....AA.."),
    "nobody is throttled": ("ScanThrottlesAlarm", "-----", "....."),
    "throttled for long, then not any more": ("ScanThrottlesAlarm", "999990000", "..AAAAA.."),
    "a dead letter, and it is purged": ("DeadLettersAlarm", "--0111--", "...AAA.."),
    "a second one beside it": ("DeadLettersAlarm", "0112220", ".AAAAA."),
    "batches expire now and then": ("ExpiredBatchesAlarm", "1-0-1--1", "........"),
    "batches expire for long": ("ExpiredBatchesAlarm", "1212----", "..AAAA.."),
    "an item is invalid, and mended soon": ("InvalidSettingsAlarm", "0110", "...."),
    "an item stays invalid": ("InvalidSettingsAlarm", "0111110-", "...AAA.."),
    "calls fail once": ("FailedCallsAlarm", "0900000", "......."),
    "calls fail, every other minute": ("FailedCallsAlarm", "1010100", "....A.."),
    "a sensor is Unknown for four minutes": ("UnknownSensorsAlarm", "-11110-", "......."),
    "a sensor stays Unknown": ("UnknownSensorsAlarm", "1111110-", "....AA.."),
    "a message was not delivered": ("UndeliveredAlarm", "-01110-", "..AAA.."),
    "EventBridge failed": ("FailedDeliveriesAlarm", "--1----", "..A...."),
    "no tick for four minutes": ("ScansMissingAlarm", "11111----11", "..........."),
    "no tick for longer, and then again": ("ScansMissingAlarm", "11111------1", ".........AA."),
}


@pytest.mark.parametrize(("name", "values", "states"), STORIES.values(), ids=STORIES)
def test_story(name: str, values: str, states: str) -> None:
    assert states == line_of(ALARMS[name], values)


def test_every_alarm_has_a_story() -> None:
    assert set(ALARMS) == {"SensorDownAlarm", *(name for name, _, _ in STORIES.values())}


def test_a_trouble_that_lasts_hides_no_other() -> None:
    """Every alarm acts at its own beginning, whatever else is on: none stands over more than one other."""
    assert [1] * len(COMPOSITES) == [one["AlarmRule"]["Fn::Sub"].count("ALARM(") for one in COMPOSITES.values()]
    assert [] == [name for name, one in ALARMS.items() if name != "SensorDownAlarm" and not one.get("AlarmActions")]


# ---- what the template says ------------------------------------------------------------------------------------------

ALL = ALARMS | COMPOSITES
PAGER, PEOPLE = {"Ref": "PagerTopic"}, {"Ref": "AlarmTopic"}
TELLS: dict[str, list[dict[str, str]]] = {
    **{name: [PEOPLE] for name in ALARMS},
    "SensorDownAlarm": [],
    "AnySensorDownAlarm": [PAGER],
    "ScansMissingAlarm": [PEOPLE, PAGER],
}


def test_alarms_are_for_those_who_want_them() -> None:
    assert {"AlarmsWanted"} == {TEMPLATE["Resources"][name]["Condition"] for name in ALL}


def test_whom_each_tells() -> None:
    assert TELLS == {name: one.get("AlarmActions", []) for name, one in ALL.items()}


def test_none_says_ok_for_lack_of_data() -> None:
    """A composite's OK would be that of the alarm below it; and an OK is told to whom the ALARM was told."""
    telling = {name: one for name, one in ALL.items() if "OKActions" in one}
    assert {"breaching"} == {one["TreatMissingData"] for one in telling.values()}
    assert all(one["OKActions"] == one["AlarmActions"] for one in telling.values())


def test_each_says_what_is_wrong_in_its_own_words() -> None:
    texts = {one["AlarmDescription"] for one in ALL.values()}
    assert len(ALL) == len(texts)
    assert min(map(len, texts)) > 60

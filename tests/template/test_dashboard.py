"""The dashboard: what is on it, and that its metrics are those which the functions write."""

import json
from pathlib import Path
from typing import Any

import pytest

from pop3_sensor import scan_function


@pytest.fixture
def widgets(translated: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """By title, with what CloudFormation fills in left as it is written."""
    text, values = translated["Resources"]["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    for name, value in values.items():
        text = text.replace(f"${{{name}}}", value)
    return {one["properties"]["title"]: one for one in json.loads(text)["widgets"]}


def test_overview_is_on_top_and_follows_the_dashboard(widgets: dict[str, dict[str, Any]]) -> None:
    overview = min(widgets.values(), key=lambda one: int(one["y"]))
    assert ("custom", "${OverviewFunction.Arn}") == (overview["type"], overview["properties"]["endpoint"])
    assert overview["properties"]["updateOn"] == {"refresh": True, "resize": True, "timeRange": True}
    assert 24 == overview["width"]


@pytest.mark.parametrize(("title", "metric"), [("Response times", "ResponseTime"), ("Downtime", "Downtime")])
def test_new_sensors_appear_in_the_graphs_by_themselves(
    widgets: dict[str, dict[str, Any]], title: str, metric: str
) -> None:
    (((search,),),) = (widgets[title]["properties"]["metrics"],)
    assert (
        f"SEARCH('{{\"${{MetricsNamespace}}\",SensorId}} MetricName=\"{metric}\"', 'Average')" == search["expression"]
    )


def test_slowest_ten_are_asked_of_all_sensors(widgets: dict[str, dict[str, Any]]) -> None:
    (((query,),),) = (widgets["Slowest ten"]["properties"]["metrics"],)
    expected = 'SELECT MAX(ResponseTime) FROM SCHEMA("${MetricsNamespace}", SensorId) GROUP BY SensorId'
    assert f"{expected} ORDER BY MAX() DESC LIMIT 10" == query["expression"]


def test_own_health_is_that_of_the_metrics_which_the_scan_function_writes(
    widgets: dict[str, dict[str, Any]], translated: dict[str, Any]
) -> None:
    variables = translated["Resources"]["ScanFunction"]["Properties"]["Environment"]["Variables"]
    first, *others = widgets["The monitoring itself: sensors"]["properties"]["metrics"]
    assert ["${MetricsNamespace}", "Sensors", "service", variables["POWERTOOLS_SERVICE_NAME"]] == first[:4]
    source = Path(scan_function.__file__).read_text()
    own = [first, *(one for one in others if one[0] == "." and one[1] != ".")]
    assert ["Sensors", "Due", "Scanned", "Invalid", "FailedCalls"] == [one[1] for one in own]
    assert [] == [one[1] for one in own if f'"{one[1]}"' not in source]


def test_no_two_widgets_overlap(widgets: dict[str, dict[str, Any]]) -> None:
    cells = [
        (x, y)
        for one in widgets.values()
        for x in range(one["x"], one["x"] + one["width"])
        for y in range(one["y"], one["y"] + one["height"])
    ]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24

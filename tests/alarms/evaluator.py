"""Judges the template's alarms as CloudWatch's documentation says, because no emulator does.

It knows M of N periods, how missing data counts, and that a query has a contributor for each group. It leaves out that
CloudWatch looks back further than N periods if recent ones are missing.
"""

import operator
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "GreaterThanThreshold": operator.gt,
    "LessThanThreshold": operator.lt,
}
STATISTICS: dict[str, Callable[[list[float]], float]] = {"Sum": sum, "Maximum": max, "SampleCount": len, "MAX": max}
QUERY = re.compile(
    r'SELECT (?P<statistic>\w+)\((?P<metric>\w+)\) FROM SCHEMA\("(?P<namespace>[^"]+)", (?P<dimension>\w+)\) '
    r"GROUP BY (?P=dimension) ORDER BY (?P=statistic)\(\) DESC"
)


@dataclass(frozen=True)
class Value:
    """One value of a metric, as it was published."""

    metric: str
    dimensions: Mapping[str, str]
    value: float
    at: datetime


def alarms(properties: Mapping[str, Any], values: Iterable[Value], now: datetime) -> dict[str, bool]:
    """Which contributors are in ALARM at `now`. An alarm without groups has one contributor, named after its metric."""
    query = QUERY.fullmatch(properties["Metrics"][0]["Expression"]["Fn::Sub"]) if "Metrics" in properties else None
    metric = query["metric"] if query else properties["MetricName"]
    period = timedelta(seconds=properties["Metrics"][0]["Period"] if query else properties["Period"])
    series: dict[str, dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
    if not query:
        series[metric] = defaultdict(list)  # such an alarm is also judged without any data
    wanted = {one["Name"]: one["Value"] for one in properties.get("Dimensions", [])}
    for one in values:
        age = (now - one.at) // period
        matches = [*one.dimensions] == [query["dimension"]] if query else wanted == one.dimensions
        if one.metric == metric and matches and 0 <= age < properties["EvaluationPeriods"]:
            series[one.dimensions[query["dimension"]] if query else metric][age].append(one.value)
    return {
        name: _breaches(properties, periods, query["statistic"] if query else "") for name, periods in series.items()
    }


def _breaches(properties: Mapping[str, Any], periods: Mapping[int, list[float]], statistic: str) -> bool:
    of = STATISTICS[statistic or properties["Statistic"]]
    compare = COMPARISONS[properties["ComparisonOperator"]]
    breaching = sum(
        compare(of(periods[age]), properties["Threshold"])
        if periods.get(age)
        else bool(properties["TreatMissingData"] == "breaching")
        for age in range(properties["EvaluationPeriods"])
    )
    return breaching >= int(properties.get("DatapointsToAlarm", properties["EvaluationPeriods"]))


def line_of(properties: Mapping[str, Any], minutes: str) -> str:
    """Of an alarm on one metric, given the value of each minute, or none (`-`): is it in ALARM (`A`) or not (`.`)."""
    dimensions = {one["Name"]: one["Value"] for one in properties["Dimensions"]}
    start = datetime(2030, 1, 1, tzinfo=UTC)
    moments = [start + timedelta(minutes=number) for number in range(len(minutes))]
    values = [
        Value(properties["MetricName"], dimensions, float(digit), at)
        for at, digit in zip(moments, minutes, strict=True)
        if digit != "-"
    ]
    states = [alarms(properties, [one for one in values if one.at <= now], now) for now in moments]
    return "".join(".A"[state[properties["MetricName"]]] for state in states)


def acts(line: str) -> list[int]:
    """The minutes in which its actions run.

    They do on "transitions to the ALARM state from any other state" (PutMetricAlarm, PutCompositeAlarm).
    """
    return [number for number, state in enumerate(line) if state == "A" and line[number - 1 : number] != "A"]

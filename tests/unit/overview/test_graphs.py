"""The graphs of a sensor: what is drawn, in which graph, and where."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, timedelta

import pytest

from pop3_sensor.model import Channel, Settings
from pop3_sensor.model.limits import Limits
from pop3_sensor.overview.graphs import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, Drawn, Graph, graphs, sparkline
from pop3_sensor.ports import Span, Value
from tests.samples import AT, SENSOR

MINUTE = timedelta(minutes=1)
SPAN = Span(AT - 60 * MINUTE, AT, 60)
WIDTH = 600
PHASES = (Channel.LOOKUP_TIME, Channel.CONNECT_TIME)


def values(*numbers: float | None, ago: int = 60) -> list[Value]:
    """A value each minute; None is one that is missing."""
    times = [AT - (ago - index) * MINUTE for index in range(len(numbers))]
    return [Value(at, number) for at, number in zip(times, numbers, strict=True) if number is not None]


def made(settings: Settings, drawn: Drawn, width: int = WIDTH) -> list[Graph]:
    return list(graphs(settings, drawn, SPAN, UTC, width))


# Changes of the settings, the graphs' titles.
TITLES: dict[str, tuple[dict[str, object], list[str]]] = {
    "one for each channel, the primary first": (
        {"channels": PHASES, "primary_channel": Channel.CONNECT_TIME},
        ["Connect time", "Response time", "Downtime", "Lookup time"],
    ),
    "stacked: all of the primary channel's unit in one": (
        {"channels": (*PHASES, Channel.MESSAGE_COUNT), "graph_type": "stacked"},
        ["All channels in Milliseconds, stacked", "Downtime", "Messages"],
    ),
    "stacked by another unit": (
        {"channels": (Channel.MAILBOX_SIZE,), "graph_type": "stacked", "stack_unit": "Bytes"},
        ["All channels in Bytes, stacked", "Response time", "Downtime"],
    ),
}


@pytest.mark.parametrize(("changes", "expected"), TITLES.values(), ids=TITLES)
def test_which_graphs_there_are(changes: dict[str, object], expected: list[str]) -> None:
    assert expected == [graph.title for graph in made(replace(SENSOR, **changes), {})]  # type: ignore[arg-type]  # a table of changes


def single(numbers: Sequence[float | None], limits: Limits | None = None, **changes: object) -> Graph:
    settings = replace(SENSOR, limits={Channel.RESPONSE_TIME: limits} if limits else {}, **changes)  # type: ignore[arg-type]  # likewise
    return made(settings, {Channel.RESPONSE_TIME: values(*numbers)})[0]


def test_a_line_goes_from_edge_to_edge() -> None:
    (curve,) = single([float(number) for number in range(61)]).curves
    bottom, top = float(HEIGHT - BOTTOM), float(TOP)
    assert curve.line.startswith(f"M{LEFT:.1f} {bottom}L")
    assert curve.line.endswith(f"L{WIDTH - RIGHT:.1f} {top}")
    assert curve.area.endswith(f"L{LEFT:.1f} {bottom}Z")


@pytest.mark.parametrize(
    ("numbers", "lines", "dots"),
    [
        pytest.param([1, 2, 3], 1, 0, id="without a gap"),
        pytest.param([1, None, 3], 1, 0, id="one missed scan is no gap"),
        pytest.param([1, 2, None, None, 3, 4], 2, 0, id="two are"),
        pytest.param([1, 2, None, None, None, 3], 1, 1, id="a lonely value is a dot"),
    ],
)
def test_where_nothing_was_measured_nothing_is_drawn(numbers: list[float | None], lines: int, dots: int) -> None:
    (curve,) = single(numbers).curves
    assert (lines, dots) == (curve.line.count("M"), len(curve.dots))


def test_a_long_interval_is_no_gap() -> None:
    (curve,) = single([1, None, None, None, None, 2], interval=300).curves
    assert 1 == curve.line.count("M")


def test_the_figures_of_a_channel() -> None:
    expected = (("min", "1 ms"), ("avg", "2.5 ms"), ("max", "4 ms"), ("last", "3 ms"))
    assert expected == single([1, 2, 4, 3]).facts


def test_nothing_was_published() -> None:
    graph = single([])
    assert ((), ()) == (graph.curves, graph.facts)
    assert ["0 ms", "0.25 ms", "0.5 ms", "0.75 ms", "1 ms"] == [tick.label for tick in graph.upwards]


# Values, limits, the lines: kind, label, whether it is drawn.
LIMITS: dict[str, tuple[list[float], Limits, list[tuple[str, str, bool]]]] = {
    "none": ([100], Limits(), []),
    "all four": (
        [100, 150],
        Limits(upper_error=300, upper_warning=200, lower_warning=10, lower_error=5),
        [
            ("error", "upper error limit 300 ms", True),
            ("warning", "upper warning limit 200 ms", True),
            ("warning", "lower warning limit 10 ms", True),
            ("error", "lower error limit 5 ms", True),
        ],
    ),
    "one far above is told, not drawn": (
        [5.0],
        Limits(upper_error=900),
        [("error", "upper error limit 900 ms", False)],
    ),
    "one that is exceeded": ([500.0], Limits(upper_error=0), [("error", "upper error limit 0 ms", True)]),
}


@pytest.mark.parametrize(("numbers", "limits", "expected"), LIMITS.values(), ids=LIMITS)
def test_limits_are_lines(numbers: list[float], limits: Limits, expected: list[tuple[str, str, bool]]) -> None:
    lines = single(numbers, limits).limits
    assert expected == [(line.kind, line.label, line.y is not None) for line in lines]
    assert all(TOP <= line.y <= HEIGHT - BOTTOM for line in lines if line.y is not None)


def test_a_limit_lies_where_its_value_would() -> None:
    graph = single([50, 150], Limits(upper_warning=100))
    (limit,) = graph.limits
    tick = next(tick for tick in graph.upwards if tick.label == "100 ms")
    assert tick.at == limit.y


def test_downtime_is_always_drawn_up_to_a_hundred() -> None:
    graph = made(SENSOR, {Channel.DOWNTIME: values(0, 0)})[1]
    assert ["0 %", "50 %", "100 %"] == [tick.label for tick in graph.upwards]


def test_stacked_channels_lie_upon_each_other() -> None:
    settings = replace(SENSOR, channels=PHASES, graph_type="stacked")
    drawn = {
        Channel.RESPONSE_TIME: values(10, 10),
        Channel.LOOKUP_TIME: values(20, 20),
        Channel.CONNECT_TIME: values(10, 10),
    }
    graph = made(settings, drawn)[0]
    assert "40 ms" == graph.upwards[-1].label
    heights = [float(curve.line.split("L")[0].split()[1]) for curve in graph.curves]
    whole = HEIGHT - BOTTOM - TOP
    expected = [HEIGHT - BOTTOM - share * whole for share in (0.25, 0.75, 1)]
    assert pytest.approx(expected, abs=0.1) == heights
    assert [("Response time", "10 ms", 0), ("Lookup time", "20 ms", 1), ("Connect time", "10 ms", 2)] == [
        (curve.title, curve.last, curve.colour) for curve in graph.curves
    ]


def test_a_stacked_channel_without_a_value_adds_nothing() -> None:
    settings = replace(SENSOR, channels=PHASES, graph_type="stacked")
    drawn = {Channel.RESPONSE_TIME: values(10, None, 10), Channel.CONNECT_TIME: values(5, 5, 5)}
    graph = made(settings, drawn)[0]
    assert ["Response time", "Connect time"] == [curve.title for curve in graph.curves]
    bottom = HEIGHT - BOTTOM
    tops = [bottom - float(point.split()[1]) for point in graph.curves[1].line[1:].split("L")]
    assert tops[0] == pytest.approx(tops[2])
    assert tops[1] == pytest.approx(tops[0] / 3, abs=0.2)


def test_wide_pages_pair_all_graphs_but_the_first() -> None:
    assert [(False, 1200), (True, 586)] == [(graph.half, graph.width) for graph in made(SENSOR, {}, 1200)]
    assert [(False, 600), (False, 600)] == [(graph.half, graph.width) for graph in made(SENSOR, {}, 600)]


def test_negative_values_lie_below_nought() -> None:
    settings = replace(SENSOR, channels=(Channel.CERTIFICATE_DAYS_LEFT,))
    graph = made(settings, {Channel.CERTIFICATE_DAYS_LEFT: values(-2.5, -3)})[2]
    assert ["-3 d", "-2 d", "-1 d", "0 d"] == [tick.label for tick in graph.upwards]


def spark(*numbers: float | None, ago: int = 60) -> str:
    return sparkline(values(*numbers, ago=ago), 60, AT, (72, 22))


def test_a_sparkline_is_the_last_hour_in_few_points() -> None:
    points = spark(*map(float, range(61)))[1:].split("L")
    assert (31, "1 20h0", "71 4") == (len(points), points[0], points[-1])


def test_a_sparkline_ends_where_the_values_do() -> None:
    points = spark(*[5.0] * 30)[1:].split("L")
    assert "35 4" == points[-1]


def test_a_sparkline_leaves_gaps_out() -> None:
    path = spark(1, 1, 1, None, None, None, 1, 1)
    assert 2 == path.count("M")
    assert 1 == spark(1, None, 1, None, 1).count("M")


def test_without_values_there_is_no_sparkline() -> None:
    assert "" == spark()


def test_a_steady_sparkline_is_level() -> None:
    points = spark(5, 5, 5).replace("h0", "")[1:].split("L")
    assert 1 == len({point.split()[1] for point in points})


def test_a_value_that_stands_alone_is_a_dot() -> None:
    assert "M1 4h0" == spark(5)

"""The graphs of a sensor's channels as plain geometry: what is drawn where. The templates turn it into SVG."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from itertools import pairwise

from ..model import Channel, Settings
from ..model.channels import UNITS
from ..model.limits import Limits
from ..ports import Span, Value
from .scales import Scale, moments, round_steps
from .spans import look_back
from .wording import TITLES, amount, short

HEIGHT = 168
LEFT, RIGHT, TOP, BOTTOM = 64, 14, 10, 22
COLOURS = 8  # for stacked channels; the style sheet defines them

# A limit far above all values would press the graph flat. Beyond this multiple it is written, not drawn.
_FAR = 3.0

# From this width on, all graphs but the first stand in pairs.
_WIDE = 880
_HALF_EDGES = 14  # pixels that the frame of a half-wide graph takes

Drawn = Mapping[Channel, Sequence[Value]]


@dataclass(frozen=True, slots=True)
class Mark:
    at: float
    label: str


@dataclass(frozen=True, slots=True)
class LimitLine:
    """`kind`: error or warning. `y` is None if the line lies outside the graph."""

    kind: str
    y: float | None
    label: str


@dataclass(frozen=True, slots=True)
class Curve:
    """SVG path data. `area` is what lies below the line; `colour` counts from 0; `dots`: values without neighbours."""

    title: str
    last: str
    line: str
    area: str
    dots: tuple[tuple[float, float], ...]
    colour: int


@dataclass(frozen=True, slots=True)
class Graph:
    """`half`: two such graphs stand side by side. `facts`: min, avg, max and last; a stacked graph has none.

    Without curves, nothing was published.
    """

    title: str
    channel: Channel | None
    half: bool
    width: int
    height: int
    curves: tuple[Curve, ...]
    limits: tuple[LimitLine, ...]
    across: tuple[Mark, ...]
    upwards: tuple[Mark, ...]
    facts: tuple[tuple[str, str], ...]


def graphs(settings: Settings, drawn: Drawn, span: Span, zone: timezone, width: int) -> Iterator[Graph]:
    """One graph for each channel, the primary channel's first. With `stacked` all channels of the unit share one."""
    channels = sorted(settings.published_channels, key=lambda one: one is not settings.primary_channel)
    together = []
    if settings.graph_type == "stacked":
        together = [one for one in channels if UNITS[one] == settings.stacked_unit]
    gap = timedelta(seconds=2.5 * max(settings.interval, span.period))
    whole = Frame(span, zone, width, gap, half=False)
    half = Frame(span, zone, width // 2 - _HALF_EDGES, gap, half=True) if width >= _WIDE else whole
    if together:
        yield whole.stacked(settings.stacked_unit, {one: drawn.get(one, ()) for one in together})
    for channel in channels:
        if channel not in together:
            frame = whole if channel is settings.primary_channel else half
            yield frame.single(channel, drawn.get(channel, ()), settings.limits.get(channel, Limits()))


def sparkline(values: Sequence[Value], interval: int, now: datetime, size: tuple[int, int], most: int = 31) -> str:
    """Path data in whole pixels, with `most` points at most. The right edge is now; gaps are left open."""
    step = -(-len(values) // most) or 1
    kept = values[::-1][::step][::-1]
    if not kept:
        return ""
    width, height = size
    across = Scale((now - look_back(interval)).timestamp(), now.timestamp(), 1, width - 1)
    # The scale begins at zero, so that noise does not look like a mountain.
    lowest, highest = min(one.value for one in kept), max(one.value for one in kept)
    upwards = Scale(min(lowest, 0.0), max(highest, 1e-9) * 1.1, height - 2, 2)
    apart = min((later.at - one.at for one, later in pairwise(kept)), default=timedelta())
    path, before = "", now
    for one in kept:
        follows = path and one.at - before <= 2.5 * apart
        point = f"{across(one.at.timestamp()):.0f} {upwards(one.value):.0f}"
        path += f"L{point}" if follows else f"M{point}h0"  # h0 draws a dot, also if no other value follows
        before = one.at
    return path


@dataclass(frozen=True, slots=True)
class Frame:
    """What graphs of one size share. If values are further apart than `gap`, the line is broken between them."""

    span: Span
    zone: timezone
    width: int
    gap: timedelta
    half: bool

    @property
    def _across(self) -> Scale:
        return Scale(self.span.start.timestamp(), self.span.end.timestamp(), LEFT, self.width - RIGHT)

    def single(self, channel: Channel, values: Sequence[Value], limits: Limits) -> Graph:
        numbers = [one.value for one in values]
        lowest, highest = min(numbers, default=0.0), max(numbers, default=0.0)
        lines = list(_limit_lines(limits))
        near = [value for _, _, value in lines if abs(value) <= _FAR * max(abs(lowest), abs(highest))]
        if channel is Channel.DOWNTIME:
            steps = [0.0, 50.0, 100.0]
        else:
            steps = round_steps(min(0.0, lowest, *near), max(highest, *near, 0.0))
        upwards = Scale(steps[0], steps[-1], HEIGHT - BOTTOM, TOP)
        bottom = [0.0] * len(values)
        curves = [self._curve(channel, values, bottom, upwards, last=numbers[-1])] if values else []
        return Graph(
            title=TITLES[channel],
            channel=channel,
            half=self.half,
            width=self.width,
            height=HEIGHT,
            curves=tuple(curves),
            limits=tuple(
                LimitLine(
                    kind, upwards(value) if steps[0] <= value <= steps[-1] else None, _told(channel, which, value)
                )
                for kind, which, value in lines
            ),
            across=self._marks(),
            upwards=tuple(Mark(upwards(step), short(channel, step)) for step in steps),
            facts=_facts(channel, values),
        )

    def stacked(self, unit: str, drawn: Drawn) -> Graph:
        """At each time the channels lie on top of each other, in their order. One without a value adds nothing."""
        times = sorted({one.at for values in drawn.values() for one in values})
        by_time = {channel: {one.at: one.value for one in values} for channel, values in drawn.items()}
        heights = {at: sum(known.get(at, 0.0) for known in by_time.values()) for at in times}
        steps = round_steps(0.0, max(heights.values(), default=0.0))
        upwards = Scale(steps[0], steps[-1], HEIGHT - BOTTOM, TOP)
        floors = [0.0] * len(times)
        curves = []
        for number, (channel, known) in enumerate(by_time.items()):
            tops = [Value(at, floor + known.get(at, 0.0)) for at, floor in zip(times, floors, strict=True)]
            if known:
                last = drawn[channel][-1].value
                curves.append(self._curve(channel, tops, floors, upwards, last=last, colour=number % COLOURS))
            floors = [top.value for top in tops]
        channel = next(iter(drawn))
        return Graph(
            title=f"All channels in {unit}, stacked",
            channel=None,
            half=self.half,
            width=self.width,
            height=HEIGHT,
            curves=tuple(curves),
            limits=(),
            across=self._marks(),
            upwards=tuple(Mark(upwards(step), short(channel, step)) for step in steps),
            facts=(),
        )

    def _curve(
        self,
        channel: Channel,
        tops: Sequence[Value],
        floors: Sequence[float],
        upwards: Scale,
        *,
        last: float,
        colour: int = 0,
    ) -> Curve:
        """`tops`: what is drawn, which includes the floors below; `last`: the channel's own last value."""
        across = self._across
        line, area, dots = [], [], []
        for run in self._runs(tops):
            upper = [(across(tops[i].at.timestamp()), upwards(tops[i].value)) for i in run]
            if len(upper) == 1:
                dots.append((round(upper[0][0], 1), round(upper[0][1], 1)))
                continue
            lower = [(across(tops[i].at.timestamp()), upwards(floors[i])) for i in reversed(run)]
            line.append(_path(upper))
            area.append(f"{_path([*upper, *lower])}Z")
        return Curve(TITLES[channel], amount(channel, last), "".join(line), "".join(area), tuple(dots), colour)

    def _runs(self, values: Sequence[Value]) -> Iterator[list[int]]:
        """The indices of values between which the line is not broken."""
        run: list[int] = []
        for index, one in enumerate(values):
            if run and one.at - values[run[-1]].at > self.gap:
                yield run
                run = []
            run.append(index)
        if run:
            yield run

    def _marks(self) -> tuple[Mark, ...]:
        across = self._across
        most = max((self.width - LEFT - RIGHT) // 90, 2)
        marked: list[tuple[datetime, str]] = moments(self.span, self.zone, most)
        return tuple(Mark(round(across(at.timestamp()), 1), label) for at, label in marked)


def _limit_lines(limits: Limits) -> Iterator[tuple[str, str, float]]:
    for name in ("upper_error", "upper_warning", "lower_warning", "lower_error"):
        value = getattr(limits, name)
        if value is not None:
            side, kind = name.split("_")
            yield kind, f"{side} {kind} limit", value


def _told(channel: Channel, which: str, value: float) -> str:
    return f"{which} {amount(channel, value)}"


def _facts(channel: Channel, values: Sequence[Value]) -> tuple[tuple[str, str], ...]:
    if not values:
        return ()
    numbers = [one.value for one in values]
    facts = {
        "min": min(numbers),
        "avg": math.fsum(numbers) / len(numbers),
        "max": max(numbers),
        "last": numbers[-1],
    }
    return tuple((name, amount(channel, value)) for name, value in facts.items())


def _path(points: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)

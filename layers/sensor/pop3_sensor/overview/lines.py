"""The lines of the device tree as the page shows them: plain texts, ready for the template."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from ..model import Channel, Status
from ..ports import Value
from .graphs import sparkline
from .survey import Sensor
from .tree import Row
from .wording import TITLES, amount, clock, lasting, paused_by

DEEPEST = 8  # the style sheet indents no further
SPARK = 72, 22  # pixels; the template repeats them

_LATE = 3  # after so many intervals without a value, the line says when the last one was


@dataclass(frozen=True, slots=True)
class Line:
    """`what`: branch, sensor or more. A text is empty if there is nothing to say."""

    what: str
    depth: int
    id: str
    name: str = ""
    kind: str = ""
    status: str = ""
    priority: int = 0
    value: str = ""
    value_note: str = ""
    spark: str = ""
    why: str = ""
    message: str = ""
    since: str = ""
    counts: tuple[tuple[str, int], ...] = ()
    more: int = 0


@dataclass(frozen=True, slots=True)
class Look:
    """Who looks, and when."""

    now: datetime
    zone: timezone

    def since(self, moment: datetime | None) -> str:
        if moment is None:
            return ""
        return f"since {clock(moment, self.zone, self.now)}, for {lasting(self.now - moment)}"


def lines(rows: Iterable[Row], values: Mapping[str, Sequence[Value]], look: Look) -> Iterator[Line]:
    for row in rows:
        depth = min(row.depth, DEEPEST)
        if row.branch and row.summary:
            branch = row.branch
            yield Line(
                what="branch",
                depth=depth,
                id=branch.id,
                name=branch.name,
                kind=branch.kind,
                status=str(row.summary.gravest or ""),
                priority=branch.priority,
                message=row.problem,
                counts=tuple((str(status), count) for status, count in row.summary.statuses),
            )
        elif row.sensor:
            yield _sensor_line(row.sensor, depth, values.get(row.sensor.id, ()), look)
        else:
            yield Line("more", depth, row.home, more=row.more)


def why(sensor: Sensor) -> str:
    """The reason in a word or two, and the phase of the scan."""
    if sensor.status is Status.PAUSED:
        return paused_by(sensor.pause_reasons)
    return f"{sensor.reason} at {sensor.phase}" if sensor.reason and sensor.phase else sensor.reason


def _sensor_line(sensor: Sensor, depth: int, values: Sequence[Value], look: Look) -> Line:
    value, note = _value(sensor, values, look)
    return Line(
        what="sensor",
        depth=depth,
        id=sensor.id,
        name=sensor.name,
        status=str(sensor.status),
        priority=sensor.priority,
        value=value,
        value_note=note,
        spark=sparkline(values, sensor.settings.interval, look.now, SPARK) if sensor.settings else "",
        why=why(sensor),
        message=sensor.message,
        since=look.since(sensor.since),
    )


def _value(sensor: Sensor, values: Sequence[Value], look: Look) -> tuple[str, str]:
    """The primary channel's last value and its title; if the value is old, also its time."""
    if sensor.settings is None:
        return "", ""
    channel: Channel = sensor.settings.primary_channel
    title = TITLES[channel].lower()
    if not values:
        return "", "" if sensor.state is None or sensor.status is Status.PAUSED else f"no {title} of late"
    last = values[-1]
    old = look.now - last.at > _LATE * max(timedelta(seconds=sensor.settings.interval), timedelta(minutes=1))
    return amount(channel, last.value), f"{title}, {clock(last.at, look.zone, look.now)}" if old else title

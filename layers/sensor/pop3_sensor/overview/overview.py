"""The use case: from CloudWatch's event to a page. If a source fails, the page says so in a note and shows the rest."""

import logging
import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ..model import Channel, State, Status
from ..model.text import printable
from ..ports import (
    MetricHistory,
    ResultArchive,
    SensorSource,
    ServiceError,
    Span,
    StateSource,
    StoredResult,
    Value,
    Wanted,
)
from ..status.result_files import file_names
from .description import DESCRIPTION
from .facts import facts
from .filters import NOT_WELL, STATUS_WORDS, tags_in_use
from .graphs import graphs
from .lines import Look, lines, why
from .pages import page
from .recent import recent
from .request import Request, read_request
from .spans import span_of
from .survey import Sensor, Survey, survey
from .tree import GRAVITY, Row, Tree
from .wording import TITLES, amount, clock, lasting

logger = logging.getLogger(__name__)

MAX_SENSORS = 500  # on one page: Lambda's answer may have 6 MB, and nobody reads more
MAX_ROWS = 3 * MAX_SENSORS
MAX_TAGS = 12
MAX_NOTE = 1000  # characters

_PAGE_EDGES = 34  # pixels of the widget's width that graphs cannot use


@dataclass(frozen=True, slots=True)
class Sources:
    sensors: SensorSource
    states: StateSource
    history: MetricHistory
    archive: ResultArchive


class Overview:
    """Makes one page for each event, and remembers nothing of it."""

    def __init__(self, sources: Sources, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._sources = sources
        self._now = now

    def answer(self, event: Mapping[str, Any], endpoint: str) -> str:
        """HTML, or Markdown for `describe`. `endpoint`: what a click calls.

        Raises ValueError if no widget can have sent the event.
        """
        now = self._now()
        request = read_request(event, now)
        if request.describe:
            return DESCRIPTION
        look = Look(now, request.zone)
        notes = list(request.complaints)
        try:
            found = survey(self._sources.sensors.load(), self._states(notes))
        except ServiceError as error:
            _miss(notes, f"The sensors cannot be read: {error}")
            found = Survey({}, {})
        frame = {"endpoint": endpoint, "request": request, "notes": notes}
        tree = Tree(found)
        if request.sensor in found.sensors:
            return self._sensor(found.sensors[request.sensor], tree, found, look, frame)
        if request.sensor:
            notes.append(f"There is no sensor {request.sensor} any more.")
        return self._tree(tree, found, look, frame)

    def _states(self, notes: list[str]) -> Mapping[str, State]:
        try:
            return self._sources.states.load()
        except ServiceError as error:
            _miss(notes, f"The statuses cannot be read, so every sensor is shown as Unknown: {error}")
            return {}

    def _tree(self, tree: Tree, found: Survey, look: Look, frame: dict[str, Any]) -> str:
        request: Request = frame["request"]
        notes: list[str] = frame["notes"]
        group = _group(request, found, tree, notes)
        inside = tree.within(group) if group else list(found.sensors.values())
        allowed = [one for one in inside if request.pinned.passes(one)]
        tagged = [one for one in allowed if request.chosen.tagged(one)]
        shown = [one for one in tagged if request.chosen.passes(one)]
        with_empty = not (request.pinned or request.chosen)
        rows = list(tree.rows(shown, below=group, limit=MAX_SENSORS, with_empty=with_empty))
        if len(rows) > MAX_ROWS:
            notes.append(f"Only the first {MAX_ROWS} of {len(rows)} lines are shown: filter, or open a group.")
            rows = rows[:MAX_ROWS]
        values, complaint = recent(self._sources.history, _sensors_of(rows), look.now)
        if complaint:
            _miss(notes, f"The last values cannot be read: {complaint}")
        counts = Counter(one.status for one in tagged)
        return page(
            "tree.html",
            **frame,
            lines=list(lines(rows, values, look)),
            total=len(found.sensors),
            shown=len(shown),
            hidden=len(allowed) - len(shown),
            pills=[(str(status), counts[status]) for status in GRAVITY],
            tags=[(tag, _toggled(tag, request.chosen.tags)) for tag in tags_in_use(allowed, MAX_TAGS)],
            words=STATUS_WORDS,
            not_well=NOT_WELL,
            group=found.branches.get(group),
            path=tree.path(group) if group else [],
            clock=clock(look.now, look.zone, look.now),
        )

    def _sensor(self, sensor: Sensor, tree: Tree, found: Survey, look: Look, frame: dict[str, Any]) -> str:
        request: Request = frame["request"]
        notes: list[str] = frame["notes"]
        span = span_of(request.start, request.end, look.now)
        drawn = self._drawn(sensor, span, notes)
        names = {one.id: one.name for one in found.sensors.values()}
        path = tree.path(sensor.id)
        settings = sensor.settings
        width = request.width - _PAGE_EDGES
        stored = self._result(sensor.id, notes)
        return page(
            "sensor.html",
            **frame,
            sensor=sensor,
            path=path,
            why=why(sensor),
            since=look.since(sensor.since),
            tiles=list(_tiles(sensor, drawn, request, look)),
            facts=list(facts(sensor, path, names, look)),
            graphs=list(graphs(settings, drawn, span, request.zone, width)) if settings else [],
            result=stored,
            written=clock(stored.at, look.zone, look.now) if stored else "",
            span=f"{clock(request.start, look.zone, look.now)} to {clock(request.end, look.zone, look.now)}",
        )

    def _drawn(self, sensor: Sensor, span: Span, notes: list[str]) -> Mapping[Channel, Sequence[Value]]:
        if sensor.settings is None:
            return {}
        wanted = [Wanted(sensor.id, channel) for channel in sensor.settings.published_channels]
        readings = self._sources.history.read(wanted, span)
        if readings.complaint:
            _miss(notes, f"The graphs cannot be read: {readings.complaint}")
        return {one.channel: values for one, values in readings.series.items() if values}

    def _result(self, sensor_id: str, notes: list[str]) -> StoredResult | None:
        """The file without the settings at its end: the page shows them itself, and it shows no user name."""
        try:
            stored = self._sources.archive.read(file_names(sensor_id)[0])
        except ServiceError as error:
            _miss(notes, f"The last result file cannot be read: {error}")
            return None
        return stored and stored._replace(text=stored.text.partition("\n\nSettings\n")[0].rstrip())


def _miss(notes: list[str], what: str) -> None:
    """Tells the reader and the log that a source failed."""
    note = printable(what, MAX_NOTE)
    notes.append(note)
    logger.warning(note)


def _group(request: Request, found: Survey, tree: Tree, notes: list[str]) -> str:
    """Where the page begins: at the group that the reader opened, if it lies within the one that the author pinned."""
    unknown = [one for one in (request.pinned_group, request.group) if one and one not in found.branches]
    notes.extend(f"There is no group or device {one}." for one in unknown)
    pinned = request.pinned_group if request.pinned_group in found.branches else ""
    opened = request.group if request.group in found.branches else ""
    if opened and pinned and pinned not in {opened, *(branch.id for branch in tree.path(opened))}:
        return pinned
    return opened or pinned


def _sensors_of(rows: Iterable[Row]) -> list[Sensor]:
    return [row.sensor for row in rows if row.sensor]


def _toggled(tag: str, chosen: tuple[str, ...]) -> tuple[bool, str]:
    """Whether the tag is chosen, and which tags are chosen after a click on it."""
    others = [one for one in chosen if one.casefold() != tag.casefold()]
    is_chosen = len(others) < len(chosen)
    return is_chosen, ", ".join(others if is_chosen else [*chosen, tag])


def _tiles(
    sensor: Sensor, drawn: Mapping[Channel, Sequence[Value]], request: Request, look: Look
) -> Iterable[tuple[str, str, str]]:
    """The figures at the top: title, value, remark."""
    if sensor.settings is None:
        return
    primary = sensor.settings.primary_channel
    for channel in dict.fromkeys((primary, Channel.CERTIFICATE_DAYS_LEFT)):
        values = drawn.get(channel, ())
        if values:
            yield TITLES[channel], amount(channel, values[-1].value), f"at {clock(values[-1].at, look.zone, look.now)}"
        elif channel is primary:
            yield TITLES[channel], "-", "no value in this time"
    if down := drawn.get(Channel.DOWNTIME):
        share = math.fsum(one.value for one in down) / len(down)
        yield "Downtime", amount(Channel.DOWNTIME, share), f"of the {lasting(request.end - request.start)} shown"
    if sensor.since and sensor.status is not Status.UNKNOWN:
        yield (
            f"{sensor.status} for",
            lasting(look.now - sensor.since),
            f"since {clock(sensor.since, look.zone, look.now)}",
        )

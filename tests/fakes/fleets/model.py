"""What must come out of a fleet, minute by minute: slow and plain, and written without looking at the package.

It follows docs/sensors.md and docs/reference.md. "Assumed" in a comment: the documents do not decide this.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from tests.fakes.fleets.simulation import Outcome
from tests.fakes.fleets.wall_clock import schedule_pauses
from tests.fakes.fleets.world import Answer, Item, Table, World, frozen

PHASES = ("lookup", "connect", "greeting", "security", "login", "")
OWN_TROUBLE = ("address_forbidden", "secret_missing", "not_run", "internal_error")
ANSWERS = ("", "mailbox_in_use", "login_delay")
GRAVEST_FIRST = ("Down", "Warning", "Up")
NEAREST_WINS = ("host", "timeout", "interval", "warning_scans", "certificate_check", "dependency_delay", "channels")
COUNTS_NOT = (
    "comment",
    "parent",
    "kind",
    "depends_on",
    "master_for_parent",
    "maintenance_windows",
    "schedule",
    "paused",
)


@dataclass
class Known:
    """What is known of one sensor. `written`: what the States table holds."""

    status: str = "Unknown"
    since: str = ""
    phase: str = ""
    reason: str = ""
    message: str = ""
    failures: int = 0
    pauses: list[str] = field(default_factory=list)
    settings: str = ""
    delayed: bool = False  # the dependency is over, and only `dependency_delay` still pauses the sensor
    last_scan: str = ""  # for intervals of an hour or more
    written: object = None


@dataclass(frozen=True)
class Sensor:
    """A sensor's settings in force."""

    id: str
    line: tuple[Item, ...]  # its item and those above it, the nearest first
    masters: tuple[str, ...]
    limits: Mapping[str, Mapping[str, float]]
    interval: int
    warning_scans: int
    delay: int
    check: str
    channels: tuple[str, ...]
    secret: str
    settings: str  # all attributes that count, to notice that one has changed
    invalid: bool


class Model:
    """`own_minutes`: in which minute each sensor with a long interval is scanned. The code may choose it."""

    def __init__(self, world: World, own_minutes: Mapping[str, int]) -> None:
        self._world = world
        self._own_minutes = own_minutes
        self._table: Table = {}
        self._sensors: dict[str, Sensor] = {}
        self.known: dict[str, Known] = {}
        self._well_since: dict[str, datetime] = {}  # when the trouble of each master ended
        self._done: set[str] = set()
        self._out = Outcome()

    def tick(self, tick: datetime, moment: datetime, table: Table) -> Outcome:
        """Every sensor has its turn. `moment`: when the scans are made."""
        if table is not self._table:
            self._table = table
            self._sensors = {one["id"]: read(one, table) for one in table.values() if one.get("kind") != "group"}
        for sensor_id in [one for one in self.known if one not in self._sensors]:
            del self.known[sensor_id]  # if somebody writes the item again, it is a new sensor
        return self._turn(list(self._sensors), tick, moment)

    def half_minute(self, tick: datetime, moment: datetime) -> Outcome:
        """Assumed: an invalid sensor is reported once a minute, whatever its interval."""
        return self._turn(
            [one.id for one in self._sensors.values() if one.interval == 30 and not one.invalid], tick, moment
        )

    def _turn(self, sensor_ids: list[str], tick: datetime, moment: datetime) -> Outcome:
        self._out = Outcome()
        self._done = set(self._sensors) - set(sensor_ids)
        for sensor_id in sensor_ids:
            self._attend(self._sensors[sensor_id], tick, moment)
        out = self._out
        return Outcome(sorted(out.scans), sorted(out.events), sorted(out.writes), sorted(out.points))

    def _attend(self, sensor: Sensor, tick: datetime, moment: datetime) -> None:
        if sensor.id in self._done:
            return
        self._done.add(sensor.id)
        for master in sensor.masters:  # "paused while that one is Down": so the master has its turn first
            if master in self._sensors:
                self._attend(self._sensors[master], tick, moment)
        before = self.known.get(sensor.id)
        if sensor.invalid:
            row = before.failures if before else 0
            self._note(sensor, Known("Unknown", reason="settings_invalid", failures=row), before, moment)
            self._out.points.append((sensor.id, "Downtime", 0.0, str(moment)))
            return
        pauses = self._pauses(sensor, before, tick, moment)
        if pauses:
            hindered = any(_in_trouble(self.known[master]) for master in sensor.masters if master in self.known)
            delayed = "dependency" in pauses and not hindered
            self._note(sensor, Known("Paused", pauses=pauses, message="paused", delayed=delayed), before, moment)
        elif self._is_due(sensor, before, tick):
            self._scan(sensor, before, moment)

    def _is_due(self, sensor: Sensor, before: Known | None, tick: datetime) -> bool:
        if sensor.interval <= 60:
            return True
        # "A new sensor is scanned at the next minute." Assumed: a sensor also does not wait if it is no longer paused,
        # if it could not be scanned, or if somebody has changed its settings.
        if before is None or before.status == "Paused" or before.reason in ("not_run", "settings_invalid"):
            return True
        if before.settings != sensor.settings:
            return True
        # "While a sensor is in these Warning scans it is scanned at every tick."
        if before.status == "Warning" and before.failures:
            return True
        minutes = sensor.interval // 60
        return int(tick.timestamp()) // 60 % minutes == self._own_minutes[sensor.id] % minutes

    def _pauses(self, sensor: Sensor, before: Known | None, tick: datetime, moment: datetime) -> list[str]:
        pauses = []
        if any(_user_pauses(item.get("paused", False), tick) for item in sensor.line):
            pauses.append("user")
        if self._dependency_pauses(sensor, before, moment):
            pauses.append("dependency")
        if any(schedule_pauses(item["schedule"], tick) for item in sensor.line if "schedule" in item):
            pauses.append("schedule")
        windows = [window for item in sensor.line for window in item.get("maintenance_windows", [])]
        if any(_moment(window["start"]) <= tick < _moment(window["end"]) for window in windows):
            pauses.append("maintenance")
        return pauses

    def _dependency_pauses(self, sensor: Sensor, before: Known | None, moment: datetime) -> bool:
        masters = [master for master in sensor.masters if master in self.known]
        if any(_in_trouble(self.known[master]) for master in masters):
            return True
        if before is None or "dependency" not in before.pauses:
            return False
        delay = timedelta(seconds=sensor.delay)
        return any(moment < self._well_since[master] + delay for master in masters if master in self._well_since)

    def _scan(self, sensor: Sensor, before: Known | None, moment: datetime) -> None:
        self._out.scans.append(sensor.id)
        met = self._met(sensor, moment)
        answered = met.reason in ANSWERS
        values = {"ResponseTime": float(met.milliseconds), "MessageCount": float(met.messages)}
        if met.reason:
            del values["MessageCount"]
        row = before.failures if before else 0
        if met.reason in OWN_TROUBLE:
            # Assumed: a scan that could not be made is no failure, and does not end a row of failures either.
            now = Known("Unknown", phase=met.phase, reason=met.reason, message=met.reason, failures=row)
        else:
            now = _judged(sensor, met, values, 0 if answered else row + 1)
        now.last_scan = str(moment) if sensor.interval >= 3600 else ""
        self._note(sensor, now, before, moment)
        published = {"Downtime": 100.0 if now.status == "Down" else 0.0}
        published["Status"] = float(("Up", "Warning", "Down", "Unknown").index(now.status))
        if answered:
            published |= values
        wanted = {"ResponseTime", "Downtime", *sensor.channels}
        points = [(sensor.id, name, value, str(moment)) for name, value in published.items() if name in wanted]
        self._out.points += points

    def _met(self, sensor: Sensor, moment: datetime) -> Answer:
        if sensor.secret == "late" and moment < self._world.secrets_from:
            return Answer("secret_missing")
        answer = self._world.answer(sensor.id, moment)
        if answer.certificate and sensor.check == "verify":
            return replace(answer, reason=answer.certificate, phase="security")
        return answer

    def _note(self, sensor: Sensor, now: Known, before: Known | None, moment: datetime) -> None:
        """Notes an event if the status has changed, and a write if anything has."""
        previous = before or Known("")
        now.since = previous.since if before and previous.status == now.status else str(moment)
        now.settings = sensor.settings
        # For a sensor with a long interval the table also tells whether its settings have changed.
        settings = sensor.settings if sensor.interval > 60 and not sensor.invalid else ""
        now.written = (now.status, now.phase, now.reason, now.message, now.failures, now.pauses, now.delayed, settings)
        now.written = (now.written, now.last_scan)
        if previous.status != now.status:
            event = (sensor.id, str(moment), previous.status, now.status, now.phase, now.reason, now.since)
            self._out.events.append(event)
        if previous.written != now.written:
            pauses = ", ".join(now.pauses)
            self._out.writes.append((sensor.id, now.status, now.since, now.phase, now.reason, now.failures, pauses))
        if before and _in_trouble(before) and not _in_trouble(now):
            self._well_since[sensor.id] = moment
        self.known[sensor.id] = now


def read(item: Item, table: Table) -> Sensor:
    line = _line(item, table)

    def nearest(name: str, default: Any) -> Any:
        return next((one[name] for one in line if name in one), default)

    own = {"priority": 3, **{name: value for name, value in item.items() if name not in COUNTS_NOT}}
    adding = [(one.get("maintenance_windows"), one.get("schedule"), one.get("paused") or None) for one in line]
    masters = _masters(item, line, table)
    counts = [own, {name: nearest(name, None) for name in NEAREST_WINS}, adding, masters]
    return Sensor(
        id=item["id"],
        line=tuple(line),
        masters=tuple(masters),
        limits=item.get("limits", {}),
        interval=nearest("interval", 60),
        warning_scans=nearest("warning_scans", 1),
        delay=nearest("dependency_delay", 0),
        check=nearest("certificate_check", "verify"),
        channels=tuple(nearest("channels", ())),
        secret=item.get("secret_id", ""),
        settings=frozen(counts),
        invalid="colour" in item,
    )


def _line(item: Item, table: Table) -> list[Item]:
    line = [item]
    while line[-1]["id"] != "root":
        above = line[-1].get("parent", "root")
        if above not in table:
            break
        line.append(table[above])
    return line


def _masters(item: Item, line: list[Item], table: Table) -> list[str]:
    above = [one["id"] for one in line[1:]]
    masters = {one["depends_on"] for one in line if "depends_on" in one}
    masters |= {one["id"] for one in table.values() if one.get("master_for_parent") and one.get("parent") in above}
    return sorted(masters - {item["id"]})


def _judged(sensor: Sensor, met: Answer, values: Mapping[str, float], row: int) -> Known:
    """The gravest trouble; among equally grave ones the first in the order of the scan."""
    troubles = [("Up", "", "", "")]
    if met.certificate and sensor.check == "warn":
        troubles.append(("Warning", "security", met.certificate, ""))
    if row:
        troubles.append(("Warning" if row <= sensor.warning_scans else "Down", met.phase, met.reason, ""))
    else:
        if met.reason:
            troubles.append(("Warning", met.phase, met.reason, ""))
        for channel in sorted(sensor.limits.keys() & values.keys()):
            beyond = _beyond(sensor.limits[channel], values[channel])
            troubles += [(beyond, "", "limit", f"{channel} is {values[channel]}")] if beyond else []
    status, phase, reason, message = min(troubles, key=lambda one: (GRAVEST_FIRST.index(one[0]), PHASES.index(one[1])))
    return Known(status, phase=phase, reason=reason, message=message, failures=row)


def _in_trouble(master: Known) -> bool:
    return master.status == "Down" or "dependency" in master.pauses


def _user_pauses(paused: bool | str, tick: datetime) -> bool:
    return paused if isinstance(paused, bool) else tick < _moment(paused)


def _beyond(limits: Mapping[str, float], value: float) -> str:
    if value > limits.get("upper_error", value) or value < limits.get("lower_error", value):
        return "Down"
    if value > limits.get("upper_warning", value) or value < limits.get("lower_warning", value):
        return "Warning"
    return ""


@cache
def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)

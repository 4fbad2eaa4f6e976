"""Invents a world from a seed: groups, sensors, a week of edits, and mail servers with good and bad hours."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.fakes.fleets.world import GOOD, IN_USE, MINUTE, MINUTES, REFUSED, Answer, Item, Spell, World

ZONES = (
    "Europe/Berlin",
    "Europe/London",
    "America/New_York",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Asia/Jerusalem",
    "Australia/Sydney",
    "Pacific/Auckland",
    "UTC",
)
PERIODS = (
    ["fr:17:00-mo:09:00"],  # over the week's end
    ["su:02:00-su:03:00"],  # the hour that Europe skips in spring and repeats in autumn
    ["mo:22:00-tu:06:00", "we:22:30-th:05:59", "sa:00:00-sa:12:00"],
    ["tu:12:00-tu:12:01", "tu:12:03-tu:12:04"],  # single minutes
    ["su:23:59-mo:00:01"],
)
PRESETS = (
    "weekdays",
    "weekends",
    "saturdays",
    "sundays",
    "weekdays_9_to_17",
    "weekdays_8_to_20",
    "weekday_nights_20_to_8",
    "weekday_nights_17_to_9",
)
INTERVALS = (300, 300, 600, 900, 900, 1800, 3600, 21600)
DELAYS = (0, 100, 400, 1000)  # none ends in the very second of a tick: no document decides what must happen then


SLOW, VERY_SLOW, FULL = Answer(milliseconds=400), Answer(milliseconds=900), Answer(messages=77)
REJECTED = Answer("login_rejected", "login")
REJECTED_BEHIND_AN_EXPIRED_CERTIFICATE = Answer("login_rejected", "login", certificate="certificate_expired")
FAILURES = (REFUSED, Answer("timeout", "greeting"), Answer("name_not_found", "lookup"), REJECTED)
OTHERS = (
    SLOW,
    VERY_SLOW,
    FULL,
    Answer(certificate="certificate_expired"),
    Answer(certificate="certificate_untrusted", milliseconds=900),
    REJECTED_BEHIND_AN_EXPIRED_CERTIFICATE,
    IN_USE,
    Answer("mailbox_in_use", "login", milliseconds=900),
    Answer("login_delay", "login", certificate="certificate_wrong_host"),
    Answer("address_forbidden", "lookup"),
    Answer("not_run"),
    Answer("internal_error"),
)


class Builder:
    """Groups below groups below root, with up to ten sensors in each. Sensor 0 of a group is its gateway.

    Sensors depend only on gateways of groups with lower numbers, or on lower sensors of their own group: no circles.
    """

    def __init__(self, seed: int, start: datetime, groups: int, sensors: int = 10) -> None:
        self._dice = random.Random(seed)  # noqa: S311 - it must give the same again
        self._start = start
        self._items: dict[str, Item] = {}
        self._world = World(start, self._items)
        self._world.secrets_from = self._moment()
        self._root()
        for group in range(groups):
            self._group(group)
            roles = [0, *self._dice.sample(range(1, 10), sensors - 1)]
            for number, role in enumerate(sorted(roles)):
                self._sensor(group, number, role)
                self._server(f"g{group}-s{number}", often=number == 0, plain=number == 0 and _is_patient(group))
        self._edits(groups, sensors)
        self._certain()

    def world(self) -> World:
        return self._world

    def _root(self) -> None:
        start = self._start + timedelta(days=5, hours=3)
        window = {"start": _text(start), "end": _text(start + 20 * MINUTE)}
        self._items["root"] = {"id": "root", "kind": "group", "maintenance_windows": [window]}

    def _certain(self) -> None:
        """What must be in every world, whatever its seed."""
        night = {"time_zone": "Europe/Berlin", "paused": ["su:01:00-su:05:00"]}
        limits = {"ResponseTime": {"upper_warning": SLOW.milliseconds}}
        items: list[Item] = [
            {"id": "upper", "kind": "group", "host": "mail.example.org", "interval": 300},
            {"id": "lower", "kind": "group", "parent": "upper"},
            {"id": "master", "parent": "upper", "master_for_parent": True, "interval": 60, "warning_scans": 0},
            {"id": "clock", "parent": "upper", "schedule": night},
            {"id": "until", "parent": "upper", "paused": _text(self._start + 2000 * MINUTE)},
            {"id": "edge", "parent": "lower", "limits": limits},
            {"id": "second", "host": "mail.example.org", "depends_on": "edge"},
        ]
        self._items |= {item["id"]: item for item in items}
        self._world.spells["master"] = [Spell(self._start + 50 * MINUTE, self._start + 70 * MINUTE, [REFUSED])]
        self._world.spells["edge"] = [Spell(self._start + 100 * MINUTE, self._start + 200 * MINUTE, [SLOW])]

    def _group(self, group: int) -> None:
        dice = self._dice
        item: Item = {"id": f"g{group}", "kind": "group", "host": f"mail{group}.example.org"}
        item["interval"] = dice.choice(INTERVALS)
        if dice.random() < 0.4:
            item["warning_scans"] = dice.randrange(6)
        if _is_patient(group):
            item["dependency_delay"] = dice.choice(DELAYS)
        else:
            if group >= 4 and dice.random() < 0.7:
                item["parent"] = f"g{dice.randrange(4)}"
            if dice.random() < 0.4:
                item["schedule"] = self._schedule()
            if dice.random() < 0.4:
                item["maintenance_windows"] = self._windows()
            if group and dice.random() < 0.4:
                item["depends_on"] = f"g{dice.randrange(group)}-s0"
        self._items[item["id"]] = item

    def _sensor(self, group: int, number: int, role: int) -> None:
        dice = self._dice
        item: Item = {"id": f"g{group}-s{number}", "parent": f"g{group}"}
        item |= self._gateway(group) if number == 0 else self._part(group, number, role)
        if number and dice.random() < 0.3:
            item["warning_scans"] = dice.randrange(6)
        if number and dice.random() < 0.1:
            item["maintenance_windows"] = self._windows()
        self._items[item["id"]] = item

    def _gateway(self, group: int) -> Item:
        dice = self._dice
        if _is_patient(group):
            return {"interval": 60, "master_for_parent": True, "warning_scans": 0}
        return {
            "interval": dice.choice((60, 60, 30, 300)),
            "master_for_parent": dice.random() < 0.4,
            "warning_scans": dice.randrange(3),
        }

    def _part(self, group: int, number: int, role: int) -> Item:  # noqa: PLR0911 - one for each role
        """The attributes with which a sensor plays its role."""
        dice = self._dice
        often = dice.random() < 0.6
        limits = {"ResponseTime": {"upper_warning": 400, "upper_error": 900 - dice.randrange(2)}}
        match role:
            case 1 | 2 if often and not _is_patient(group):
                return {"depends_on": f"g{group}-s{number - 1}"}  # the second makes a cascade
            case 3 if often:
                return {"depends_on": f"g{group}-s0", "interval": dice.choice((30, 60))}
            case 4:
                messages = {"upper_warning": 50, "lower_error": 3}
                return {"channels": ["Status", "MessageCount"], "limits": {**limits, "MessageCount": messages}}
            case 5 | 6:
                return {"certificate_check": dice.choice(("warn", "off")), "limits": limits}
            case 7:
                secret = dice.choice(("kept", "late"))
                return {"authentication": "user_password", "username": "ann", "secret_id": secret}
            case 8 if often:
                return {"schedule": self._schedule(), "paused": _text(self._moment())}
            case 9 if often:
                return {"depends_on": "nobody"}
        return {}

    def _schedule(self) -> Item | str:
        zone = self._dice.choice(ZONES)
        if self._dice.random() < 0.5:
            return {"time_zone": zone, "paused": self._dice.choice(PERIODS)}
        return {"time_zone": zone, "preset": self._dice.choice(PRESETS)}

    def _windows(self) -> list[Item]:
        windows = []
        for _ in range(self._dice.randrange(1, 4)):
            start = self._moment()
            end = start + self._dice.choice((1, 7, 60, 600)) * MINUTE
            windows.append({"start": _text(start), "end": end.astimezone(UTC).isoformat().replace("+00:00", "Z")})
        return windows

    def _server(self, sensor_id: str, *, often: bool, plain: bool = False) -> None:
        dice = self._dice
        spells = self._world.spells[sensor_id] = []
        for _ in range(dice.randrange(4, 9) if often else dice.randrange(5)):
            start = self._moment()
            length = dice.choice((1, 2, 5, 20, 90, 400)) * MINUTE
            kind = dice.random()
            answers = [dice.choice(FAILURES if kind < 0.6 else OTHERS)]
            if kind > 0.8:  # it flaps
                answers = [GOOD, *answers, dice.choice(FAILURES)]
            if plain:
                answers = [REFUSED, GOOD] if kind > 0.8 else [REFUSED]
            spells.append(Spell(start, start + length, answers))

    def _edits(self, groups: int, sensors: int) -> None:
        """What people edit in a week, each at a random minute."""
        for number in range(groups):
            sensor = f"g{number}-s{self._dice.randrange(1, sensors)}"
            if not _is_patient(number):
                self._edit(f"g{number}", paused=True)
            self._edit(sensor, paused=True)
            self._edit(sensor, paused=_text(self._moment()))
            self._edit(sensor, comment="nothing that counts")
            self._edit(sensor, colour="red")
            self._edit(f"g{number}", timeout=self._dice.randrange(1, 60))
            self._edit(sensor, priority=self._dice.randrange(1, 6))
        for number in range(max(groups // 4, 1)):
            new: Item = {"id": f"new-{number}", "parent": f"g{number}"}
            self._server(new["id"], often=True)
            added, deleted, again = sorted(self._moment() for _ in range(3))
            self._at(added)[new["id"]] = new
            self._at(deleted)[new["id"]] = None
            self._at(again)[new["id"]] = new
            bad = {"id": f"bad-{number}", "parent": f"g{number}", "colour": "red"}
            self._items[bad["id"]] = bad
            self._at(self._moment())[bad["id"]] = {"id": bad["id"], "parent": f"g{number}"}

    def _edit(self, item_id: str, **attributes: Any) -> None:
        """Changes an item for a while; then it is again as it was at first."""
        start = self._moment()
        end = start + self._dice.randrange(1, 500) * MINUTE
        self._at(start)[item_id] = {**self._items[item_id], **attributes}
        self._at(end)[item_id] = self._items[item_id]

    def _at(self, tick: datetime) -> dict[str, Item | None]:
        return self._world.edits.setdefault(tick, {})

    def _moment(self) -> datetime:
        return self._start + self._dice.randrange(5, MINUTES - 5) * MINUTE


def _is_patient(group: int) -> bool:
    """Groups with a `dependency_delay`. Their gateway is only ever Up or Down; test_masters.py has the other cases."""
    return group % 5 == 4


def _text(moment: datetime) -> str:
    """In another offset than UTC, since only the moment counts."""
    return (moment.replace(tzinfo=None) + timedelta(hours=2)).isoformat() + "+02:00"

"""The table docs/sensors.md#every-attribute, row by row: what is shown, and when a sensor is scanned or paused."""

from datetime import datetime, timedelta
from typing import Any

from pop3_sensor.model import PauseReason
from tests.contract.rows import family, in_force, life, nearest_wins, own_only, refuses, takes
from tests.contract.visits import PLAIN, Visit
from tests.fakes.simulations import DOWN, UP, fleet, sensor
from tests.samples import AT

DEVICE = {"id": "device", "kind": "device"}
LEVELS = range(4)


def at_one_level(level: int, **attributes: Any) -> list[dict[str, Any]]:
    return family(*(attributes if one == level else {} for one in LEVELS))


def pause_reasons(*items: dict[str, Any], **seen: Any) -> tuple[PauseReason, ...]:
    """Of the sensor "mail" at 12:01 UTC on Saturday 31 January 2026."""
    simulation = fleet(*items)
    simulation.minute(**seen)
    return simulation.states.load()["mail"].pause_reasons


# ---- what is shown ---------------------------------------------------------------------------------------------------


def summary(**attributes: Any) -> set[tuple[str, ...]]:
    """The rows of the summary that a scan leaves."""
    visit = Visit(PLAIN, result_handling="store", **attributes)
    return {tuple(line.split()) for line in visit.stack.results.files["sensors/Result of Sensor mail.txt"].splitlines()}


def test_primary_channel() -> None:
    takes("primary_channel", "ResponseTime", "Downtime", "Status", "LookupTime", channels=["Status", "LookupTime"])
    refuses("primary_channel", "LookupTime", "Ping", "", 5, channels=["Status"])  # of this sensor
    own_only("primary_channel", "Status", default="ResponseTime", channels=["Status"])
    assert {("primary_channel:", "ResponseTime")} <= summary()
    assert {("primary_channel:", "LookupTime")} <= summary(primary_channel="LookupTime", channels=["LookupTime"])


def test_graph_type() -> None:
    takes("graph_type", "independent", "stacked")
    refuses("graph_type", "pie", "", True)
    own_only("graph_type", "stacked", default="independent")
    assert {("graph_type:", "independent")} <= summary()
    assert {("graph_type:", "stacked")} <= summary(graph_type="stacked")


def test_stack_unit() -> None:
    takes("stack_unit", "Milliseconds", "Percent", graph_type="stacked")
    takes("stack_unit", "Milliseconds", "Percent", "Count", "Bytes", "None", graph_type="stacked", channels=EVERY_UNIT)
    refuses("stack_unit", "Bytes", "Seconds", "", 5, graph_type="stacked")  # of one of its channels
    refuses("stack_unit", "Milliseconds")  # only with `stacked`
    refuses("stack_unit", "Milliseconds", graph_type="independent")
    own_only("stack_unit", "Percent", default=None, graph_type="stacked")
    assert {("stack_unit:", "Percent")} <= summary(stack_unit="Percent", graph_type="stacked")
    for channel, unit in {"ResponseTime": "Milliseconds", "Downtime": "Percent", "MessageCount": "Count"}.items():
        chosen = sensor("mail", graph_type="stacked", primary_channel=channel, channels=EVERY_UNIT)
        assert unit == in_force(chosen).stacked_unit


EVERY_UNIT = ["MessageCount", "MailboxSize", "CertificateDaysLeft"]


def test_limits() -> None:
    numbers = dict.fromkeys(["upper_error", "upper_warning", "lower_warning", "lower_error"], 1.5)
    takes("limits", {}, {"LoginTime": numbers}, {"CertificateDaysLeft": {"lower_error": -1}}, {"MailboxSize": {}})
    refuses("limits", [], {"Ping": {}}, {"Status": {}}, {"Downtime": {}}, {"LoginTime": {"upper": 5}})
    refuses("limits", *({"LoginTime": {name: one}} for name in numbers for one in ("5", True)))
    refuses("limits", {"LoginTime": {"error_message": "x" * 201}}, {"LoginTime": {"warning_message": 5}})
    # Strictly above or below, at once, whatever `warning_scans` says; error beats warning. What is seen takes 1 ms.
    outcomes: dict[str, list[dict[str, float]]] = {
        "U": [{}, dict.fromkeys(numbers, 1), {"upper_error": 1.001, "lower_error": 0.999}],
        "W": [{"upper_warning": 0.999}, {"lower_warning": 1.001}, {"upper_warning": 0}],
        "D": [{"upper_error": 0.999}, {"lower_error": 1.001}, {"upper_warning": 0.5, "upper_error": 0.9}],
    }
    for letter, limits in outcomes.items():
        for one in limits:
            assert letter == life(sensor("mail", limits={"ResponseTime": one}, warning_scans=5), minutes=1), one
    simulation = fleet(sensor("mail", limits={"ResponseTime": {"upper_error": 0.5, "error_message": "call Ann"}}))
    simulation.minute()
    state = simulation.states.load()["mail"]
    assert ("limit", "") == (state.reason, state.phase)
    assert "ResponseTime 1 Milliseconds is above the upper error limit of 0.5; call Ann" == state.message
    # The item's own only.
    limits_above = {"limits": {"ResponseTime": {"upper_error": 0}}}
    assert ["U", "U", "U", "D"] == [life(*at_one_level(level, **limits_above), minutes=1) for level in LEVELS]


# ---- when it is scanned ----------------------------------------------------------------------------------------------


def test_interval() -> None:
    takes("interval", 30, 60, 120, 864_000)
    refuses("interval", 0, 29, 31, 45, 90, 864_060, -60, 60.5, "60", True)
    nearest_wins("interval", 30, 300, 600, 864_000, default=60)
    wanted = {None: 20, 60: 20, 120: 10, 300: 4, 600: 2, 1200: 1}  # in twenty minutes
    simulation = fleet(*(sensor(f"mail-{one}", interval=one) for one in wanted), sensor("fast", interval=30))
    assert {"fast", *(f"mail-{one}" for one in wanted)} == set(simulation.minute())  # what is new does not wait
    simulation.scans.started.clear()
    for _ in range(20):
        simulation.queue.handed_on.clear()
        simulation.minute()
        (batch,) = simulation.queue.handed_on  # the half minute comes by the queue
        assert (30, ["fast"]) == (batch.delay_seconds, [one.id for one in batch.sensors])
        simulation.now[0] += timedelta(seconds=batch.delay_seconds)
        simulation.monitor.take(batch, 100)
    counts = {one: simulation.scans.started.count(f"mail-{one}") for one in wanted}
    assert (wanted, 40) == (counts, simulation.scans.started.count("fast"))


def test_warning_scans() -> None:
    takes("warning_scans", 0, 1, 5)
    refuses("warning_scans", -1, 6, 1.5, "1", True)
    nearest_wins("warning_scans", 5, 0, 4, 2, default=1)
    failing = {"mail": range(2, 9)}
    for patience, letters in {
        0: "UDDDDDDDU",
        1: "UWDDDDDDU",
        3: "UWWWDDDDU",
        5: "UWWWWWDDU",
        None: "UWDDDDDDU",
    }.items():
        assert letters == life(sensor("mail", warning_scans=patience), minutes=9, down=failing)
    # In a row: a good scan is Up at once, and the count begins anew.
    assert "WWUWWD" == life(sensor("mail", warning_scans=2), minutes=6, down={"mail": {1, 2, 4, 5, 6}})


# By PRTG's names: the days of the week and the hours in which it scans.
ALL_DAY = set(range(24))
PRESETS = {
    "weekdays": (range(5), ALL_DAY),
    "weekends": (range(5, 7), ALL_DAY),
    "saturdays": ([5], ALL_DAY),
    "sundays": ([6], ALL_DAY),
    "weekdays_9_to_17": (range(5), set(range(9, 17))),
    "weekdays_8_to_20": (range(5), set(range(8, 20))),
    "weekday_nights_20_to_8": (range(5), ALL_DAY - set(range(8, 20))),
    "weekday_nights_17_to_9": (range(5), ALL_DAY - set(range(9, 17))),
}


def test_schedule() -> None:
    takes("schedule", *({"time_zone": "Asia/Tokyo", "preset": one} for one in PRESETS))
    refuses("schedule", *PRESETS)  # whose hours, nobody knows without a time zone
    takes("schedule", {"time_zone": "Europe/Berlin", "paused": ["fr:17:00-mo:09:00", "mo:12:00-mo:12:30"]})
    refuses("schedule", "mondays", 5, {}, {"time_zone": "UTC"}, {"preset": "weekdays"})
    refuses("schedule", *({"time_zone": one, "preset": "weekdays"} for one in ("Europe/Atlantis", "", "+01:00")))
    periods = "fr:17:00", "mo:24:00-tu:01:00", "mo:9:00-mo:10:00", "mo:09:00-mo:09:00", "xx:09:00-mo:10:00"
    refuses("schedule", *({"time_zone": "UTC", "paused": [one]} for one in periods))

    def paused(*periods: str, time_zone: str = "UTC") -> dict[str, Any]:
        return {"schedule": {"time_zone": time_zone, "paused": list(periods)}}

    assert "UUUUU" == life(sensor("mail"), minutes=5)
    assert "UUppU" == life(sensor("mail", **paused("sa:12:03-sa:12:05")), minutes=5)
    assert "UpUpU" == life(sensor("mail", **paused("sa:12:02-sa:12:03", "sa:12:04-sa:12:05")), minutes=5)
    assert "UUppU" == life(sensor("mail", **paused("sa:13:03-sa:13:05", time_zone="Europe/Berlin")), minutes=5)
    assert "ppppp" == life(sensor("mail", **paused("fr:17:00-mo:09:00")), minutes=5)
    assert (PauseReason.SCHEDULE,) == pause_reasons(sensor("mail", schedule={"time_zone": "UTC", "preset": "weekdays"}))
    # Always added, cannot be interrupted.
    every = [paused(f"sa:12:0{minute}-sa:12:0{minute + 1}") for minute in (2, 4, 6, 8)]
    assert "UpUpUpUpU" == life(*family(*every), minutes=9)
    # The presets, hour by hour through a week, on the clock of a zone that is far from UTC.
    week = fleet(*(sensor(name, schedule={"time_zone": "Asia/Tokyo", "preset": name}) for name in PRESETS))
    for hour in range(7 * 24):
        week.now[0] = AT + timedelta(hours=hour)
        week.scans.started.clear()
        week.tick(week.now[0])
        local = week.now[0] + timedelta(hours=9)
        scanning = {name for name, (days, hours) in PRESETS.items() if local.weekday() in days and local.hour in hours}
        assert scanning == set(week.scans.started), local


def test_maintenance_windows() -> None:
    def window(start: str, end: str) -> dict[str, str]:
        return {"start": f"2026-01-31T{start}", "end": f"2026-01-31T{end}"}

    takes("maintenance_windows", [], [window("12:00:00Z", "12:00:01Z"), window("12:00:00+01:00", "11:00:01Z")])
    refuses("maintenance_windows", [window("12:00:00Z", "12:00:00Z")], [window("12:00:00Z", "11:59:59Z")])
    refuses(
        "maintenance_windows", [window("12:00:00", "13:00:00")], [{"start": "2026-01-31T12:00:00Z"}], "tonight", [5]
    )
    # The start belongs to it, the end does not.
    assert "UUppU" == life(sensor("mail", maintenance_windows=[window("12:03:00Z", "14:05:00+02:00")]), minutes=5)
    several = [window("12:02:00Z", "12:03:00Z"), window("12:04:00Z", "12:05:00Z")]
    assert "UpUpU" == life(sensor("mail", maintenance_windows=several), minutes=5)
    now = [window("12:00:00Z", "13:00:00Z")]
    assert (PauseReason.MAINTENANCE,) == pause_reasons(sensor("mail", maintenance_windows=now))
    # Always added.
    every = [{"maintenance_windows": [window(f"12:0{one}:00Z", f"12:0{one + 1}:00Z")]} for one in (2, 4, 6, 8)]
    assert "UpUpUpUpU" == life(*family(*every), minutes=9)


# ---- whom it waits for -----------------------------------------------------------------------------------------------


def test_depends_on() -> None:
    ping = sensor("ping")
    takes("depends_on", "ping", beside=[ping])
    refuses("depends_on", "a b", "", 5, ["ping"], "device", "mail-5", beside=[DEVICE])  # itself, at last
    refuses("depends_on", "mail-1", "mail-0")  # each other
    client = sensor("mail", depends_on="ping")
    down = {"ping": {2, 3}}
    assert "UppUU" == life(ping, client, minutes=5, down=down)
    assert "UUUUU" == life(ping, sensor("mail"), minutes=5, down=down)
    # While that one is itself paused by a dependency, and not when it is in Warning or somebody paused it.
    chain = [ping, sensor("between", depends_on="ping"), sensor("mail", depends_on="between")]
    assert "UppUU" == life(*chain, minutes=5, down=down)
    assert "UUpUU" == life(sensor("ping", warning_scans=1), client, minutes=5, down=down)
    assert "UUUUU" == life(sensor("ping", paused=True), client, minutes=5)
    assert (PauseReason.DEPENDENCY,) == pause_reasons(ping, client, ping=DOWN)
    # Always added.
    masters = ["a", "b", "c", "d"]
    below = family(*({"depends_on": one} for one in masters))
    failing = {one: {minute} for one, minute in zip(masters, (2, 4, 6, 8), strict=True)}
    assert "UpUpUpUpU" == life(*below, *(sensor(one, parent=None) for one in masters), minutes=9, down=failing)


def test_master_for_parent() -> None:
    takes("master_for_parent", True, False, parent="device", beside=[DEVICE])
    refuses("master_for_parent", "true", 1, parent="device", beside=[DEVICE])
    refuses("master_for_parent", True)  # there is no parent to be master for
    group, device = {"id": "group", "kind": "group"}, {**DEVICE, "parent": "group"}
    below = [sensor("beside", parent="group"), sensor("mail", parent="device")]
    for above, paused in {"group": {"beside", "mail"}, "device": {"mail"}}.items():
        items = [group, device, *below, sensor("elsewhere")]
        for master in (True, False, None):
            ping = sensor("ping", parent=above, master_for_parent=master)
            ids = {
                one: life(*items, ping, of=one, minutes=3, down={"ping": {2}})
                for one in ("beside", "mail", "elsewhere")
            }
            assert {one: "UpU" if master and one in paused else "UUU" for one in ids} == ids
            assert "UDU" == life(*items, ping, of="ping", minutes=3, down={"ping": {2}})  # every other sensor


def test_dependency_delay() -> None:
    takes("dependency_delay", 0, 1, 86_400)
    refuses("dependency_delay", -1, 1.5, "60", True)
    nearest_wins("dependency_delay", 60, 120, 0, 30, default=0)
    for delay, letters in {None: "UpUUUU", 0: "UpUUUU", 60: "UppUUU", 61: "UpppUU", 180: "UppppU"}.items():
        client = sensor("mail", depends_on="ping", dependency_delay=delay)
        assert letters == life(sensor("ping"), client, minutes=6, down={"ping": {2}})


def test_paused() -> None:
    takes("paused", True, False, "2026-01-31T12:00:00Z", "2026-01-31T12:00+01:00")
    refuses("paused", "true", "tomorrow", "2026-01-31", "2026-01-31T12:00:00", 1, "")
    until = (AT + timedelta(minutes=3)).isoformat()
    lives = {False: "UUUUU", True: "ppppp", until: "ppUUU", datetime.isoformat(AT): "UUUUU"}
    for written, letters in lives.items():
        assert letters == life(sensor("mail", paused=written), minutes=5)
        # Always added: what is below cannot end it.
        below = {**family({}, {}, {}, {"paused": False})[-1]}
        for level in LEVELS[:-1]:
            assert letters == life(*at_one_level(level, paused=written)[:-1], below, minutes=5)
    assert "UUUUU" == life(sensor("mail"), minutes=5)
    assert (PauseReason.USER,) == pause_reasons(sensor("mail", paused=True))
    assert () == pause_reasons(sensor("mail"), mail=UP)

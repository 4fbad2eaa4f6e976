"""A tick as a whole: masters first, nothing twice, one event for each change."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pop3_sensor.model import PauseReason, State, Status
from tests.fakes.memory import States
from tests.fakes.simulations import DOWN, HOST, MINUTE, UP, Simulation, fleet, sensor
from tests.samples import AT

# ---- masters ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("turns", [0, 1, 10])
@pytest.mark.parametrize("backwards", [False, True], ids=["master first", "master last"])
def test_a_master_s_fresh_result_decides_in_the_same_tick(turns: int, backwards: bool) -> None:
    """However long it takes, and wherever in the table it stands: nobody is Down because his master is."""
    items = [sensor("ping"), sensor("a", depends_on="ping"), sensor("b")]
    stack = fleet(*(reversed(items) if backwards else items))
    stack.scans.turns["ping"] = turns
    assert {"a", "b", "ping"} == set(stack.minute())
    assert {"ping", "b"} == set(stack.minute(ping=DOWN, a=DOWN))
    assert {"ping": "Down", "a": "Paused", "b": "Up"} == stack.statuses()
    assert (PauseReason.DEPENDENCY,) == stack.states.load()["a"].pause_reasons
    assert ["ping", "a"] == [one for one in stack.minute(ping=UP, a=UP) if one != "b"]
    assert {"ping": "Up", "a": "Up", "b": "Up"} == stack.statuses()


def test_a_sensor_that_waits_for_its_master_delays_nobody_else() -> None:
    stack = fleet(sensor("ping", timeout=900), sensor("a", depends_on="ping"), sensor("b"), sensor("c"))
    stack.scans.turns["ping"] = 10
    assert ["b", "c", "ping", "a"] == stack.minute()


def test_a_master_that_is_not_due_decides_by_its_state() -> None:
    stack = fleet(sensor("ping", interval=864_000), sensor("a", depends_on="ping"))
    stack.minute(ping=DOWN)
    assert {"ping": "Down", "a": "Paused"} == stack.statuses()
    for _ in range(3):
        assert [] == stack.minute(ping=UP)
    assert {"ping": "Down", "a": "Paused"} == stack.statuses()


def test_a_sensor_that_is_not_due_is_paused_at_once_all_the_same() -> None:
    stack = fleet(sensor("ping"), sensor("a", depends_on="ping", interval=864_000))
    assert ["ping", "a"] == stack.minute()
    assert ["ping"] == stack.minute()
    assert ["ping"] == stack.minute(ping=DOWN)
    assert {"ping": "Down", "a": "Paused"} == stack.statuses()
    # And resumed at once: nobody knows how it is.
    assert ["ping", "a"] == stack.minute(ping=UP)
    assert ["ping"] == stack.minute()


def test_pauses_cascade_in_one_tick() -> None:
    """From the first to the last, of whom only the first was scanned; and back."""
    chain = [sensor(f"s{number}", depends_on=f"s{number + 1}") for number in range(5)]
    stack = fleet(*chain, sensor("s5"))
    everybody = ["s5", "s4", "s3", "s2", "s1", "s0"]
    assert everybody == stack.minute()
    assert ["s5"] == stack.minute(s5=DOWN)
    assert {"s5": "Down", **dict.fromkeys(everybody[1:], "Paused")} == stack.statuses()
    assert everybody == stack.minute(s5=UP)


def test_a_cascade_ends_where_somebody_else_paused_the_master() -> None:
    """A master that a user paused triggers nothing, whatever its own master does to the others."""
    stack = fleet(sensor("ping"), sensor("b", paused=True), sensor("a", depends_on="b"))
    assert {"ping", "a"} == set(stack.minute(ping=DOWN))
    assert {"ping": "Down", "b": "Paused", "a": "Up"} == stack.statuses()


def test_a_master_for_the_parent_pauses_all_others_below() -> None:
    stack = fleet(
        {"id": "g", "kind": "group"},
        {"id": "h", "kind": "device", "parent": "g"},
        sensor("ping", parent="g", master_for_parent=True),
        sensor("a", parent="h"),
        sensor("b", parent="g"),
        sensor("c"),
    )
    assert {"ping", "c"} == set(stack.minute(ping=DOWN))
    assert {"ping": "Down", "a": "Paused", "b": "Paused", "c": "Up"} == stack.statuses()


def test_a_master_in_its_grace_pauses_nobody_yet() -> None:
    stack = fleet(sensor("ping", warning_scans=1), sensor("a", depends_on="ping"))
    assert ["ping", "a"] == stack.minute(ping=DOWN)
    assert ["ping"] == stack.minute()


def test_the_delay_after_the_master_is_up_again() -> None:
    stack = fleet(sensor("ping"), sensor("a", depends_on="ping", dependency_delay=120))
    stack.minute(ping=DOWN)
    assert ["ping"] == stack.minute(ping=UP)
    assert ["ping"] == stack.minute()
    assert {"ping": "Up", "a": "Paused"} == stack.statuses()
    assert ["ping", "a"] == stack.minute()
    assert {"ping": "Up", "a": "Up"} == stack.statuses()


def test_a_master_that_is_gone_is_told_of_and_pauses_nobody() -> None:
    stack = fleet(sensor("ping"), sensor("a", depends_on="ping"))
    stack.minute(ping=DOWN)
    stack.sensors.items = [sensor("a", depends_on="ping")]
    assert ["a"] == stack.minute()
    state = stack.states.load()["a"]
    assert "Up" == state.status
    assert {"depends_on", "ping"} <= set(state.message.replace(",", " ").split())


def test_a_message_about_many_that_are_gone_fits_a_pager() -> None:
    groups = [
        {"id": f"g{n}", "kind": "group", "depends_on": f"{n}" * 64, **({"parent": f"g{n - 1}"} if n else {})}
        for n in range(9)
    ]
    stack = fleet(*groups, sensor("a", parent="g8"))
    stack.minute()
    assert len(stack.states.load()["a"].message) <= 300


def test_the_longest_timeouts_come_first_so_that_they_still_fit() -> None:
    stack = fleet(*(sensor(f"t{timeout}", timeout=timeout) for timeout in (5, 50, 20)))
    assert ["t50", "t20", "t5"] == stack.minute()


# ---- when ------------------------------------------------------------------------------------------------------------


def test_a_tick_that_is_repeated_does_nothing() -> None:
    stack = fleet(sensor("a"), sensor("b", paused=True), {"id": "bad"})
    first = stack.tick(AT)
    assert {"sensors": 3, "due": 1, "scanned": 1, "paused": 1, "invalid": 1, "up": 1, "unknown": 1} == first
    before = (list(stack.scans.done), list(stack.metrics.points), list(stack.states.saved), list(stack.events.changes))
    for at in (AT, AT.astimezone(), AT):
        assert {"sensors": 3} == stack.tick(at)
    after = (stack.scans.done, stack.metrics.points, stack.states.saved, stack.events.changes)
    assert before == after


def test_a_repeated_tick_that_comes_late_does_nothing_either() -> None:
    stack = fleet(sensor("a"))
    for minute in range(5):
        stack.tick(AT + minute * MINUTE)
    stack.tick(AT)
    assert 5 == len(stack.scans.done)


# What is changed of a sensor that is scanned every ten days.
CHANGES: dict[str, dict[str, Any]] = {
    "its host": {"host": "pop.example.org"},
    "its patience": {"warning_scans": 3},
    "its name": {"name": "Mail"},
    "its limits": {"limits": {"ResponseTime": {"upper_error": 1}}},
    "its interval": {"interval": 863_940},
    "a window of next year": {
        "maintenance_windows": [{"start": "2027-01-01T00:00:00Z", "end": "2027-01-02T00:00:00Z"}]
    },
}


@pytest.mark.parametrize("changes", CHANGES.values(), ids=CHANGES)
def test_what_is_changed_is_scanned_at_the_next_tick(changes: dict[str, Any]) -> None:
    stack = fleet(sensor("a", interval=864_000))
    assert [["a"], [], []] == [stack.minute() for _ in range(3)]
    stack.sensors.items = [sensor("a", **{"interval": 864_000} | changes)]
    assert [["a"], [], []] == [stack.minute() for _ in range(3)]


def test_what_is_changed_above_is_a_change_too() -> None:
    below = {"id": "a", "parent": "g", "interval": 864_000}
    stack = fleet({"id": "g", "kind": "group", **HOST}, below)
    assert [["a"], []] == [stack.minute() for _ in range(2)]
    stack.sensors.items = [{"id": "g", "kind": "group", **HOST, "port": 1110}, below]
    assert [["a"], []] == [stack.minute() for _ in range(2)]


def test_a_comment_is_no_change() -> None:
    stack = fleet(sensor("a", interval=864_000))
    stack.minute()
    stack.sensors.items = [sensor("a", interval=864_000, comment="now with a comment")]
    assert [] == stack.minute()


def test_an_item_that_was_mended_is_scanned_at_the_next_tick() -> None:
    stack = fleet({"id": "a", "interval": 864_000})
    assert [] == stack.minute()
    stack.at = datetime.now(UTC) + MINUTE  # an item that is not scanned has the real clock's time
    stack.sensors.items = [sensor("a", interval=864_000)]
    assert [["a"], []] == [stack.minute() for _ in range(2)]


# AT is a Saturday, at 12:00 UTC.
PAUSES: dict[str, dict[str, Any]] = {
    "by somebody": {"paused": "2026-01-31T12:04:00Z"},
    "by a schedule": {"schedule": {"time_zone": "UTC", "paused": ["sa:12:01-sa:12:04"]}},
    "by a window": {"maintenance_windows": [{"start": "2026-01-31T12:01:00Z", "end": "2026-01-31T13:04:00+01:00"}]},
}


@pytest.mark.parametrize("interval", [60, 864_000])
@pytest.mark.parametrize("pause", PAUSES.values(), ids=PAUSES)
def test_who_is_resumed_is_scanned_at_once(pause: dict[str, Any], interval: int) -> None:
    """Nothing is scanned and no channel published meanwhile."""
    stack = fleet(sensor("a", interval=interval, **pause))
    assert [[], [], []] == [stack.minute() for _ in range(3)]
    assert [] == stack.metrics.points
    assert {"a": "Paused"} == stack.statuses()
    assert ["a"] == stack.minute()
    assert {"a": "Up"} == stack.statuses()


def test_a_pause_is_written_once_and_failures_start_anew() -> None:
    stack = fleet(sensor("a", warning_scans=2))
    for _ in range(2):
        stack.minute(a=DOWN)
    assert 2 == stack.states.load()["a"].failures
    stack.states.saved.clear()
    stack.sensors.items = [sensor("a", warning_scans=2, paused=True)]
    for _ in range(3):
        stack.minute()
    assert ["a"] == stack.states.saved
    assert 0 == stack.states.load()["a"].failures
    stack.sensors.items = [sensor("a", warning_scans=2)]
    statuses = [stack.minute() and stack.statuses()["a"] for _ in range(3)]
    assert ["Warning", "Warning", "Down"] == statuses


def test_a_paused_sensor_may_be_scanned_by_hand() -> None:
    stack = fleet(sensor("a", paused=True))
    stack.minute()
    stack.now[0] += MINUTE / 2
    (result,) = stack.scan_now("a")
    assert ("Up", ["a"]) == (result["status"], stack.scans.done)


# ---- who is gone -----------------------------------------------------------------------------------------------------


def test_what_is_deleted_is_forgotten_and_starts_anew() -> None:
    stack = fleet(sensor("a", warning_scans=5), sensor("b"))
    for _ in range(4):
        stack.minute(a=DOWN)
    stack.sensors.items = [sensor("b")]
    stack.minute()
    assert {"b": "Up"} == stack.statuses()
    stack.told()
    stack.sensors.items = [sensor("a", warning_scans=5), sensor("b")]
    stack.minute()
    assert 1 == stack.states.load()["a"].failures
    assert [("a", "", "Warning")] == stack.told()


def test_what_becomes_a_group_or_invalid() -> None:
    stack = fleet(sensor("a"), sensor("b"))
    stack.minute()
    stack.sensors.items = [{"id": "a", "kind": "group"}, sensor("b", port=0)]
    stack.minute()
    assert {"b": "Unknown"} == stack.statuses()


# ---- events ----------------------------------------------------------------------------------------------------------


def test_one_event_for_each_change_and_none_without() -> None:
    stack = fleet(sensor("ping", warning_scans=1), sensor("a", depends_on="ping"), sensor("b"), {"id": "bad"})
    stack.minute()
    first = [("a", "", "Up"), ("b", "", "Up"), ("bad", "", "Unknown"), ("ping", "", "Up")]
    assert first == sorted(stack.told())
    for seen, told in (
        (UP, []),
        (DOWN, [("ping", "Up", "Warning")]),
        (DOWN, [("a", "Up", "Paused"), ("ping", "Warning", "Down")]),
        (DOWN, []),
        (UP, [("a", "Paused", "Up"), ("ping", "Down", "Up")]),
        (UP, []),
    ):
        stack.minute(ping=seen)
        assert told == sorted(stack.told())


@dataclass
class Rival(States):
    """Another invocation writes between our reading and our writing."""

    busy: bool = False

    def save(self, sensor_id: str, state: State, previous: State | None) -> bool:
        if self.busy:
            rivals = replace(state, scanned_at=(state.scanned_at or state.since) + timedelta(seconds=1))
            assert super().save(sensor_id, rivals, previous)
        return super().save(sensor_id, state, previous)


def test_of_two_concurrent_writers_the_loser_tells_nobody() -> None:
    stack = Simulation([sensor("a")], states=(rival := Rival()))
    stack.minute()
    assert [("a", "", "Up")] == stack.told()
    rival.busy = True
    stack.minute(a=DOWN)
    assert ([], 0) == (stack.told(), stack.failed_calls)
    rival.busy = False
    stack.minute(a=DOWN)
    assert [] == stack.told()
    stack.minute(a=UP)
    assert [("a", "Down", "Up")] == stack.told()


@dataclass
class ReadEarly(States):
    """Another invocation's view: it read before the first one wrote, and writes to the same table."""

    table: States = field(default_factory=States)

    def save(self, sensor_id: str, state: State, previous: State | None) -> bool:
        return self.table.save(sensor_id, state, previous)


def test_two_invocations_of_one_tick_write_and_tell_once() -> None:
    """Each knows only its own ticks; both read before either writes."""
    one = fleet(sensor("a"))
    other = Simulation([sensor("a")], states=ReadEarly(table=one.states), at=one.at + timedelta(microseconds=1))
    one.minute(a=DOWN)
    other.minute(a=DOWN)
    assert ([("a", "", "Down")], []) == (one.told(), other.told())
    assert ["a"] == one.states.saved
    # What the next one sees is no change to anybody.
    third = Simulation([sensor("a")], states=one.states, at=one.at)
    third.minute(a=DOWN)
    assert [] == third.told()


def test_a_sensor_with_all_there_is_stores_its_results() -> None:
    """One sensor's settings never end the tick of the others."""
    everything = {
        "result_handling": "store",
        "schedule": {"time_zone": "UTC", "preset": "weekends"},
        "maintenance_windows": [{"start": "2027-01-01T00:00:00Z", "end": "2027-01-02T00:00:00Z"}],
        "paused": "2026-01-01T00:00:00Z",
        "depends_on": "b",
        "limits": {"ResponseTime": {"upper_error": 1000}},
    }
    stack = fleet(sensor("a", **everything), sensor("b"))
    assert ["b", "a"] == stack.minute()
    assert {"a": "Up", "b": "Up"} == stack.statuses()
    assert 2 == len(stack.results.files)


def test_while_it_is_paused_the_files_of_the_last_scan_stand() -> None:
    """They are overwritten by each scan, and nothing is scanned."""
    stack = fleet(sensor("ping"), sensor("a", depends_on="ping", result_handling="store"))
    stack.minute()
    before = dict(stack.results.files)
    assert 2 == len(before)
    stack.minute(ping=DOWN)
    assert {"ping": "Down", "a": "Paused"} == stack.statuses()
    assert before == stack.results.files


def test_who_waits_has_the_status_that_a_pause_gives() -> None:
    stack = fleet(sensor("ping"), sensor("a", depends_on="ping"))
    stack.minute(ping=DOWN)
    state = stack.states.load()["a"]
    assert (Status.PAUSED, "paused: dependency", AT + MINUTE) == (state.status, state.message, state.since)

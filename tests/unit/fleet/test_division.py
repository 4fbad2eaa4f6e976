"""Who scans what: nobody lost or twice, kin together, one host's sensors far apart, always in the same order."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pop3_sensor.fleet.division import (
    BATCH,
    INLINE,
    LAST_START_SECONDS,
    SLOW_BATCH,
    Division,
    Kin,
    divide,
    half_minute,
    tied_together,
    travelling,
)
from pop3_sensor.items import masters_first
from pop3_sensor.model import Settings, State, Status
from pop3_sensor.model.settings import HALF_MINUTE
from pop3_sensor.ports import Batch
from tests.samples import AT, SENSOR

States = dict[str, State]


def sensors(count: int, **changes: Any) -> list[Settings]:
    return [
        replace(SENSOR, **{"id": f"mail-{number}", "host": f"{number}.example.org"} | changes)
        for number in range(count)
    ]


def named(count: int, word: str, **changes: Any) -> list[Settings]:
    return [replace(one, id=f"{word}-{number}") for number, one in enumerate(sensors(count, **changes))]


def ids(found: Sequence[Settings]) -> list[str]:
    return [one.id for one in found]


def handed_on(batches: Sequence[Batch]) -> list[str]:
    return [one.id for batch in batches for one in batch.sensors]


def everywhere(division: Division) -> Counter[str]:
    return Counter([*ids(division.here), *handed_on(division.batches), *ids(division.masters), *ids(division.after)])


def test_what_one_invocation_can_do_it_does_itself() -> None:
    fleet = sensors(INLINE)
    assert Division(frozenset(ids(fleet)), fleet) == divide(fleet, {}, AT, AT)


def test_of_more_it_does_as_much_and_hands_on_the_rest() -> None:
    fleet = sensors(INLINE + 3 * BATCH + 1)
    division = divide(fleet, {}, AT, AT)
    assert INLINE == len(division.here)
    assert [BATCH, BATCH, BATCH, 1] == [len(batch.sensors) for batch in division.batches]
    assert Counter(ids(fleet)) == everywhere(division)


def test_who_is_not_due_counts_for_nothing() -> None:
    """The long intervals' turns are spread: most of a large fleet may have nothing to do."""
    long = sensors(1000, interval=864_000)
    states = {one.id: State(Status.UP, AT, fingerprint=one.fingerprint) for one in long}
    assert Division(frozenset(), long) == divide(long, states, AT, AT)


def test_who_is_paused_is_not_handed_on() -> None:
    due, paused = sensors(INLINE + BATCH), named(50, "paused", paused=(None,))
    division = divide([*due, *paused], {}, AT, AT)
    assert set(ids(paused)) <= set(ids(division.here))
    assert set(ids(due)) == division.due
    assert BATCH == len(handed_on(division.batches))


# Who is kept apart, and by what.
SLOW: dict[str, tuple[dict[str, Any], State | None]] = {
    "a long timeout": ({"timeout": 61}, None),
    "it failed the last time": ({}, State(Status.WARNING, AT, failures=1)),
}


@pytest.mark.parametrize(("changes", "state"), SLOW.values(), ids=SLOW)
def test_the_slow_ones_are_apart_from_the_quick_ones(changes: dict[str, Any], state: State | None) -> None:
    quick, slow = sensors(INLINE + 2 * BATCH), named(30, "slow", **changes)
    states = {one.id: state for one in slow} if state else {}
    division = divide([*quick, *slow], states, AT, AT)
    kinds = [{one.id.partition("-")[0] for one in batch.sensors} for batch in division.batches]
    assert [{"mail"}, {"mail"}, {"slow"}] == kinds
    assert [False, False, True] == [batch.is_slow for batch in division.batches]
    assert SLOW_BATCH < BATCH  # and few in each: all of them may last to their timeouts
    assert {"mail"} == {one.id.partition("-")[0] for one in division.here}


def test_the_usual_timeout_is_not_slow() -> None:
    division = divide([*sensors(INLINE + BATCH), *named(30, "usual", timeout=60)], {}, AT, AT)
    assert [BATCH, 30] == [len(batch.sensors) for batch in division.batches]


# ---- kin ------------------------------------------------------------------------------------------------------------


def tied(*masters: tuple[str, ...]) -> list[Settings]:
    """The first waits for the first's masters, and so on."""
    return [replace(one, masters=names) for one, names in zip(sensors(len(masters)), masters, strict=True)]


FAMILIES: dict[str, tuple[list[tuple[str, ...]], list[set[str]]]] = {
    "strangers": ([(), ()], [{"mail-0"}, {"mail-1"}]),
    "a master and its client": ([(), ("mail-0",)], [{"mail-0", "mail-1"}]),
    "two clients of one master": ([(), ("mail-0",), ("mail-0",)], [{"mail-0", "mail-1", "mail-2"}]),
    "a client that ties two kin together": ([(), (), ("mail-0", "mail-1")], [{"mail-0", "mail-1", "mail-2"}]),
    "a chain": ([(), ("mail-0",), ("mail-1",)], [{"mail-0", "mail-1", "mail-2"}]),
    "a master that is not there": ([("gone",), ("gone",)], [{"mail-0"}, {"mail-1"}]),
    "the same kin twice": ([(), ("mail-0",), ("mail-0", "mail-1")], [{"mail-0", "mail-1", "mail-2"}]),
}


@pytest.mark.parametrize(("masters", "expected"), FAMILIES.values(), ids=FAMILIES)
def test_whom_dependencies_tie_together(masters: list[tuple[str, ...]], expected: list[set[str]]) -> None:
    found = tied_together(tied(*masters))
    assert sorted(map(sorted, expected)) == sorted(sorted(ids(kin)) for kin in found)


def test_kin_travels_together_with_the_states_of_all() -> None:
    fleet = sensors(INLINE + 3 * BATCH)
    kin = [replace(one, masters=("m-0",) if number else ()) for number, one in enumerate(named(60, "m", timeout=100))]
    states = {one: State(Status.UP, AT) for one in (*ids(fleet), *ids(kin))}
    division = divide(masters_first({one.id: one for one in [*fleet, *kin]}), states, AT, AT)
    (home,) = [batch for batch in division.batches if "m-0" in ids(batch.sensors)]
    assert set(ids(kin)) <= set(ids(home.sensors))
    assert all(set(ids(batch.sensors)) == set(batch.states) for batch in division.batches)


def test_who_only_travels_with_kin_is_not_counted() -> None:
    kin = [replace(one, masters=("m-0",) if number else ()) for number, one in enumerate(named(9, "m", timeout=100))]
    states = {"m-0": State(Status.DOWN, AT, failures=2)}
    division = divide([*kin, *sensors(INLINE + 1)], states, AT, AT)
    (batch,) = [batch for batch in division.batches if "m-0" in ids(batch.sensors)]
    assert (9, 1) == (len(batch.sensors), division.count([batch]))


def test_a_giant_s_masters_are_scanned_here_and_its_clients_go_later() -> None:
    giant = [
        replace(one, masters=() if number < 3 else ("g-0", "g-1", "g-2"))
        for number, one in enumerate(named(BATCH + 400, "g"))
    ]
    division = divide([*giant, *sensors(10)], {}, AT, AT)
    assert ["g-0", "g-1", "g-2"] == ids(division.masters)
    assert BATCH + 397 == len(division.after)
    assert 10 == len(division.here)
    fresh = {"g-0": State(Status.DOWN, AT)}
    batches = travelling(AT, tied_together(division.after), fresh, AT)
    assert [BATCH, 397] == [len(batch.sensors) for batch in batches]
    assert [fresh] * 2 == [batch.states for batch in batches]


def test_kin_that_just_fits_a_batch_is_no_giant() -> None:
    kin = [
        replace(one, masters=("g-0",) if number else ()) for number, one in enumerate(named(BATCH, "g", timeout=100))
    ]
    division = divide([*kin, *sensors(INLINE)], {}, AT, AT)
    assert ([], []) == (division.masters, division.after)
    assert [set(ids(kin))] == [set(ids(batch.sensors)) for batch in division.batches]


# ---- one host --------------------------------------------------------------------------------------------------------


def test_the_sensors_of_one_host_are_spread_over_the_batches() -> None:
    fleet = [*sensors(4 * BATCH), *named(100, "one", host="one.example.org")]
    division = divide(fleet, {}, AT, AT)
    shares = [sum(one.host == "one.example.org" for one in batch.sensors) for batch in division.batches]
    assert max(shares) <= 35
    assert min(shares) >= 1


def test_everybody_has_the_same_place_at_every_tick() -> None:
    fleet = [*sensors(2000), *named(100, "one", host="one.example.org")]
    first, second = (divide(order, {}, AT, AT) for order in (fleet, fleet[::-1]))
    assert set(ids(first.here)) == set(ids(second.here))
    assert [(batch.delay_seconds, ids(batch.sensors)) for batch in first.batches] == [
        (batch.delay_seconds, ids(batch.sensors)) for batch in second.batches
    ]


@pytest.mark.parametrize("count", [300, 1_000, 10_000, 50_000])
def test_the_last_ones_start_soon_enough(count: int) -> None:
    delays = [batch.delay_seconds for batch in divide(sensors(count), {}, AT, AT).batches]
    assert sorted(delays) == delays
    assert max(delays) <= LAST_START_SECONDS


# ---- half a minute ---------------------------------------------------------------------------------------------------


def test_only_who_asks_for_it_is_scanned_in_between() -> None:
    fleet = [*sensors(300), *named(2 * BATCH + 50, "often", interval=HALF_MINUTE)]
    batches = half_minute(fleet, AT, AT)
    assert set(ids(fleet[300:])) == set(handed_on(batches))
    assert [BATCH, BATCH, 50] == [len(batch.sensors) for batch in batches]
    assert {AT + timedelta(seconds=30)} == {batch.due for batch in batches}
    assert [{}] * 3 == [batch.states for batch in batches]  # they are read half a minute later


def test_half_a_minute_after_the_tick_not_after_now() -> None:
    often = sensors(1, interval=HALF_MINUTE)
    assert [23] == [batch.delay_seconds for batch in half_minute(often, AT, AT + timedelta(seconds=7))]
    assert [30] == [batch.delay_seconds for batch in half_minute(often, AT, AT - timedelta(seconds=7))]


def test_nobody_asks_for_it() -> None:
    assert [] == half_minute(sensors(3), AT, AT)


# ---- any fleet -------------------------------------------------------------------------------------------------------


@st.composite
def fleets(draw: st.DrawFn) -> tuple[list[Settings], States]:
    """Sensors that wait for some of those before them, on a few hosts; some failed the last time or are not due."""
    count = draw(st.sampled_from([0, INLINE, INLINE + 1, INLINE + BATCH + 100]))
    random = draw(st.randoms(use_true_random=False))
    share, reach = draw(st.sampled_from([0.0, 0.05, 0.3, 0.9])), draw(st.sampled_from([1, 5, BATCH]))
    found: list[Settings] = []
    states: States = {}
    for number in range(count):
        masters = (
            random.sample(range(max(0, number - reach), number), min(number, 1)) if random.random() < share else []
        )
        one = replace(
            SENSOR,
            id=f"mail-{number}",
            host=f"{random.randrange(20)}.example.org",
            timeout=random.choice([10, 60, 900]),
            interval=random.choice([30, 60, 60, 60, 600]),
            masters=tuple(f"mail-{master}" for master in masters),
            paused=(None,) if random.random() < 0.05 else (),
        )
        found.append(one)
        if random.random() < 0.8:
            status, failures = random.choice([(Status.UP, 0), (Status.DOWN, 3)])
            states[one.id] = State(status, AT, failures=failures, fingerprint=one.fingerprint)
    return masters_first({one.id: one for one in found}), states


def masters_come_first(found: Sequence[Settings]) -> bool:
    place = {one.id: number for number, one in enumerate(found)}
    return all(place[master] < place[one.id] for one in found for master in one.masters if master in place)


@settings(max_examples=30)  # each is a large fleet
@given(fleets())
def test_nobody_is_lost_nobody_doubled_and_no_kin_parted(drawn: tuple[list[Settings], States]) -> None:
    fleet, states = drawn
    division = divide(fleet, states, AT, AT)
    assert Counter(ids(fleet)) == everywhere(division)
    assert all(len(batch.sensors) <= BATCH for batch in division.batches)
    groups: list[Sequence[Settings]] = [division.here, *(batch.sensors for batch in division.batches)]
    assert all(map(masters_come_first, [*groups, division.masters]))
    homes = {one.id: number for number, group in enumerate(groups) for one in group}
    giants: list[Kin] = []
    for kin in tied_together(fleet):
        if {one.id for one in kin} & {*ids(division.masters), *ids(division.after)}:
            giants.append(kin)
        else:
            assert 1 == len({homes[one.id] for one in kin})
    assert all(len(kin) > BATCH for kin in giants)
    names = {one.id for kin in giants for one in kin}
    assert names == {*ids(division.masters), *ids(division.after)}
    waited_for = {master for kin in giants for one in kin for master in one.masters} & names
    assert waited_for == set(ids(division.masters))
    for batch in division.batches:
        wanted = {name for one in batch.sensors for name in (one.id, *one.masters)}
        assert {one: states[one] for one in wanted if one in states} == batch.states
    assert not {
        one.id for batch in travelling(AT, tied_together(division.after), states, AT) for one in batch.sensors
    } ^ set(ids(division.after))

"""The interval of 30 seconds: a tick hands on what comes due before the next one."""

from datetime import timedelta

from pop3_sensor.fleet.division import INLINE
from pop3_sensor.model import Observation
from tests.fakes.simulations import DOWN, Simulation, fleet, sensor
from tests.samples import AT


def half_a_minute_later(stack: Simulation, **seen: Observation) -> list[str]:
    """Who was scanned by those to whom the last tick handed sensors on."""
    stack.scans.seen.update(seen)
    stack.scans.done.clear()
    handed_on, stack.queue.handed_on = stack.queue.handed_on, []
    for batch in handed_on:
        stack.now[0] = stack.at + timedelta(seconds=batch.delay_seconds)
        assert batch.due == stack.now[0]
        stack.monitor.take(batch, 100)
    return list(stack.scans.done)


def test_half_a_minute_is_really_half_a_minute() -> None:
    stack = fleet(sensor("a", interval=30), sensor("b"), sensor("c", interval=300))
    assert {"a", "b", "c"} == set(stack.minute())
    assert ["a"] == half_a_minute_later(stack)
    stack.minute()
    assert ["a"] == half_a_minute_later(stack, a=DOWN)
    assert {"a": "Down", "b": "Up", "c": "Up"} == stack.statuses()
    assert ("a", "Up", "Down") in stack.told()


def test_who_is_paused_is_not_scanned_in_between_either() -> None:
    stack = fleet(sensor("ping"), sensor("a", interval=30, depends_on="ping"), sensor("b", interval=30, paused=True))
    assert ["ping"] == stack.minute(ping=DOWN)
    assert [] == half_a_minute_later(stack)
    assert {"ping": "Down", "a": "Paused", "b": "Paused"} == stack.statuses()


def test_a_master_s_fresh_result_decides_in_between_too() -> None:
    """Nobody is Down because his master is: neither at the minute nor half a minute later."""
    stack = fleet(sensor("ping", interval=30), sensor("a", interval=30, depends_on="ping"))
    stack.minute()
    stack.told()
    assert ["ping"] == half_a_minute_later(stack, ping=DOWN, a=DOWN)
    assert [("a", "Up", "Paused"), ("ping", "Up", "Down")] == sorted(stack.told())


def test_a_late_tick_makes_no_batch_late() -> None:
    """The schedule promises the minute, not the second: a batch has its minute from when it was handed on."""
    stack = fleet(*(sensor(f"mail-{number}") for number in range(INLINE + 1)))
    stack.now[0] = AT + timedelta(seconds=50)
    stack.tick(AT)
    stack.scans.done.clear()
    (batch,) = stack.queue.handed_on
    stack.now[0] = AT + timedelta(seconds=109)
    assert stack.monitor.take(batch, 100)
    assert [one.id for one in batch.sensors] == stack.scans.done


def test_what_is_handed_on_too_late_is_dropped() -> None:
    stack = fleet(sensor("a", interval=30))
    stack.minute()
    (batch,) = stack.queue.handed_on
    stack.scans.done.clear()
    stack.now[0] = batch.due + timedelta(seconds=61)
    stack.monitor.take(batch, 100)
    assert [] == stack.scans.done

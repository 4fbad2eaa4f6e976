"""Why a sensor is paused: for one or more of the contract's four reasons, in its order."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from ..model import PauseReason, Settings, State, Status


class Pause(NamedTuple):
    """No reasons: the sensor is to be scanned. `masters_well_since`: while `dependency_delay` runs."""

    reasons: tuple[PauseReason, ...]
    masters_well_since: datetime | None = None


_NOTHING = Pause(())


def pause_of(
    settings: Settings, previous: State | None, states: Mapping[str, State], at: datetime, now: datetime
) -> Pause:
    """At the tick `at`; `states` holds the freshest state of each master."""
    if not (settings.paused or settings.masters or settings.schedules or settings.maintenance_windows):
        return _NOTHING  # most sensors, every minute
    depends, well_since = _depends(settings, previous, states, at, now)
    reasons = {
        PauseReason.USER: any(until is None or at < until for until in settings.paused),
        PauseReason.DEPENDENCY: depends,
        PauseReason.SCHEDULE: any(schedule.pauses(at) for schedule in settings.schedules),
        PauseReason.MAINTENANCE: any(window.pauses(at) for window in settings.maintenance_windows),
    }
    return Pause(tuple(reason for reason, holds in reasons.items() if holds), well_since)


def _depends(
    settings: Settings, previous: State | None, states: Mapping[str, State], at: datetime, now: datetime
) -> tuple[bool, datetime | None]:
    masters = [states[master] for master in settings.masters if master in states]
    if any(map(_triggers, masters)):
        return True, None
    # Once the masters are well again, a pause that a dependency began may last a while longer. Since when, is the
    # client's own to remember: a master's status may change again without going Down.
    if not (masters and settings.dependency_delay and previous and PauseReason.DEPENDENCY in previous.pause_reasons):
        return False, None
    well_since = previous.masters_well_since or max(_well_since(master, now) for master in masters)
    holds = at < well_since + timedelta(seconds=settings.dependency_delay)
    return holds, well_since if holds else None


def _well_since(master: State, now: datetime) -> datetime:
    """A master that stays paused for another reason has been so for longer than it has been no hindrance."""
    return now if master.status is Status.PAUSED else master.since


def _triggers(master: State) -> bool:
    """Down, or paused by a dependency itself; a master that somebody paused triggers nothing (as in PRTG)."""
    return master.status is Status.DOWN or PauseReason.DEPENDENCY in master.pause_reasons

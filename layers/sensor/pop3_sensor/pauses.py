"""Why a sensor is paused: for one or more of the contract's four reasons, in its order."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from .settings import Settings
from .verdict import State
from .vocabulary import PauseReason, Status


def pause_reasons(
    settings: Settings, previous: State | None, states: Mapping[str, State], at: datetime
) -> tuple[PauseReason, ...]:
    """Empty where the sensor is to be scanned. `states` holds the freshest state of each master."""
    reasons = {
        PauseReason.USER: any(until is None or at < until for until in settings.paused),
        PauseReason.DEPENDENCY: _depends(settings, previous, states, at),
        PauseReason.SCHEDULE: any(schedule.pauses(at) for schedule in settings.schedules),
        PauseReason.MAINTENANCE: any(window.pauses(at) for window in settings.maintenance_windows),
    }
    return tuple(reason for reason, holds in reasons.items() if holds)


def _depends(settings: Settings, previous: State | None, states: Mapping[str, State], at: datetime) -> bool:
    masters = [states[master] for master in settings.masters if master in states]
    if any(map(_triggers, masters)):
        return True
    # Once the masters are well again, a pause that a dependency began may last a while longer.
    if not (masters and settings.dependency_delay and previous and PauseReason.DEPENDENCY in previous.pause_reasons):
        return False
    return at < max(master.since for master in masters) + timedelta(seconds=settings.dependency_delay)


def _triggers(master: State) -> bool:
    """Down, or paused by a dependency itself; a master that somebody paused triggers nothing (as in PRTG)."""
    return master.status is Status.DOWN or PauseReason.DEPENDENCY in master.pause_reasons

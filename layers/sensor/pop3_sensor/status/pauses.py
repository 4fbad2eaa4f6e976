"""Why a sensor is paused: for one or more of the four reasons, in the order of `PauseReason`."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from ..model import PauseReason, Settings, State, Status


class Pause(NamedTuple):
    """Without reasons the sensor is to be scanned. `masters_well_since` is set while `dependency_delay` runs."""

    reasons: tuple[PauseReason, ...]
    masters_well_since: datetime | None = None


_NOTHING = Pause(())


def pause_of(
    settings: Settings, previous: State | None, states: Mapping[str, State], at: datetime, now: datetime
) -> Pause:
    """Whether the sensor is paused at the tick `at`, and why. `states` holds the newest state of each master."""
    if not (settings.paused or settings.masters or settings.schedules or settings.maintenance_windows):
        return _NOTHING  # the fast path: so it is for most sensors, every minute
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
    # `dependency_delay`: once the masters are well again, the pause lasts so much longer. The waiting sensor remembers
    # since when they are well: a master's own `since` changes again when it goes from Up to Warning.
    if not (masters and settings.dependency_delay and previous and PauseReason.DEPENDENCY in previous.pause_reasons):
        return False, None
    well_since = previous.masters_well_since or max(_well_since(master, now) for master in masters)
    holds = at < well_since + timedelta(seconds=settings.dependency_delay)
    return holds, well_since if holds else None


def _well_since(master: State, now: datetime) -> datetime:
    """When this master, which pauses nobody now, became well.

    The `since` of a paused master says when its pause began, but a dependency may have been a reason until just now.
    Nobody remembers that moment; counting from now errs on the long side.
    """
    return now if master.status is Status.PAUSED else master.since


def _triggers(master: State) -> bool:
    """A master pauses others while it is Down, or paused by a dependency; paused otherwise it does not (as in PRTG)."""
    return master.status is Status.DOWN or PauseReason.DEPENDENCY in master.pause_reasons

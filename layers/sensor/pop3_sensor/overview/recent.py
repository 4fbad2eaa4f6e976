"""The last values of many sensors' primary channels; sensors with like intervals share a call."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from ..model import Status
from ..ports import MetricHistory, Value, Wanted
from .spans import look_back, span_of
from .survey import Sensor


def recent(
    history: MetricHistory, sensors: Iterable[Sensor], now: datetime
) -> tuple[Mapping[str, Sequence[Value]], str]:
    """The values by sensor id, the oldest first, and what could not be read.

    Paused sensors publish nothing, so they are not asked for: each metric costs money.
    """
    asked: dict[timedelta, list[Wanted]] = {}
    for sensor in sensors:
        if sensor.settings and sensor.state and sensor.status is not Status.PAUSED:
            asked.setdefault(look_back(sensor.settings.interval), []).append(
                Wanted(sensor.id, sensor.settings.primary_channel)
            )
    answers = [history.read(wanted, span_of(now - back, now, now)) for back, wanted in asked.items()]
    values = {wanted.sensor_id: series for one in answers for wanted, series in one.series.items() if series}
    return values, "; ".join(dict.fromkeys(one.complaint for one in answers if one.complaint))

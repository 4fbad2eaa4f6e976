"""An observation judged: the status, why a sensor is paused, the report, the result files. Pure."""

from .pauses import Pause, pause_of
from .report import Report, judged, paused

__all__ = ["Pause", "Report", "judged", "pause_of", "paused"]

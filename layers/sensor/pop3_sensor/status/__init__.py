"""An observation judged: the status, why a sensor is paused, the report, the result files. Pure."""

from .pauses import Pause, pause_of
from .report import Report, report_of_pause, report_of_scan

__all__ = ["Pause", "Report", "pause_of", "report_of_pause", "report_of_scan"]

"""Judges what a scan saw: the status, the reasons of a pause, the report, the result files. No I/O, no clock."""

from .pauses import Pause, pause_of
from .report import Report, report_of_pause, report_of_scan

__all__ = ["Pause", "Report", "pause_of", "report_of_pause", "report_of_scan"]

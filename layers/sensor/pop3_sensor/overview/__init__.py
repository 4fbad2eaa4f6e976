"""The page that people look at: HTML for a CloudWatch custom widget, from the tables and CloudWatch's values."""

from .overview import Overview, Sources

__all__ = ["Overview", "Sources"]

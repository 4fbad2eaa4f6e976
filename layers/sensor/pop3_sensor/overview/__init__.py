"""What people look at: the tables and what CloudWatch kept in, an HTML page for a CloudWatch custom widget out."""

from .overview import Overview, Sources

__all__ = ["Overview", "Sources"]

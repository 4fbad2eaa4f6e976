"""A clock of which hours can be skipped, so that no test waits for a deadline."""

from collections.abc import Callable


class Clock:
    def __init__(self, read: Callable[[], float]) -> None:
        self._read = read
        self._skipped = 0.0

    def __call__(self) -> float:
        return self._read() + self._skipped

    def skip(self, seconds: float) -> None:
        """A loop that is waiting learns of it when something else wakes it."""
        self._skipped += seconds

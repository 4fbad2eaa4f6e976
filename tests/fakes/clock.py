"""A clock that a test can put forward, so that no test waits for a deadline."""

from collections.abc import Callable


class Clock:
    def __init__(self, read: Callable[[], float]) -> None:
        self._read = read
        self._skipped = 0.0

    def __call__(self) -> float:
        return self._read() + self._skipped

    def skip(self, seconds: float) -> None:
        """Wakes nobody: an event loop that is waiting sees the new time when something else wakes it."""
        self._skipped += seconds

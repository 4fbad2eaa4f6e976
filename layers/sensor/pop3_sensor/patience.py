"""With a service that fails slowly: what belongs together is tried for a while, and what is left then is left."""

import time


class Patience:
    """An invocation ends; a hundred calls that time out one after the other do not."""

    def __init__(self, seconds: float = 15.0) -> None:
        self._end = time.monotonic() + seconds
        self._failed = False

    def fail(self) -> None:
        self._failed = True

    @property
    def is_over(self) -> bool:
        """Never while all goes well."""
        return self._failed and time.monotonic() >= self._end

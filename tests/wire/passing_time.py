"""Lets a scan's time pass while it waits for its server: no test waits for a deadline, no busy machine misses one.

passing = PassingTime(clock)
with scripted([*greeting(), Expect("CAPA"), passing.of(60), Hang()]) as server:
    run_scan(settings, loop_factory=passing.loop)
assert 60 <= passing.seconds
"""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVarTuple, Unpack

from tests.fakes.clock import Clock
from tests.servers.scripted import JOIN_SECONDS, Connection

Ts = TypeVarTuple("Ts")

STEP_SECONDS = 0.1  # the scan ends at the latest so long after its deadline


class _Loop(asyncio.SelectorEventLoop):
    """Knows whether the scan waits for bytes: it does so by `add_reader` alone."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting = threading.Event()

    def add_reader(self, fd: Any, callback: Callable[[Unpack[Ts]], Any], *args: *Ts) -> None:
        super().add_reader(fd, callback, *args)
        self.waiting.set()

    def remove_reader(self, fd: Any) -> bool:
        self.waiting.clear()
        return super().remove_reader(fd)

    def close(self) -> None:
        super().close()
        self.waiting.set()  # whoever waits for it need not any more

    def has_turned(self) -> bool:
        """After it has seen what time it is. False where it is closed."""
        turned = threading.Event()
        with suppress(RuntimeError):
            self.call_soon_threadsafe(turned.set)
        while not turned.wait(0.01):
            if self.is_closed():
                return False
        return True


class PassingTime:
    """`clock` stands in place of time.monotonic."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._loop: _Loop | None = None
        self._began = 0.0

    def loop(self) -> asyncio.AbstractEventLoop:
        self._loop, self._began = _Loop(), self._clock()
        return self._loop

    @property
    def seconds(self) -> float:
        """Since the scan began."""
        return self._clock() - self._began

    def of(self, seconds: float) -> "_Pass":
        return _Pass(self, seconds)

    def byte_by_byte(self, data: bytes) -> "_Drip":
        """A second before each byte."""
        return _Drip(self, data)

    def wake(self) -> None:
        assert self._loop
        self._loop.call_soon_threadsafe(lambda: None)

    def go_by(self, seconds: float) -> bool:
        """Once the scan waits. False where it has ended."""
        loop = self._loop
        assert loop
        loop.waiting.wait(JOIN_SECONDS)
        loop.waiting.clear()
        for _ in range(round(seconds / STEP_SECONDS)):
            self._clock.skip(STEP_SECONDS)
            if not loop.has_turned():
                return False
        return True


@dataclass(frozen=True)
class _Pass:
    passing: PassingTime
    seconds: float

    def play(self, _connection: Connection) -> None:
        self.passing.go_by(self.seconds)


@dataclass(frozen=True)
class _Drip:
    passing: PassingTime
    data: bytes

    def play(self, connection: Connection) -> None:
        for byte in self.data:
            if not (self.passing.go_by(1) and connection.write(bytes([byte]))):
                return

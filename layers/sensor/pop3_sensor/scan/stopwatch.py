"""Measures the time that the server and the network take in one scan, and none of our own.

Many scans share one processor. What a server sent may lie here for milliseconds before its scan is run again, and our
next command goes out as much later. So the watch runs only while something is awaited, and stops at the moment at
which the kernel received it.
"""

import functools
import socket
import struct
import time
from contextlib import suppress

from ..model import Phase

_SO_TIMESTAMPNS = 35  # asm-generic/socket.h; the socket module does not name it
_TIMESPEC = struct.Struct("qq")
_TCP_INFO = struct.Struct("68xI28xI")  # tcpi_rtt in microseconds, tcpi_total_retrans: linux/tcp.h


class Stopwatch:
    """Laps in whole microseconds, so that the phases add up to the Response Time exactly."""

    def __init__(self) -> None:
        self.phases: dict[Phase, int] = {}
        self._start = self._since = time.perf_counter_ns()
        self._awaited = 0
        self._booked = 0

    def elapsed(self) -> int:
        """Microseconds by the clock on the wall."""
        return (time.perf_counter_ns() - self._start) // 1000

    def ask(self) -> None:
        """From now on an answer is awaited."""
        self._since = time.perf_counter_ns()

    def hear(self, ago: int = 0) -> None:
        """The answer came so many nanoseconds ago. If more is read, it was awaited from that moment on."""
        came = max(time.perf_counter_ns() - max(ago, 0), self._since)
        self._awaited += came - self._since
        self._since = came

    def hear_connected(self, sock: socket.socket) -> None:
        """The connection stands since one round trip after it was asked for, as the kernel measured it."""
        try:
            round_trip, lost = _TCP_INFO.unpack(sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _TCP_INFO.size))
        except (AttributeError, OSError, struct.error):  # another platform
            round_trip = lost = 0
        known = round_trip and not lost  # of a lost SYN the kernel tells the last round trip alone
        self.hear(time.perf_counter_ns() - self._since - round_trip * 1000 if known else 0)

    def lap(self, phase: Phase) -> None:
        """Books on `phase` what was awaited since the last lap."""
        now = self._awaited // 1000
        self.phases[phase] = self.phases.get(phase, 0) + now - self._booked
        self._booked = now

    def rebook(self, phase: Phase, onto: Phase) -> None:
        """What the one phase took counts as the other's."""
        self.phases[onto] = self.phases.get(onto, 0) + self.phases.pop(phase)


def note_arrivals(sock: socket.socket) -> None:
    """To be called before the socket connects. On other platforms than Linux an answer counts when it is read."""
    keep_noting()
    with suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)


@functools.cache
def keep_noting() -> None:
    """The kernel notes arrivals only while a socket asks for it, and begins a moment later. So one socket always asks.

    To be called some milliseconds before the first scan.
    """
    with suppress(OSError):
        asking = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        asking.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        asking.detach()  # open as long as this process


def received(sock: socket.socket, size: int) -> tuple[bytes, int]:
    """Some bytes, and how many nanoseconds ago the last of them came. Raises OSError."""
    data, ancillary, _, _ = sock.recvmsg(size, socket.CMSG_SPACE(_TIMESPEC.size))
    for level, kind, held in ancillary:
        if (level, kind, len(held)) == (socket.SOL_SOCKET, _SO_TIMESTAMPNS, _TIMESPEC.size):
            seconds, nanoseconds = _TIMESPEC.unpack(held)
            return data, time.time_ns() - seconds * 1_000_000_000 - nanoseconds
    return data, 0

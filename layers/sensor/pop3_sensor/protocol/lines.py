"""Bytes to lines, bounded."""

from .errors import ReplyTooLong

# RFC 2449 section 4 allows 512 octets; banners exceed it. 8 KiB, line end included, is far past any real line.
MAX_LINE = 8 * 1024


class LineBuffer:
    """Lines end in CRLF (RFC 1939 section 3); a bare LF is tolerated."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def __len__(self) -> int:
        return len(self._bytes)

    def feed(self, data: bytes) -> None:
        self._bytes += data

    def next_line(self) -> bytes | None:
        """The next whole line with its end, or None while there is none.

        Raises ReplyTooLong as soon as the line can no longer fit.
        """
        end = self._bytes.find(b"\n", 0, MAX_LINE)
        if end < 0:
            if len(self._bytes) >= MAX_LINE:
                said = self.peek()
                raise ReplyTooLong(f"a line is longer than {MAX_LINE} bytes", said)
            return None
        line = bytes(self._bytes[: end + 1])
        del self._bytes[: end + 1]
        return line

    def peek(self) -> str:
        """What waits unread, for messages."""
        return self._bytes[:MAX_LINE].decode("utf-8", "replace")

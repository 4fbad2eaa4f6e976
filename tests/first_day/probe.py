"""The whole code of a function that lives for a moment: it needs the standard library alone."""

import socket
import ssl
import struct
from typing import Any

SO_TIMESTAMPNS = 35  # asm-generic/socket.h; the socket module does not name it
TCP_INFO_BYTES = 72
ROUND_TRIP = struct.Struct("68xI")  # tcpi_rtt: linux/tcp.h


def handler(_event: object, _context: object) -> dict[str, Any]:
    arrival, round_trip = noted_by_the_kernel()
    return {
        "authorities": ssl.create_default_context().cert_store_stats()["x509_ca"],
        "file": ssl.get_default_verify_paths().cafile,
        "arrival": arrival,
        "round_trip": round_trip,
    }


def noted_by_the_kernel() -> tuple[bool, bool]:
    """Of a connection to itself: is there a time of arrival, and a round trip?"""
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        client.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        accepted, _ = server.accept()
        with accepted:
            arrivals = [arrival(accepted, client) for _ in range(20)]  # the kernel begins to note a moment later
            info = client.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, TCP_INFO_BYTES)
    return any(arrivals), bool(ROUND_TRIP.unpack(info)[0])


def arrival(accepted: socket.socket, client: socket.socket) -> bool:
    accepted.sendall(b"+")
    _, ancillary, _, _ = client.recvmsg(1, socket.CMSG_SPACE(16))
    return any(kind == SO_TIMESTAMPNS for _, kind, _ in ancillary)

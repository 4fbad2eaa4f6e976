"""AWS on loopback, over real HTTP: moto answers, unless a test wants a fault instead.

So botocore's own connections, time limits, parsers and retries are part of the test.
"""

import gzip
import json
import socket
import struct
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from botocore.awsrequest import AWSPreparedRequest
from botocore.compat import HTTPHeaders
from moto.core.models import botocore_stubber

REGION = "eu-central-1"


@dataclass
class Proxy:
    """`asked`: how often each operation was asked for; `taken`: the calls that moto answered with success, in order.

    `failing`: the operation that fails, such as `StatesTable.Scan` or `PutEvents`. `fault`: what happens to its calls;
    it gets the number of the attempt.
    """

    failing: str = ""
    fault: "Fault | None" = None
    asked: Counter[str] = field(default_factory=Counter)
    taken: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    table_names: dict[str, str] = field(default_factory=dict)  # logical ids by names
    over: threading.Event = field(default_factory=threading.Event)
    url: str = ""
    on_asked: Callable[[Counter[str]], object] = lambda _: None

    def fails(self, operation: str, fault: "Fault") -> None:
        self.asked.clear()
        self.failing, self.fault = operation, fault

    def recovers(self) -> None:
        self.fault = None
        self.on_asked = lambda _: None

    def release(self) -> None:
        """Ends the calls that hang."""
        self.over.set()
        self.over = threading.Event()

    def accepted(self, operation: str) -> list[dict[str, Any]]:
        return [body for name, body in self.taken if name == operation]


class Call(BaseHTTPRequestHandler):
    """One request. Faults answer with its methods."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    proxy: Proxy
    moto = threading.Lock()  # its backends are not safe for threads

    def handle_one_call(self) -> None:
        self.data = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        target = self.headers.get("X-Amz-Target", "")
        self.operation = target.rpartition(".")[2] or "PutObject"
        text = gzip.decompress(self.data) if self.headers.get("Content-Encoding") == "gzip" else self.data
        self.parameters: dict[str, Any] = json.loads(text) if target else {"path": self.path, "text": text.decode()}
        if "TableName" in self.parameters:
            self.operation = f"{self.proxy.table_names[self.parameters['TableName']]}.{self.operation}"
        elif "RequestItems" in self.parameters:
            self.operation = f"StatesTable.{self.operation}"
        self.proxy.asked[self.operation] += 1
        self.proxy.on_asked(self.proxy.asked)
        if self.proxy.fault and self.operation == self.proxy.failing:
            self.proxy.fault(self, self.proxy.asked[self.operation])
        else:
            self.answer(*self.forward())

    do_POST = do_PUT = handle_one_call  # noqa: N815 - http.server calls them so

    def forward(self) -> tuple[int, dict[str, str], bytes]:
        """What moto answers."""
        service = self.headers["Authorization"].split("/")[3]
        headers = HTTPHeaders()
        for name, value in self.headers.items():
            if name != "Host":  # it is in the URL
                headers[name] = value
        url = f"https://{service}.{REGION}.amazonaws.com{self.path}"
        with self.moto:
            answered = botocore_stubber.process_request(
                AWSPreparedRequest(self.command, url, headers, self.data, stream_output=False)
            )
        assert answered, url
        status, told, body = answered
        if status == 200:
            self.proxy.taken.append((self.operation, self.parameters))
        return status, {**told}, body if isinstance(body, bytes) else body.encode()

    def answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            if name.lower() not in ("content-length", "server", "date", "connection"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def error(self, status: int, code: str) -> None:
        message = "out of order"
        if self.operation == "PutObject":
            body = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>".encode()
        else:
            body = json.dumps({"__type": f"com.amazonaws#{code}", "message": message}).encode()
        self.answer(status, {}, body)

    def reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True

    def hang(self) -> None:
        """Does not answer until the test is over."""
        self.proxy.over.wait(10)
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Writes no log: nobody reads it."""


Fault = Callable[[Call, int], None]


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Keeps quiet: clients go away early because of the faults."""


@contextmanager
def fault_proxy() -> Iterator[Proxy]:
    proxy = Proxy()
    with _Server(("127.0.0.1", 0), type("ProxiedCall", (Call,), {"proxy": proxy})) as server:
        proxy.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield proxy
        finally:
            proxy.release()
            server.shutdown()
            thread.join()

"""A page on loopback that behaves as CloudWatch does with a custom widget: the overview without an AWS account.

What it knows of CloudWatch's behaviour is in AWS's own documentation of custom widgets; it cannot show more than that.
"""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

PAGE = Path(__file__).with_name("widget_page.html")
HOST = "127.0.0.1"
MOST_BYTES = 1_000_000

Widget = Callable[[Mapping[str, Any]], str]


@contextmanager
def widget_page(widget: Widget, function: str) -> Iterator[str]:
    """Its URL. `function`: the name of the only function that a click may call."""

    class Handler(_Handler):
        pass

    Handler.widget = staticmethod(widget)
    Handler.function = function
    server = ThreadingHTTPServer((HOST, 0), Handler)
    server.daemon_threads = True
    Handler.authority = f"{HOST}:{server.server_port}"
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.05}, name="widget page", daemon=True
    )
    thread.start()
    try:
        yield f"http://{Handler.authority}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    widget: Widget
    function: str
    authority: str

    def do_GET(self) -> None:
        if self.path.partition("?")[0] == "/":
            self._answer(HTTPStatus.OK, PAGE.read_bytes(), "text/html; charset=utf-8")
        else:
            self._answer(HTTPStatus.NOT_FOUND, b"there is one page only")

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        # A page of another site that has its name resolved to loopback still sends its own name.
        known = self.headers.get("Host") == self.authority
        if not known or self.path != "/call" or length > MOST_BYTES:
            self._answer(HTTPStatus.FORBIDDEN, b"not for you")
            return
        asked = json.loads(self.rfile.read(length))
        endpoint = str(asked.get("endpoint") or self.function)
        if endpoint.rpartition(":")[2] != self.function:
            self._answer(HTTPStatus.FORBIDDEN, f"{endpoint} is not the function of this page".encode())
            return
        try:
            html = type(self).widget(asked["event"])
        except Exception as error:  # noqa: BLE001 - whatever it is, the reader shall see it
            self._answer(HTTPStatus.BAD_GATEWAY, f"the widget failed: {error}".encode())
        else:
            self._answer(HTTPStatus.OK, html.encode())

    def _answer(self, status: HTTPStatus, body: bytes, kind: str = "text/plain; charset=utf-8") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """`make run` has its own lines to show."""

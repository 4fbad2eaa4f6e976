"""AWS on loopback, in a process of its own: as little of it as a tick needs, counted on the wire.

Counted here and not in the client, so retries count as AWS would count them. It keeps what the tables hold, the
messages of the queue and the moment of the last metric; nothing else has a meaning. An emulator would need more
processor time than all that is measured.
"""

import gzip
import json
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

from tests.bench.child import Child, answer_requests, child
from tests.emulator.emulator import REGION

PAGE = 1_000_000  # a Scan returns so much at once


@dataclass(frozen=True, slots=True)
class Cloud:
    """Seen from outside."""

    process: Child
    url: str

    def environment(self) -> dict[str, str]:
        """For a process that is to take this for AWS."""
        credentials = {"AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none", "AWS_SESSION_TOKEN": ""}
        return {**credentials, "AWS_DEFAULT_REGION": REGION, "AWS_REGION": REGION, "AWS_ENDPOINT_URL": self.url}

    def put(self, sensors: list[Mapping[str, Any]], secret: str = "") -> None:
        """The Sensors table holds these from now on, as typed JSON; every secret has this text."""
        self.process.ask(sensors=sensors, secret=secret)

    def counts(self) -> dict[str, Any]:
        """Since the last call. `calls`: by service and operation; `amounts`: what AWS charges by, beside calls.

        `last_metric`: by the monotonic clock.
        """
        found: dict[str, Any] = self.process.ask()
        return found

    def messages(self) -> list[str]:
        """What is in the queue and due; it is taken out."""
        found: list[str] = self.process.ask(receive=True)["messages"]
        return found

    def waiting(self) -> int:
        """The number of messages in the queue, due or not."""
        return int(self.process.ask(receive=False)["waiting"])


@contextmanager
def cloud() -> Iterator[Cloud]:
    with child("cloud") as process:
        yield Cloud(process, process.ask(receive=False)["url"])


def item_size(value: Any) -> int:
    """Bytes as DynamoDB counts them: names and values, three more for a list or map and one for each of its members."""
    if isinstance(value, dict):
        return sum(len(name.encode()) + _value_size(held) for name, held in value.items())
    raise TypeError("an item is a map")


def _value_size(value: Mapping[str, Any]) -> int:
    ((kind, held),) = value.items()
    match kind:
        case "S":
            return len(held.encode())
        case "N":
            return len(held) // 2 + 2
        case "L":
            return 3 + sum(1 + _value_size(one) for one in held)
        case "M":
            return 3 + sum(1 + len(name.encode()) + _value_size(one) for name, one in held.items())
        case "SS":
            return sum(len(one.encode()) for one in held)
        case _:
            return 1


def _units(size: int) -> float:
    """Read units of an eventually consistent read."""
    return -(-max(size, 1) // 4096) / 2


@dataclass
class _State:
    lock: threading.Lock = field(default_factory=threading.Lock)
    url: str = ""
    secret: str = ""
    tables: dict[str, dict[str, Any]] = field(default_factory=lambda: {"sensors": {}, "states": {}})
    queue: list[tuple[float, str]] = field(default_factory=list)
    calls: Counter[str] = field(default_factory=Counter)
    amounts: Counter[str] = field(default_factory=Counter)
    read_units: float = 0.0
    last_metric: float = 0.0

    def answer(
        self, *, sensors: list[dict[str, Any]] | None = None, secret: str = "", receive: bool | None = None
    ) -> Mapping[str, object]:
        with self.lock:
            if sensors is not None:
                self.tables = {"sensors": {item["id"]["S"]: item for item in sensors}, "states": {}}
                self.secret = secret
                return {}
            if receive is not None:
                now = time.monotonic()
                due = [text for at, text in self.queue if receive and at <= now]
                self.queue = [one for one in self.queue if not (receive and one[0] <= now)]
                return {"messages": due, "waiting": len(self.queue), "url": self.url}
            amounts = {**self.amounts, "read_units": self.read_units}
            found = {"calls": self.calls, "amounts": amounts, "last_metric": self.last_metric}
            self.calls, self.amounts, self.read_units = Counter(), Counter(), 0.0
            return found

    def call(self, operation: str, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        """`operation`: service and name, as in the call's own header."""
        with self.lock:
            name = operation.rpartition(".")[2]
            self.calls[operation] += 1
            return _OPERATIONS[name](self, asked) if name in _OPERATIONS else {}

    def scan(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        """A page. The key of its last item is the start of the next."""
        table = self.tables[asked["TableName"]]
        keys = sorted(table)
        start = asked.get("ExclusiveStartKey", {"id": {"S": ""}})
        first = next(iter(start.values()))["S"]
        page: list[Any] = []
        size, last = 0, first
        for key in keys:
            if key <= first:
                continue
            if size > PAGE:
                self.read_units += _units(size)
                return {"Items": page, "LastEvaluatedKey": {next(iter(start)): {"S": last}}}
            last = key
            page.append(table[key])
            size += item_size(table[key])
        self.read_units += _units(size)
        return {"Items": page}

    def batch_get_item(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        found = {
            name: [
                self.tables[name][one] for key in wanted["Keys"] if (one := key["sensor_id"]["S"]) in self.tables[name]
            ]
            for name, wanted in asked["RequestItems"].items()
        }
        self.read_units += sum(_units(item_size(item)) for items in found.values() for item in items)
        return {"Responses": found}

    def update_item(self, _: Mapping[str, Any]) -> Mapping[str, Any]:
        self.amounts["write_units"] += 1
        return {}

    def put_item(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        item = asked["Item"]
        self.amounts["write_units"] += -(-item_size(item) // 1024)
        self.tables[asked["TableName"]][item.get("sensor_id", item.get("id"))["S"]] = item
        return {}

    def put_metric_data(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        self.amounts["metric_values"] += len(asked["MetricData"])
        self.last_metric = time.monotonic()
        return {}

    def batch_get_secret_value(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        values = [{"ARN": f"arn:{one}", "Name": one, "SecretString": self.secret} for one in asked["SecretIdList"]]
        return {"SecretValues": values, "Errors": []}

    def send_message(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        self.amounts["message_bytes"] += len(asked["MessageBody"].encode())
        self.amounts["messages"] += 1
        self.queue.append((time.monotonic() + asked.get("DelaySeconds", 0), asked["MessageBody"]))
        return {"MessageId": str(self.amounts["messages"])}

    def send_message_batch(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        entries = asked["Entries"]
        return {"Successful": [{"Id": one["Id"], **self.send_message(one)} for one in entries], "Failed": []}

    def put_events(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        self.amounts["events"] += len(asked["Entries"])
        return {"FailedEntryCount": 0, "Entries": [{"EventId": "0"} for _ in asked["Entries"]]}


_OPERATIONS = {
    "Scan": _State.scan,
    "BatchGetItem": _State.batch_get_item,
    "PutItem": _State.put_item,
    "UpdateItem": _State.update_item,
    "PutMetricData": _State.put_metric_data,
    "BatchGetSecretValue": _State.batch_get_secret_value,
    "SendMessage": _State.send_message,
    "SendMessageBatch": _State.send_message_batch,
    "PutEvents": _State.put_events,
}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # headers and body in one segment
    disable_nagle_algorithm = True
    state: ClassVar[_State]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        answer = json.dumps(self.state.call(self.headers.get("X-Amz-Target", ""), json.loads(body))).encode()
        self.send_response(200)
        self.send_header("Content-Type", self.headers.get("Content-Type", "application/json"))
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def do_PUT(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.state.call("S3.PutObject", {})
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Says nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


if __name__ == "__main__":
    _Handler.state = _State()
    server = _Server(("127.0.0.1", 0), _Handler)
    _Handler.state.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    answer_requests(_Handler.state.answer)

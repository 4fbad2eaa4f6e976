"""The scan function's stack behind a proxy that can break any call, and two mail servers for its sensors."""

import json
import os
import socketserver
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.retries import standard
from moto import mock_aws

from pop3_sensor import scan_function
from pop3_sensor.aws.scan_queue import decode
from pop3_sensor.fleet import Monitor, division
from pop3_sensor.fleet.failures import Failures
from pop3_sensor.model import Settings
from pop3_sensor.ports import Batch
from tests.aws.fault_proxy import REGION, Proxy, fault_proxy
from tests.fakes.deployed import deploy
from tests.fakes.function import QUEUES

SECRET = "pop3-sensor/{}"


class Mail(socketserver.StreamRequestHandler):
    """One connection to a mail server."""

    def handle(self) -> None:
        assert isinstance(self.server, MailServer)
        self.server.let_in.wait(10)
        self.wfile.write(b"-ERR out of order\r\n" if self.server.is_sick else b"+OK ready\r\n")
        for line in self.rfile:
            self.wfile.write(b"-ERR\r\n" if line == b"CAPA\r\n" else b"+OK\r\n")


class MailServer(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 100
    is_sick = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Mail)
        self.let_in = threading.Event()
        self.let_in.set()


@contextmanager
def mail_server() -> Iterator[MailServer]:
    with MailServer() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@dataclass
class World:
    """The stack, two mail servers, and a process of the function. The server `moody` fails when a test says so."""

    proxy: Proxy
    tables: dict[str, Any]
    well: MailServer
    moody: MailServer
    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    failures: int = 0

    @property
    def monitor(self) -> Monitor:
        return scan_function.monitor()

    def write(self, sensor_id: str, **attributes: Any) -> None:
        item = {"id": sensor_id, "host": "127.0.0.1", "port": self.well.server_address[1], **attributes}
        self.tables["SensorsTable"].put_item(Item=item)

    def login(self, sensor_id: str) -> None:
        secret = SECRET.format(sensor_id)
        self.write(sensor_id, authentication="user_password", username="ann", secret_id=secret)

    def tick(self) -> None:
        """One tick, and then all batches that it handed on."""
        self.at += timedelta(minutes=1)
        self.failures = self.monitor.tick(self.at, 100).failed_calls
        for batch in self.messages():
            counts = self.monitor.take(batch, 100)
            self.failures += counts.failed_calls if counts else 0

    def settings(self) -> Mapping[str, Settings]:
        """As a tick reads them."""
        return self.monitor._tools.reader.read(Failures()).settings  # noqa: SLF001 - with the function's own clients

    def messages(self) -> list[Batch]:
        """The batches of the last tick, as the queue was given them: polling the queue would take time."""
        bodies = [json.loads(body["MessageBody"]) for body in self.proxy.accepted("SendMessage")]
        return [decode(json.dumps(body)) for body in bodies if datetime.fromisoformat(body["due"]) == self.at]

    def states(self) -> dict[str, str]:
        rows = self.tables["StatesTable"].scan()["Items"]
        return {str(row["sensor_id"]): str(row["status"]) for row in rows if "status" in row}

    def points(self) -> Counter[tuple[str, str]]:
        """How many values each sensor's Downtime has (every scan gives one). No moment may come twice."""
        moments: Counter[tuple[str, str]] = Counter()
        for body in self.proxy.accepted("PutMetricData"):
            for datum in body["MetricData"]:
                if datum["MetricName"] == "Downtime":
                    moments[datum["Dimensions"][0]["Value"], str(datum["Timestamp"])] += 1
        return moments

    def scans(self) -> dict[str, int]:
        """How many scans of each sensor CloudWatch has."""
        return dict(Counter(sensor_id for sensor_id, _ in self.points()))

    def told(self) -> Counter[tuple[str, str, str]]:
        entries = [entry for body in self.proxy.accepted("PutEvents") for entry in body["Entries"]]
        details = [json.loads(entry["Detail"]) for entry in entries]
        return Counter((one["sensor_id"], one["previous_status"], one["status"]) for one in details)

    def files(self) -> int:
        return len(self.proxy.accepted("PutObject"))


@contextmanager
def fault_world() -> Iterator[World]:
    """The deployed function, with its own wiring; its calls go through the proxy to moto."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            patch.delenv(name)
        with mock_aws(), fault_proxy() as proxy, mail_server() as well, mail_server() as moody:
            session = boto3.Session(region_name=REGION)
            names = deploy(session, "SensorsTable", "StatesTable", "ResultsBucket", *QUEUES)
            proxy.table_names = {name: logical_id for logical_id, name in names.items()}
            variables = {"SENSORS_TABLE": "SensorsTable", "STATES_TABLE": "StatesTable"}
            variables |= {"RESULTS_BUCKET": "ResultsBucket"}
            variables |= {"SCAN_QUEUE_URL": "ScanQueue", "SLOW_SCAN_QUEUE_URL": "SlowScanQueue"}
            for variable, logical_id in variables.items():
                patch.setenv(variable, names[logical_id])
            patch.setenv("METRICS_NAMESPACE", "POP3Sensor")
            patch.setenv("FORBIDDEN_NETWORKS", "")
            patch.setattr(boto3, "Session", lambda: _Through(session, proxy))
            # No pause between two attempts. Otherwise botocore behaves as in the function.
            patch.setattr(standard.ExponentialBackoff, "delay_amount", lambda *_: 0)
            # Makes this fleet of seven too large for one invocation.
            patch.setattr(division, "INLINE", 4)
            patch.setattr(division, "BATCH", 4)
            secrets = session.client("secretsmanager")
            for one in ("login", "new"):
                secrets.create_secret(Name=SECRET.format(one), SecretString="tanstaaf")
            dynamodb = session.resource("dynamodb")
            tables = {one: dynamodb.Table(names[one]) for one in ("SensorsTable", "StatesTable")}
            yield World(proxy, tables, well, moody)


@dataclass
class _Through:
    """A session whose clients call the proxy."""

    session: boto3.Session
    proxy: Proxy

    def client(self, service: Any, **how: Any) -> Any:
        return self.session.client(service, endpoint_url=self.proxy.url, **how)

"""The scan function behind its handler: what it answers to each event, and how the monitor is wired to AWS."""

import functools
import logging
import os
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import boto3
from pydantic import BeforeValidator

from .aws.calls import CONFIG
from .aws.environment import Variables
from .aws.event_bus import DefaultEventBus
from .aws.metrics import Metrics
from .aws.results_bucket import ResultsBucket
from .aws.scan_queue import ScanQueue, decode
from .aws.secrets import Secrets
from .aws.sensors_table import SensorsTable
from .aws.states_table import StatesTable
from .events import Messages, ScanNow, ScheduledTick
from .fleet import Keyring, Monitor, Outlets, Policy
from .ports import ServiceError
from .scan import Network, parse_networks
from .scan.networks import DEFAULT_FORBIDDEN
from .scan.stopwatch import keep_noting

logger = logging.getLogger(__name__)

# Scans end this long before the invocation does: what they saw must still be published and logged.
RESERVE_SECONDS = 45.0

_MEASURED = {
    "Sensors": "sensors",
    "Due": "due",
    "Scanned": "scanned",
    "Invalid": "invalid",
    "Down": "down",
    "Unknown": "unknown",
    "HandedOn": "handed_on",
}


class Environment(Variables):
    sensors_table: str
    states_table: str
    results_bucket: str
    metrics_namespace: str
    scan_queue_url: str
    slow_scan_queue_url: str
    forbidden_networks: Annotated[tuple[Network, ...], BeforeValidator(parse_networks)] = parse_networks(
        DEFAULT_FORBIDDEN
    )
    cleartext_login: Literal["by_sensor", "refuse"] = "by_sensor"
    editor_id_prefix: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """`returned`: to the caller, in plain JSON types. `counts`: the function's own metrics, by name."""

    returned: dict[str, Any]
    counts: Mapping[str, int]


def tick(request: ScheduledTick, seconds: float) -> Answer:
    """Raises ServiceError where the tables cannot be read."""
    counts = monitor().tick(request.scheduled_time, seconds - RESERVE_SECONDS)
    summary = counts.as_json()
    logger.info("tick", extra=summary)
    measured = {name: summary[key] for name, key in _MEASURED.items()}
    return Answer(summary, {**measured, "FailedCalls": counts.failed_calls})


def take(request: Messages, seconds: float) -> Answer:
    """Names the messages that failed: SQS delivers only these again."""
    end = time.monotonic() + seconds - RESERVE_SECONDS
    failed: list[dict[str, str]] = []
    measured = Counter({"Scanned": 0, "ExpiredBatches": 0, "FailedCalls": 0})
    for message in request.records:
        try:
            counts = monitor().take(decode(message.body), end - time.monotonic())
        except (ServiceError, ValueError):
            logger.exception("a batch of sensors failed")
            failed.append({"itemIdentifier": message.message_id})
            continue
        if counts is None:
            measured["ExpiredBatches"] += 1
        else:
            measured.update(Scanned=counts.scanned, FailedCalls=counts.failed_calls)
    return Answer({"batchItemFailures": failed}, measured)


def scan_now(request: ScanNow, seconds: float) -> Answer:
    """Raises ServiceError where the tables cannot be read."""
    found = monitor().scan_now(request.sensor_ids, seconds - RESERVE_SECONDS)
    return Answer({"results": found.results}, {"FailedCalls": found.failed_calls})


@functools.cache
def monitor() -> Monitor:
    """Made once for each execution environment, so that clients and secrets are there at the next invocation."""
    keep_noting()
    environment = Environment.read(os.environ)
    session = boto3.Session()
    dynamodb = session.client("dynamodb", config=CONFIG)
    outlets = Outlets(
        metrics=Metrics(session.client("cloudwatch", config=CONFIG), environment.metrics_namespace),
        events=DefaultEventBus(session.client("events", config=CONFIG), environment.metrics_namespace),
        queue=ScanQueue(
            session.client("sqs", config=CONFIG), environment.scan_queue_url, environment.slow_scan_queue_url
        ),
        states=StatesTable(dynamodb, environment.states_table),
        results=ResultsBucket(lambda: session.client("s3", config=CONFIG), environment.results_bucket),
    )
    return Monitor(
        SensorsTable(dynamodb, environment.sensors_table),
        outlets,
        Keyring(Secrets(session.client("secretsmanager", config=CONFIG))),
        Policy(
            environment.forbidden_networks,
            refuse_cleartext_login=environment.cleartext_login == "refuse",
            editor_id_prefix=environment.editor_id_prefix,
        ),
    )

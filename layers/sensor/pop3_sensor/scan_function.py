"""Wires the monitor to AWS: the only place where adapters are chosen."""

import functools
import os
from typing import Annotated, Literal

import boto3
from pydantic import BeforeValidator

from .aws.calls import CONFIG
from .aws.environment import Variables
from .aws.event_bus import DefaultEventBus
from .aws.metrics import Metrics
from .aws.results_bucket import ResultsBucket
from .aws.scan_queue import ScanQueue
from .aws.secrets import Secrets
from .aws.sensors_table import SensorsTable
from .aws.states_table import StatesTable
from .fleet import Keyring, Monitor, Outlets, Policy
from .scan import Network, parse_networks
from .scan.networks import DEFAULT_FORBIDDEN
from .scan.stopwatch import keep_noting


class Environment(Variables):
    sensors_table: str
    states_table: str
    results_bucket: str
    metrics_namespace: str
    scan_queue_url: str
    forbidden_networks: Annotated[tuple[Network, ...], BeforeValidator(parse_networks)] = parse_networks(
        DEFAULT_FORBIDDEN
    )
    cleartext_login: Literal["by_sensor", "refuse"] = "by_sensor"


@functools.cache
def monitor() -> Monitor:
    """Made once for each execution environment: clients and secrets outlive an invocation."""
    keep_noting()
    environment = Environment.read(os.environ)
    session = boto3.Session()
    dynamodb = session.client("dynamodb", config=CONFIG)
    outlets = Outlets(
        metrics=Metrics(session.client("cloudwatch", config=CONFIG), environment.metrics_namespace),
        events=DefaultEventBus(session.client("events", config=CONFIG)),
        others=ScanQueue(session.client("sqs", config=CONFIG), environment.scan_queue_url),
        states=StatesTable(dynamodb, environment.states_table),
        results=ResultsBucket(lambda: session.client("s3", config=CONFIG), environment.results_bucket),
    )
    return Monitor(
        SensorsTable(dynamodb, environment.sensors_table),
        outlets,
        Keyring(Secrets(session.client("secretsmanager", config=CONFIG))),
        Policy(environment.forbidden_networks, refuse_cleartext_login=environment.cleartext_login == "refuse"),
    )

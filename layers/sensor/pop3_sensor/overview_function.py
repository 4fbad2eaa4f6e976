"""The overview function's wiring. It is not in `scan_function`, so that no scan waits for templates to load."""

import functools
import os

import boto3

from .aws.calls import CONFIG
from .aws.environment import Variables
from .aws.metric_history import CloudWatchHistory
from .aws.results_bucket import ResultsBucket
from .aws.sensors_table import SensorsTable
from .aws.states_table import StatesTable
from .overview import Overview, Sources


class Environment(Variables):
    sensors_table: str
    states_table: str
    results_bucket: str
    metrics_namespace: str


@functools.cache
def overview() -> Overview:
    """Made once for each execution environment, so that clients are there at the next invocation."""
    environment = Environment.read(os.environ)
    session = boto3.Session()
    dynamodb = session.client("dynamodb", config=CONFIG)
    return Overview(
        Sources(
            sensors=SensorsTable(dynamodb, environment.sensors_table),
            states=StatesTable(dynamodb, environment.states_table),
            history=CloudWatchHistory(session.client("cloudwatch", config=CONFIG), environment.metrics_namespace),
            archive=ResultsBucket(lambda: session.client("s3", config=CONFIG), environment.results_bucket),
        )
    )

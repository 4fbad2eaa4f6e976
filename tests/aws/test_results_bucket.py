"""Result files in S3. Those in memory, which other tests use, behave alike."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import pytest
from mypy_boto3_s3 import S3Client

from pop3_sensor.aws.results_bucket import ResultsBucket
from tests.fakes.deployed import deploy
from tests.fakes.memory import Results

NAME = "sensors/Result of Sensor mail-1.Data.txt"


@pytest.fixture
def bucket(session: boto3.Session) -> str:
    return deploy(session, "ResultsBucket")["ResultsBucket"]


def test_a_file_comes_back(session: boto3.Session, bucket: str) -> None:
    ResultsBucket(lambda: session.client("s3"), bucket).put(NAME, "größe\n")
    found = session.client("s3").get_object(Bucket=bucket, Key=NAME)
    assert ("größe\n".encode(), "text/plain; charset=utf-8") == (found["Body"].read(), found["ContentType"])


def test_each_scan_overwrites_the_file(session: boto3.Session, bucket: str) -> None:
    results, memory = ResultsBucket(lambda: session.client("s3"), bucket), Results()
    for text in ("a long text\n", "short\n"):
        results.put(NAME, text)
        memory.put(NAME, text)
    client = session.client("s3")
    keys = [found["Key"] for found in client.list_objects_v2(Bucket=bucket)["Contents"]]
    files = {key: client.get_object(Bucket=bucket, Key=key)["Body"].read().decode() for key in keys}
    assert {NAME: "short\n"} == files == memory.files


def test_the_client_is_made_with_the_first_file_and_only_once(session: boto3.Session, bucket: str) -> None:
    made: list[str] = []

    def make() -> S3Client:
        made.append("a client")
        return session.client("s3")

    results = ResultsBucket(make, bucket)
    assert [] == made
    results.put("a", "")
    results.put("b", "")
    assert ["a client"] == made


def test_one_client_however_many_threads_store_at_once(session: boto3.Session, bucket: str) -> None:
    """Making one takes a tenth of a second of the processor, which the scans need too."""
    made: list[object] = []
    together = threading.Barrier(8)

    def make() -> Any:
        made.append(None)
        return session.client("s3")

    results = ResultsBucket(make, bucket)

    def put(number: int) -> None:
        together.wait()
        results.put(f"{number}", "")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(put, range(8)))
    assert 1 == len(made)

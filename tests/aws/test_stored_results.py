"""Result files are read back from S3."""

from datetime import UTC, datetime, timedelta

import boto3
import pytest

from pop3_sensor.aws.results_bucket import MOST_BYTES, ResultsBucket
from pop3_sensor.ports import ServiceError
from pop3_sensor.status.result_files import file_names
from tests.fakes.deployed import deploy

SUMMARY, DIALOGUE = file_names("mail-1")


@pytest.fixture
def bucket(session: boto3.Session) -> str:
    return deploy(session, "ResultsBucket")["ResultsBucket"]


def files(session: boto3.Session, bucket: str) -> ResultsBucket:
    return ResultsBucket(lambda: session.client("s3"), bucket)


def test_the_summary_of_a_sensor(session: boto3.Session, bucket: str) -> None:
    stored = files(session, bucket)
    stored.put(SUMMARY, "größe\n")
    stored.put(DIALOGUE, "S: +OK\n")
    found = stored.read(SUMMARY)
    assert found
    assert (SUMMARY, "größe\n") == (found.name, found.text)
    assert datetime.now(UTC) - found.at < timedelta(minutes=1)


def test_a_sensor_that_stores_nothing(session: boto3.Session, bucket: str) -> None:
    assert files(session, bucket).read(SUMMARY) is None


def test_a_long_file_is_read_from_its_beginning(session: boto3.Session, bucket: str) -> None:
    text = "é" * MOST_BYTES  # two bytes each, so the cut may go through a character
    stored = files(session, bucket)
    stored.put(SUMMARY, f"x{text}")
    found = stored.read(SUMMARY)
    assert found
    assert f"x{'é' * (MOST_BYTES // 2 - 1)}\ufffd" == found.text


def test_what_fails_is_told(session: boto3.Session) -> None:
    with pytest.raises(ServiceError, match=f"reading {SUMMARY} from the bucket gone: .*NoSuchBucket"):
        files(session, "gone").read(SUMMARY)

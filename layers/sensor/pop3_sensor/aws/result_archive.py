"""The result files that scans have left in S3, to be read."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from ..overview.ports import StoredResult
from ..result_files import file_names
from .calls import translated

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MOST_BYTES = 16_384  # of a file; a summary has two or three thousand


class ResultArchive:
    """The client is made when the first file is read: most pages show none."""

    def __init__(self, make_client: "Callable[[], S3Client]", bucket: str) -> None:
        self._make_client = make_client
        self._bucket = bucket

    def summary(self, sensor_id: str) -> StoredResult | None:
        name, _ = file_names(sensor_id)
        client = self._make_client()
        with translated(f"reading {name} from the bucket {self._bucket}"):
            try:
                found = client.get_object(Bucket=self._bucket, Key=name, Range=f"bytes=0-{MOST_BYTES - 1}")
            except client.exceptions.NoSuchKey:
                return None
            text = found["Body"].read().decode(errors="replace")
        return StoredResult(name, text, found["LastModified"])

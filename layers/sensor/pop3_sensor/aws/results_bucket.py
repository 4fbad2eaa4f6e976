"""Result files in S3: scans store them, the overview reads them.

The client is made with the first file: most invocations touch none, and a client takes a tenth of a second to make.
"""

import functools
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from ..ports import StoredResult
from .calls import translated

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MOST_BYTES = 16_384  # read of a file; a summary has two or three thousand


class ResultsBucket:
    def __init__(self, make_client: "Callable[[], S3Client]", bucket: str) -> None:
        self._make_client = make_client
        self._bucket = bucket
        self._making = threading.Lock()  # many threads store files at once: only one of them makes the client

    @functools.cached_property
    def _made(self) -> "S3Client":
        return self._make_client()

    @property
    def _client(self) -> "S3Client":
        with self._making:
            return self._made

    def put(self, name: str, text: str) -> None:
        with translated(f"storing {name} in the bucket {self._bucket}"):
            self._client.put_object(
                Bucket=self._bucket, Key=name, Body=text.encode(), ContentType="text/plain; charset=utf-8"
            )

    def read(self, name: str) -> StoredResult | None:
        client = self._client
        with translated(f"reading {name} from the bucket {self._bucket}"):
            try:
                found = client.get_object(Bucket=self._bucket, Key=name, Range=f"bytes=0-{MOST_BYTES - 1}")
            except client.exceptions.NoSuchKey:
                return None
            text = found["Body"].read().decode(errors="replace")
        return StoredResult(name, text, found["LastModified"])

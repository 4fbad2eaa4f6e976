"""Result files in S3. The client is made when the first file is stored: most stacks store none."""

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING

from .calls import translated

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class ResultsBucket:
    def __init__(self, make_client: "Callable[[], S3Client]", bucket: str) -> None:
        self._make_client = make_client
        self._bucket = bucket

    @functools.cached_property
    def _client(self) -> "S3Client":
        return self._make_client()

    def put(self, name: str, text: str) -> None:
        with translated(f"storing {name} in the bucket {self._bucket}"):
            self._client.put_object(
                Bucket=self._bucket, Key=name, Body=text.encode(), ContentType="text/plain; charset=utf-8"
            )

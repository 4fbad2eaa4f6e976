"""Stands in for the AWS CLI when tests run the documents' commands: it reads the CLI's words and calls boto3.

The documents are for version 2 of the CLI, which is not on PyPI; version 1 does not know all its options. boto3
validates against the same service models from which the CLI makes its options. A command that the emulator cannot do,
or that would destroy the stack under test, is only validated.
"""

import functools
import json
import socketserver
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import jmespath
from botocore import xform_name
from botocore.exceptions import BotoCoreError, ClientError
from botocore.model import Shape
from botocore.response import StreamingBody
from botocore.validate import ParamValidator

OWN = {"region", "output", "query", "cli-binary-format", "cli-read-timeout"}
RENAMED = {("sns", "subscribe"): {"Endpoint": "notification-endpoint"}}  # options that the CLI itself renames
VALIDATED_ONLY = {
    ("cloudwatch", "describe-alarm-contributors"),
    ("dynamodb", "delete-table"),
    ("dynamodb", "restore-table-to-point-in-time"),
    ("ec2", "create-vpc-endpoint"),
}


# The program on the path. It imports next to nothing and so starts fast: a script calls it many times.
PROGRAM = """#!{python} -IS
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as there:
    there.connect({address!r})
    there.sendall(json.dumps([os.getcwd(), sys.argv[1:]]).encode() + b"\\n")
    text, wrong = json.loads(there.makefile().read())
sys.stdout.write(text)
sys.exit(wrong or 0)
"""


class WrongCommand(Exception):
    """The AWS CLI would refuse this command."""


class AwsCommand:
    """`client` gives the boto3 client of a service."""

    def __init__(self, client: Callable[[str], Any]) -> None:
        self._client = functools.cache(client)

    def run(self, folder: Path, words: Sequence[str]) -> str:
        """What the command prints. Raises WrongCommand, or what boto3 raises."""
        service, operation, *rest = words
        if custom := CUSTOM.get((service, operation)):
            return custom(self._client(service), rest)
        client = self._client(service)
        methods = {name.replace("_", "-"): name for name in client.meta.method_to_api_mapping}
        if operation not in methods:
            raise WrongCommand(f"aws {service} has no {operation}")
        method = methods[operation]
        shape = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[method]).input_shape
        given, options = _understood(shape, rest, folder, RENAMED.get((service, operation), {}))
        if (service, operation) in VALIDATED_ONLY:
            report = ParamValidator().validate(given, shape)
            if report.has_errors():
                raise WrongCommand(report.generate_report())
            return ""
        answer = _answer(client, method, given)
        streams = [name for name, value in answer.items() if isinstance(value, StreamingBody)]
        return "".join(answer.pop(name).read().decode() for name in streams) + _shown(answer, options)

    @contextmanager
    def served(self, address: str) -> Iterator[None]:
        """Serves `PROGRAM` at a Unix socket."""
        command = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                folder, words = json.loads(self.rfile.readline())
                try:
                    answer = [command.run(Path(folder), words), ""]
                except (WrongCommand, ClientError, BotoCoreError, ValueError) as error:
                    answer = ["", f"aws {' '.join(words[:2])}: {error}"]
                self.wfile.write(json.dumps(answer).encode())

        with socketserver.UnixStreamServer(address, Handler) as server:
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
            thread.start()
            try:
                yield
            finally:
                server.shutdown()
                thread.join()


def _understood(
    shape: Any, words: Sequence[str], folder: Path, renamed: dict[str, str]
) -> tuple[dict[str, Any], dict[str, str]]:
    """The parameters under the API's names, and the CLI's own options."""
    members = {renamed.get(name, xform_name(name, "-")): name for name in shape.members}
    given: dict[str, Any] = {}
    own: dict[str, str] = {}
    for option, values in _options(words):
        if option in OWN:
            (own[option],) = values
        elif option in members:
            given[members[option]] = _value(shape.members[members[option]], values, folder)
        elif option.removeprefix("no-") in members:
            given[members[option.removeprefix("no-")]] = False
        else:
            raise WrongCommand(f"there is no option --{option}")
    return given, own


_READ: dict[str, Callable[[str], Any]] = {
    "structure": json.loads,
    "map": json.loads,
    "list": json.loads,
    "integer": int,
    "long": int,
    "float": float,
    "double": float,
    "blob": str.encode,
}


def _options(words: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    """Each option with its words. The word after a payload is the file for the answer."""
    option = ""
    taken: list[str] = []
    for word in words:
        if word.startswith("--"):
            if option:
                yield option, taken
            option, taken = word[2:], []
        elif option == "payload" and taken:
            if word != "/dev/stdout":
                raise WrongCommand(f"{word}: the documents show what comes")
        else:
            taken.append(word)
    if option:
        yield option, taken


def _value(shape: Shape, words: list[str], folder: Path) -> Any:
    if shape.type_name == "boolean":
        return True
    if shape.type_name == "list" and not words[0].startswith("["):
        return words
    (text,) = words
    if text.startswith("file://"):
        text = (folder / text.removeprefix("file://")).read_text()
    return _READ.get(shape.type_name, str)(text)


def _answer(client: Any, method: str, given: dict[str, Any]) -> dict[str, Any]:
    if client.can_paginate(method):
        whole: dict[str, Any] = client.get_paginator(method).paginate(**given).build_full_result()
        return whole
    answer: dict[str, Any] = getattr(client, method)(**given)
    answer.pop("ResponseMetadata", None)
    return answer


def _shown(answer: dict[str, Any], options: dict[str, str]) -> str:
    shown = jmespath.search(options["query"], answer) if "query" in options else answer
    if options.get("output") == "text":
        return "\t".join(shown) + "\n" if isinstance(shown, list) else f"{shown}\n"
    return "" if shown in (None, {}) else json.dumps(shown, indent=4, default=str) + "\n"


def _copy(s3: Any, words: Sequence[str]) -> str:
    """`s3 cp s3://bucket/key -`"""
    source, target = words
    if target != "-":
        raise WrongCommand("the documents show what comes")
    bucket, _, key = source.removeprefix("s3://").partition("/")
    text: str = s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode()
    return text


def _remove_bucket(s3: Any, words: Sequence[str]) -> str:
    """`s3 rb s3://bucket --force`: only checks that the bucket is there."""
    bucket, force = words
    if force != "--force":
        raise WrongCommand(f"there is no option {force}")
    s3.head_bucket(Bucket=bucket.removeprefix("s3://"))
    return ""


def _tail(logs: Any, words: Sequence[str]) -> str:
    """`logs tail GROUP --since 1h --filter-pattern PATTERN`"""
    group, *rest = words
    options = dict(_options(rest))
    if not options.keys() <= {"since", "filter-pattern"}:
        raise WrongCommand(f"there is no such option among {', '.join(options)}")
    pattern = {"filterPattern": options["filter-pattern"][0]} if "filter-pattern" in options else {}
    events = logs.filter_log_events(logGroupName=group, **pattern)["events"]
    return "".join(f"{event['message'].rstrip()}\n" for event in events)


CUSTOM: dict[tuple[str, str], Callable[[Any, Sequence[str]], str]] = {
    ("s3", "cp"): _copy,
    ("s3", "rb"): _remove_bucket,
    ("logs", "tail"): _tail,
}

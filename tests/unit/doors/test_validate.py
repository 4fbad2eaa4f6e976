"""`python -m pop3_sensor validate` and `schema`, and the schema that is committed."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from pop3_sensor.items.problems import allowed
from tests.root import ROOT

Item = Mapping[str, object]

DEVICE = {"id": "device", "kind": "device", "host": "mail.example.org", "interval": 300}
GOOD = {"id": "good", "parent": "device", "port": 1110}
BAD = {"id": "bad", "parent": "device", "prot": 1110, "timeout": 0}
HOST = {"host": "mail.example.org"}


def pop3_sensor(*arguments: str | Path) -> tuple[int, str]:
    command = [sys.executable, "-m", "pop3_sensor", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def validated(folder: Path, content: object) -> tuple[int, list[str]]:
    """The lines that are printed of a file; text and bytes as they are, anything else as JSON."""
    path = folder / "items.json"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        path.write_text(content if isinstance(content, str) else json.dumps(content))
    status, text = pop3_sensor("validate", path)
    return status, text.splitlines()


def test_good_items_show_each_value_and_where_it_comes_from(tmp_path: Path) -> None:
    status, lines = validated(tmp_path, [DEVICE, GOOD])
    rows = {tuple(line.split()) for line in lines}
    assert 0 == status
    assert {
        ("host", "mail.example.org", "from", "device"),
        ("interval", "300", "from", "device"),
        ("port", "1110", "here"),
        ("timeout", "60", "default"),
    } <= rows
    assert "2 items, 0 with errors" == lines[-1]


# Items: the first lines that are printed, up to the settings; the last one.
WRONG: dict[str, tuple[list[Item], list[str], str]] = {
    "each error with its item and attribute": (
        [BAD, DEVICE],
        [
            "bad: 2 errors",
            "  timeout: holds 0; allowed: whole seconds from 1 to 900",
            "  prot: there is no such attribute; did you mean port?",
            "device: good (device)",
        ],
        "2 items, 1 with errors",
    ),
    "all errors in one round": (
        [
            {
                "id": "a",
                "port": 0,
                "authentication": "apop",
                "stack_unit": "Bytes",
                "primary_channel": "Status",
                "depends_on": "g",
                "master_for_parent": True,
                "limits": {"Ping": {}},
            },
            {"id": "g", "kind": "group"},
        ],
        [
            "a: 8 errors",
            "  port: holds 0; allowed: a whole number from 1 to 65535",
            f"  limits: holds limits for 'Ping'; {allowed('limits')}",
            "  depends_on: names g, which is a group; allowed: the id of a sensor",
            "  host: is missing, here and in everything above; allowed: a DNS name or an IP address, without a port",
            "  secret_id: is missing, and authentication is apop; allowed: the name or ARN of a Secrets Manager secret",
            "  master_for_parent: is set, and parent is not: it must be written out, even where it is root",
            "  primary_channel: Status is not among this sensor's channels: ResponseTime, Downtime",
            f"  stack_unit: is set, but graph_type is not stacked; {allowed('stack_unit')}",
            "g: good (group)",
        ],
        "2 items, 1 with errors",
    ),
    "groups in a circle, at each of them": (
        [{"id": "g", "kind": "group", "parent": "h"}, {"id": "h", "kind": "group", "parent": "g"}],
        [
            "g: 1 error",
            "  parent: goes round in a circle: g > h > g; allowed: the id of a device or group",
            "h: 1 error",
            "  parent: goes round in a circle: g > h > g; allowed: the id of a device or group",
        ],
        "2 items, 2 with errors",
    ),
    "a group whose parent is nowhere, and nobody else": (
        [{"id": "g", "kind": "group", "parent": "gone"}, {"id": "h", "kind": "group", "parent": "g"}],
        [
            "g: 1 error",
            "  parent: names gone, and there is no item with this id; allowed: the id of a device or group",
            "h: good (group)",
        ],
        "2 items, 1 with errors",
    ),
    "items without an id, by their places": (
        [HOST, {"id": None, "host": "a b"}, {"id": "g", "kind": "group"}],
        [
            "{path}, item 1: 1 error",
            "  id: is missing; allowed: 1 to 64 of A-Z a-z 0-9 . _ -",
            "{path}, item 2: 2 errors",
            "  id: is missing; allowed: 1 to 64 of A-Z a-z 0-9 . _ -",
            "  host: holds 'a b'; allowed: a DNS name or an IP address, without a port",
            "g: good (group)",
        ],
        "3 items, 2 with errors",
    ),
    "an id that no terminal should be given": (
        [{"id": "\x1b[2J\ud800", **HOST}],
        ["[2J: 1 error", r"  id: holds the text '\x1b[2J\ud800'; allowed: 1 to 64 of A-Z a-z 0-9 . _ -"],
        "1 item, 1 with errors",
    ),
}


@pytest.mark.parametrize(("items", "lines", "last"), WRONG.values(), ids=WRONG)
def test_what_is_wrong(items: list[Item], lines: list[str], last: str, tmp_path: Path) -> None:
    status, printed = validated(tmp_path, items)
    expected = [line.replace("{path}", str(tmp_path / "items.json")) for line in lines]
    assert (3, [*expected, "", last]) == (status, printed)


WAITS = "waits for a greeting in the clear: a scan would last to its timeout. tls_required fits, or tls_if_available"
BEGINS = "begins with TLS. starttls_required fits, or starttls_if_available; or port 995"
# An otherwise good item: of what it is warned.
DOUBTFUL: dict[str, tuple[dict[str, object], str]] = {
    "995, where TLS begins at once": (
        {"port": 995},
        f"port: 995 is where servers want TLS at once, and starttls_if_available {WAITS}",
    ),
    "995, with StartTLS required": (
        {"port": 995, "transport_security": "starttls_required"},
        f"port: 995 is where servers want TLS at once, and starttls_required {WAITS}",
    ),
    "110, where TLS comes later": (
        {"port": 110, "transport_security": "tls_required"},
        f"port: 110 is where servers speak first, in the clear, and tls_required {BEGINS}",
    ),
    "a master that is nowhere": (
        {"depends_on": "nobody"},
        "depends_on: names nobody, and there is no item with this id: it is scanned regardless",
    ),
}


@pytest.mark.parametrize(("attributes", "warning"), DOUBTFUL.values(), ids=DOUBTFUL)
def test_what_is_hardly_meant_is_warned_of(attributes: dict[str, object], warning: str, tmp_path: Path) -> None:
    status, lines = validated(tmp_path, {"id": "a", **HOST, **attributes})
    assert (0, ["a: good", f"  warning: {warning}"], "1 item, 0 with errors, 1 with warnings") == (
        status,
        lines[:2],
        lines[-1],
    )


@pytest.mark.parametrize("attributes", [{}, {"port": 995, "transport_security": "tls_if_available"}, {"port": 2110}])
def test_of_anything_else_nobody_is_warned(attributes: dict[str, object], tmp_path: Path) -> None:
    status, lines = validated(tmp_path, {"id": "a", **HOST, **attributes})
    assert (0, [], "1 item, 0 with errors") == (status, [line for line in lines if "warning:" in line], lines[-1])


A_LINE_EACH = "\n".join(map(json.dumps, ({"id": "a", **HOST}, {"id": "b", **HOST})))
READ: dict[str, tuple[object, int]] = {
    "one plain item": ({"id": "a", **HOST}, 1),
    "one DynamoDB item": ({"id": {"S": "a"}, "host": {"S": "mail.example.org"}, "port": {"N": "110"}}, 1),
    "the answer of a scan": ({"Items": [{"id": {"S": "a"}, "host": {"S": "h.example"}}], "Count": 1}, 1),
    "a list": ([{"id": "a", **HOST}], 1),
    "an item a line": (f"\n{A_LINE_EACH}\n\n", 2),
    "an item a line, as an editor on Windows writes it": (b"\xef\xbb\xbf" + A_LINE_EACH.encode(), 2),
    "lists one after the other": ('[{"id": "a", "kind": "group"}] [{"id": "b", "kind": "group"}]', 2),
}


@pytest.mark.parametrize(("content", "count"), READ.values(), ids=READ)
def test_every_form_of_a_file_is_read(tmp_path: Path, content: object, count: int) -> None:
    status, lines = validated(tmp_path, content)
    assert (0, f"{count} item{'' if count == 1 else 's'}, 0 with errors") == (status, lines[-1])


UNREADABLE: dict[str, tuple[object, str]] = {
    "no JSON": ("{", "is no JSON, and nothing else is read: "),
    "YAML": ("id: a\nhost: mail.example.org\n", "is no JSON, and nothing else is read: "),
    "no items": ("[1]", "must hold one item, a list of items, or the answer of dynamodb scan"),
    "an empty list": ("[]", "holds no item"),
    "nothing": ("", "holds no item"),
    "no text": (b"\xff\xfe", "is no text in UTF-8"),
    "a tower of brackets": ("[" * 100_000, "is nested too deep"),
    "broken DynamoDB JSON": ('{"id": {"S": "a"}, "port": {"N": "abc"}}', "is no DynamoDB JSON: "),
    "DynamoDB JSON of another kind": ('{"id": {"S": "a"}, "tags": {"L": 5}}', "is no DynamoDB JSON: "),
}


@pytest.mark.parametrize(("content", "message"), UNREADABLE.values(), ids=UNREADABLE)
def test_a_file_without_items_is_named(tmp_path: Path, content: object, message: str) -> None:
    status, lines = validated(tmp_path, content)
    assert (3, 1) == (status, len(lines))
    assert lines[0].startswith(f"{tmp_path / 'items.json'}: {message}")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    path = tmp_path / "items.json"
    assert (3, f"{path}: there is no such file\n") == pop3_sensor("validate", path)


def test_a_folder_is_named(tmp_path: Path) -> None:
    assert (3, f"{tmp_path}: is a folder; name the files in it\n") == pop3_sensor("validate", tmp_path)


def test_committed_schema_is_that_of_the_models() -> None:
    """Renew it: python -m pop3_sensor schema > docs/item.schema.json"""
    status, text = pop3_sensor("schema")
    assert (0, (ROOT / "docs" / "item.schema.json").read_text()) == (status, text)

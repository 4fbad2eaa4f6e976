"""`python -m pop3_sensor validate` and `schema`, and the schema that is committed."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.root import ROOT

DEVICE = {"id": "device", "kind": "device", "host": "mail.example.org", "interval": 300}
GOOD = {"id": "good", "parent": "device", "port": 1110}
BAD = {"id": "bad", "parent": "device", "prot": 1110, "timeout": 0}


def pop3_sensor(*arguments: str | Path) -> tuple[int, str]:
    command = [sys.executable, "-m", "pop3_sensor", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def a_file(folder: Path, content: object) -> Path:
    path = folder / "items.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def test_good_items_show_each_value_and_where_it_comes_from(tmp_path: Path) -> None:
    status, text = pop3_sensor("validate", a_file(tmp_path, [DEVICE, GOOD]))
    rows = {tuple(line.split()) for line in text.splitlines()}
    assert 0 == status
    assert {
        ("host", "mail.example.org", "from", "device"),
        ("interval", "300", "from", "device"),
        ("port", "1110", "here"),
        ("timeout", "60", "default"),
    } <= rows


def test_every_error_is_shown_with_its_item_and_attribute(tmp_path: Path) -> None:
    status, text = pop3_sensor("validate", a_file(tmp_path, [DEVICE, BAD]))
    assert 1 == status
    assert "bad: 2 errors" in text
    assert "  timeout: holds 0; allowed: whole seconds from 1 to 900" in text
    assert "  prot: there is no such attribute; did you mean port?" in text


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(DEVICE | {"kind": "sensor"}, id="one plain item"),
        pytest.param(
            {"id": {"S": "a"}, "host": {"S": "mail.example.org"}, "port": {"N": "110"}}, id="one DynamoDB item"
        ),
        pytest.param(
            {"Items": [{"id": {"S": "a"}, "host": {"S": "h.example"}}], "Count": 1}, id="the answer of a scan"
        ),
        pytest.param([{"id": "a", "host": "h.example"}], id="a list"),
    ],
)
def test_every_form_of_a_file_is_read(tmp_path: Path, content: object) -> None:
    status, text = pop3_sensor("validate", a_file(tmp_path, content))
    assert (0, "1 item, 0 with errors") == (status, text.splitlines()[-1])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param("{", "is no JSON", id="no JSON"),
        pytest.param("[1]", "must hold one item, a list of items", id="no items"),
    ],
)
def test_a_file_without_items_is_named(tmp_path: Path, content: str, message: str) -> None:
    status, text = pop3_sensor("validate", a_file(tmp_path, content))
    assert 1 == status
    assert f"{tmp_path / 'items.json'}: {message}" in text


def test_committed_schema_is_that_of_the_models() -> None:
    """Renew it: python -m pop3_sensor schema > docs/item.schema.json"""
    status, text = pop3_sensor("schema")
    assert (0, (ROOT / "docs" / "item.schema.json").read_text()) == (status, text)

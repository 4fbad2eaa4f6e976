"""The commands that people, hooks and CI are told to call are there."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.documents import DOCS
from tests.left_out import left_out
from tests.root import ROOT

HOOKS = ROOT / ".pre-commit-config.yaml"
WORKFLOW = ROOT / ".github" / "workflows" / "ci.yml"
CI = ROOT / ".ci" / "run"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.glob("*.md")), HOOKS, CI]
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))

# At the beginning of a line of code or of a quotation; a variable may stand before the target.
_MAKE = re.compile(r"(?:^ *(?:entry: )?|`)make (?:[A-Z]+=\S+ )*([a-z-]+)", re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_everything_to_be_made_is_a_target(page: Path) -> None:
    assert set() == set(_MAKE.findall(page.read_text())) - TARGETS


def test_hook_and_ci_call_what_people_call() -> None:
    assert {"check"} == set(_MAKE.findall(HOOKS.read_text()))
    assert {"test"} == set(_MAKE.findall(CI.read_text()))


def test_workflow_only_reads_and_runs_what_is_named_exactly() -> None:
    workflow: dict[str, Any] = yaml.safe_load(WORKFLOW.read_text())
    assert {"contents": "read"} == workflow["permissions"]
    (job,) = workflow["jobs"].values()
    checkout, run = job["steps"]
    assert re.fullmatch(r"actions/checkout@v\d+\.\d+\.\d+", checkout["uses"])
    assert {"run": ".ci/run"} == run


BEGINNING = "Left out: the tests that need more than this machine has."
MISSING: dict[str, tuple[list[str | None], str]] = {
    "nothing": ([None, None], ""),
    "one": ([None, "No mail: install it"], f"{BEGINNING} No mail: install it."),
    "two": (["No mail: install it", "No page"], f"{BEGINNING} No mail: install it. No page."),
}


@pytest.mark.parametrize(("missing", "line"), MISSING.values(), ids=MISSING)
def test_what_is_left_out_is_said_in_one_line(missing: list[str | None], line: str) -> None:
    assert line == left_out(missing)

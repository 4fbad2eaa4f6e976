"""docs/first-day.md has every step of the check list, in its order, with what it prints and what it means otherwise."""

import pytest
from samtranslator.yaml_helper import yaml_parse

from tests.documents import section, sections
from tests.first_day.deployed import OUTPUTS
from tests.first_day.report import PASSED
from tests.first_day.steps import STEPS, Step
from tests.root import ROOT


def test_every_step_has_its_section_in_the_order_of_the_run() -> None:
    headings = [one.heading for one in sections("first-day.md")]
    assert ["", "The first day on AWS", *(step.name for step in STEPS)] == headings


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_section_says_what_is_printed_and_what_it_means_otherwise(step: Step) -> None:
    described = section("first-day.md", step.name)
    (shown,) = described.of("text")
    assert shown.startswith(f"{PASSED:8} {step.name}: ")
    assert step.otherwise in described.text


def test_outputs_that_must_be_there_are_the_template_s() -> None:
    template = yaml_parse((ROOT / "template.yaml").read_text())
    assert sorted(template["Outputs"]) == sorted(OUTPUTS)
    (shown,) = section("first-day.md", "Outputs").of("text")
    assert f"{len(OUTPUTS)} outputs" in shown


def test_make_runs_it_with_the_options_of_the_document() -> None:
    assert "\n\t@$(BIN)/python -m tests.first_day $(OPTIONS)\n" in (ROOT / "Makefile").read_text()

"""The documents say what there is: every reason, parameter, alarm and attribute, and links that lead somewhere."""

import json
import re
from dataclasses import fields
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import pytest
from samtranslator.yaml_helper import yaml_parse

from pop3_sensor.aws.values import plain_item
from pop3_sensor.items import InvalidSettings, Item, read_all, resolve_all
from pop3_sensor.items.inheritance import INHERITED
from pop3_sensor.items.item import WrittenLimits, WrittenSchedule, WrittenWindow
from pop3_sensor.model import Channel, Reason, Settings
from tests.documents import DOCS, Section, anchor, examples, items_of, section, sections
from tests.root import ROOT

TEMPLATE: dict[str, Any] = yaml_parse((ROOT / "template.yaml").read_text())
PAGES = [ROOT / "README.md", *sorted(DOCS.glob("*.md"))]
MORE = [ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md"]

_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_ROW = re.compile(r"^\| `(\w+)` \|", re.MULTILINE)
_PUT = re.compile(r"put-item --table-name \"\$sensors\" --item '(.+?)'$", re.MULTILINE | re.DOTALL)


def rows_of(one: Section) -> list[str]:
    return _ROW.findall(one.text)


# ---- nothing is missing, and nothing is made up ----------------------------------------------------------------------


def test_every_reason_has_its_section_and_nothing_else_has_one_like_it() -> None:
    headings = [one.heading for one in sections("troubleshooting.md")]
    assert sorted(Reason) == sorted(one for one in headings if re.fullmatch("[a-z0-9_]+", one))


@pytest.mark.parametrize("reason", Reason)
def test_reason_can_be_seen_by_hand(reason: Reason) -> None:
    assert section("troubleshooting.md", reason).of("sh")


def test_every_parameter_stands_in_deploy_with_its_default() -> None:
    rows = rows_of(section("deploy.md", "Parameters"))
    assert sorted(TEMPLATE["Parameters"]) == sorted(rows)
    for name, facts in TEMPLATE["Parameters"].items():
        (row,) = re.findall(rf"^\| `{name}` \| (.*?) \|", section("deploy.md", "Parameters").text, re.MULTILINE)
        if name != "ForbiddenNetworks":  # a line of networks, told in words
            assert (str(facts["Default"]) or "empty") == row.strip("`"), name


def test_every_alarm_stands_in_alarms_with_its_numbers() -> None:
    alarms = {
        name: resource["Properties"]
        for name, resource in TEMPLATE["Resources"].items()
        if resource["Type"] in ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm")
    }
    text = section("alarms.md", "The alarms of the stack").text
    assert sorted(alarms) == sorted(rows_of(section("alarms.md", "The alarms of the stack")))
    for name, properties in alarms.items():
        (row,) = re.findall(rf"^\| `{name}` \|.*$", text, re.MULTILINE)
        topics = ", ".join(f"`{one['Ref']}`" for one in properties.get("AlarmActions", []))
        assert row.endswith(f"| {topics or 'nobody'} |"), name
        if "EvaluationPeriods" in properties:
            of = properties["EvaluationPeriods"]
            assert f"{properties.get('DatapointsToAlarm', of)} of {of}, " in row, name
            word = {"breaching": "are bad", "notBreaching": "are good"}[properties["TreatMissingData"]]
            assert f"| {word} |" in row, name


def test_every_alarm_that_tells_has_something_to_do() -> None:
    text = section("troubleshooting.md", "The alarms about the monitoring itself").text
    for name in rows_of(section("alarms.md", "The alarms of the stack")):
        assert name == "SensorDownAlarm" or f"`{name}`" in text, name


def test_every_attribute_stands_in_the_table_of_sensors() -> None:
    assert sorted(Item.model_fields) == sorted(rows_of(section("sensors.md", "Every attribute")))


def test_the_table_of_sensors_says_what_comes_from_the_parent() -> None:
    rows = section("sensors.md", "Every attribute").rows("attribute")
    assert sorted(INHERITED) == sorted(row["attribute"] for row in rows if row["from the parent"] == "yes")


def test_the_table_of_sensors_has_the_defaults() -> None:
    """Those that are one value; the others are told in words."""
    defaults = {field.name: field.default for field in fields(Settings)}
    expected = {name: str(value) for name, value in defaults.items() if isinstance(value, str | int) and value != ""}
    documented = {
        row["attribute"]: row["default"] for row in section("sensors.md", "Every attribute").rows("attribute")
    }
    assert expected == {name: documented[name] for name in expected}


def test_the_table_of_sensors_has_every_word_of_a_closed_list() -> None:
    documented = {row["attribute"]: row["values"] for row in section("sensors.md", "Every attribute").rows("attribute")}
    closed = {
        name: get_args(words)
        for name, field in Item.model_fields.items()
        for words in (field.annotation, *get_args(field.annotation))
        if get_origin(words) is Literal and name != "stack_unit"  # which units fit depends on the channels
    }
    assert closed == {name: tuple(documented[name].partition(";")[0].split(", ")) for name in closed}


def test_everything_inside_an_attribute_is_named_too() -> None:
    text = section("sensors.md", "Every attribute").text
    inside = [*WrittenLimits.model_fields, *WrittenSchedule.model_fields, *WrittenWindow.model_fields, *Channel]
    assert [] == [name for name in inside if f"`{name}`" not in text]


def test_parameters_in_commands_are_the_templates() -> None:
    scripts = "".join(script for one in sections("deploy.md") for script in one.of("sh"))
    overrides = " ".join(re.findall(r'--parameter-overrides "(.+?)"', scripts))
    named = {pair.partition("=")[0] for pair in overrides.split()}
    assert named
    assert named <= set(TEMPLATE["Parameters"])


# ---- items ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("one", examples(), ids=lambda one: one.heading)
def test_example_is_valid(one: Section) -> None:
    resolved = resolve_all(read_all(items_of(one)))
    everything = [*resolved.written.values(), *resolved.sensors.values()]
    assert [] == [str(found) for found in everything if isinstance(found, InvalidSettings)]
    assert {} == resolved.branches.problems


@pytest.mark.parametrize("one", examples(), ids=lambda one: one.heading)
def test_commands_of_an_example_write_its_items(one: Section) -> None:
    put = [plain_item(json.loads(text)) for script in one.of("sh") for text in _PUT.findall(script)]
    assert items_of(one) == put


# ---- links ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", [*PAGES, *MORE], ids=lambda page: page.name)
def test_every_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    broken = []
    for link in _LINK.findall(page.read_text()):
        target, _, heading = link.partition("#")
        if "://" in link:
            continue
        path = (page.parent / target).resolve() if target else page
        if not path.exists() or (heading and heading not in anchors(path)):
            broken.append(link)
    assert [] == broken


def anchors(page: Path) -> set[str]:
    return {anchor(one.heading) for one in sections(page.name)}


@pytest.mark.parametrize("page", [page.name for page in PAGES[1:]])
def test_readme_leads_to_every_document(page: str) -> None:
    assert f"(docs/{page})" in PAGES[0].read_text()

"""What the stack may be told: each parameter's default, what is refused before anything is made, and in which words."""

import ipaddress
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from samtranslator.yaml_helper import yaml_parse

from pop3_sensor.scan import parse_networks
from pop3_sensor.scan.networks import DEFAULT_FORBIDDEN
from tests.root import ROOT

TEMPLATE: dict[str, Any] = yaml_parse((ROOT / "template.yaml").read_text())
PARAMETERS: dict[str, Any] = TEMPLATE["Parameters"]
DEFAULTS: dict[str, object] = {
    "MetricsNamespace": "POP3Sensor",
    "SecretPrefix": "pop3-sensor/",
    "SecretKeyArns": "",
    "ForbiddenNetworks": DEFAULT_FORBIDDEN,
    "CleartextLogin": "by_sensor",
    "Alarms": "enabled",
    "AlarmEmail": "",
    "EditorIdPrefix": "",
    "SubnetIds": "",
    "SecurityGroupIds": "",
    "ScanConcurrency": 50,
    "ScanMemory": 1769,
    "Architecture": "arm64",
    "LogRetentionDays": 30,
}
KEY = "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"

# Values that are taken, values that are refused.
VALUES: dict[str, tuple[list[str], list[str]]] = {
    "MetricsNamespace": (
        ["POP3Sensor", "Mail/Berlin", "AWSome", "a#b"],
        ["", "AWS/Lambda", "AWS/", "two words", ":colon", "a" * 256],
    ),
    "SecretPrefix": (["pop3-sensor/", "a"], ["", "*", "a b", "a" * 201]),
    "SecretKeyArns": (
        ["", KEY, f"{KEY},{KEY}", KEY.replace("arn:aws:", "arn:aws-us-gov:")],
        ["alias/mail", KEY.replace("key/", "alias/"), f"{KEY},*", "*"],
    ),
    "ForbiddenNetworks": (
        ["", DEFAULT_FORBIDDEN, "10.0.0.0/8", "10.0.0.0/8, fe80::/10", "192.0.2.1", "::ffff:10.0.0.0/104", "::/0"],
        ["10.0.0.0/99", "10.0.0.0/33", "256.0.0.0/8", "10.0.0/8", "fe80::/129", "10.0.0.0/8 10.1.0.0/16", "private"],
    ),
    "SubnetIds": (["", "subnet-0abc", "subnet-0abc,subnet-1def"], ["sg-0abc", "subnet-0abc;subnet-1def", "vpc-0abc"]),
    "SecurityGroupIds": (["", "sg-0abc", "sg-0abc,sg-1def"], ["subnet-0abc", "default"]),
    "AlarmEmail": (["", "noc@example.org"], ["noc", "two@example.org three@example.org"]),
    "EditorIdPrefix": (["", "shop-"], ["shop*", "a b", "a" * 65]),
}


def is_taken(parameter: str, value: str) -> bool:
    """As CloudFormation does: the whole of it, and of a list each value."""
    pattern = PARAMETERS[parameter]["AllowedPattern"]
    values = value.split(",") if PARAMETERS[parameter]["Type"] == "CommaDelimitedList" else [value]
    return all(re.fullmatch(pattern, one) for one in values)


def test_every_parameter_has_its_default_and_says_what_it_is() -> None:
    assert {name: one["Default"] for name, one in PARAMETERS.items()} == DEFAULTS
    assert [] == [name for name, one in PARAMETERS.items() if len(one["Description"]) < 40]


@pytest.mark.parametrize(("parameter", "values"), VALUES.items(), ids=VALUES)
def test_values(parameter: str, values: tuple[list[str], list[str]]) -> None:
    good, bad = values
    assert [] == [value for value in good if not is_taken(parameter, value)]
    assert [] == [value for value in bad if is_taken(parameter, value)]


def test_whoever_is_refused_reads_what_is_allowed() -> None:
    """CloudFormation shows the pattern where there are no words."""
    patterns = {name for name, one in PARAMETERS.items() if "AllowedPattern" in one}
    assert patterns == VALUES.keys()
    assert {name for name, one in PARAMETERS.items() if "ConstraintDescription" in one} == patterns


def test_what_is_taken_as_networks_the_function_can_read() -> None:
    """Else it would fail at every invocation. A pattern does not see whether an address lies within its network."""
    for value in VALUES["ForbiddenNetworks"][0]:
        parse_networks(value)


NETWORKS = st.ip_addresses().flatmap(
    lambda address: st.integers(0, address.max_prefixlen).map(
        lambda bits: str(ipaddress.ip_network((address, bits), strict=False))
    )
)


@given(st.lists(NETWORKS), st.sampled_from([",", ", "]))
def test_every_list_of_networks_is_taken(networks: list[str], comma: str) -> None:
    assert is_taken("ForbiddenNetworks", comma.join(networks))


def test_every_parameter_has_its_place_in_the_console() -> None:
    groups = TEMPLATE["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    assert sorted(PARAMETERS) == sorted(name for group in groups for name in group["Parameters"])


def test_rules_say_what_to_do() -> None:
    texts = [assertion["AssertDescription"] for rule in TEMPLATE["Rules"].values() for assertion in rule["Assertions"]]
    assert texts
    assert [] == [text for text in texts if "give both, or neither" not in text]

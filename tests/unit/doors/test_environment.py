"""The deployment's settings, out of the function's environment."""

from typing import Any

import pytest
from pydantic import ValidationError

from pop3_sensor.scan import parse_networks
from pop3_sensor.scan.networks import DEFAULT_FORBIDDEN
from pop3_sensor.scan_function import Environment

NAMES = {
    "SENSORS_TABLE": "sensors",
    "STATES_TABLE": "states",
    "RESULTS_BUCKET": "results",
    "METRICS_NAMESPACE": "Mail",
    "SCAN_QUEUE_URL": "https://sqs.example/scans",
    "SLOW_SCAN_QUEUE_URL": "https://sqs.example/slow-scans",
}
READ = {
    "sensors_table": "sensors",
    "states_table": "states",
    "results_bucket": "results",
    "scan_queue_url": "https://sqs.example/scans",
    "slow_scan_queue_url": "https://sqs.example/slow-scans",
    "metrics_namespace": "Mail",
    "forbidden_networks": parse_networks(DEFAULT_FORBIDDEN),
    "cleartext_login": "by_sensor",
    "editor_id_prefix": "",
}

# Variables beside the names, what differs from the defaults.
GOOD: dict[str, tuple[dict[str, str], dict[str, Any]]] = {
    "the names alone": ({}, {}),
    "variables of others": ({"PATH": "/usr/bin", "AWS_REGION": "eu-central-1", "_": ""}, {}),
    "no forbidden networks": ({"FORBIDDEN_NETWORKS": ""}, {"forbidden_networks": ()}),
    "forbidden networks": (
        {"FORBIDDEN_NETWORKS": "10.0.0.0/8, fe80::/10"},
        {"forbidden_networks": parse_networks("10.0.0.0/8,fe80::/10")},
    ),
    "cleartext logins as the sensor says": ({"CLEARTEXT_LOGIN": "by_sensor"}, {}),
    "a prefix of editors' ids": ({"EDITOR_ID_PREFIX": "shop-"}, {"editor_id_prefix": "shop-"}),
    "no cleartext logins": ({"CLEARTEXT_LOGIN": "refuse"}, {"cleartext_login": "refuse"}),
}


@pytest.mark.parametrize(("variables", "changes"), GOOD.values(), ids=GOOD)
def test_good_variables(variables: dict[str, str], changes: dict[str, Any]) -> None:
    assert {**READ, **changes} == Environment.read(NAMES | variables).model_dump()


# Variables, the names and the words of what is wrong.
BAD: dict[str, tuple[dict[str, str], list[tuple[str, str]]]] = {
    "nothing": ({}, [(name.lower(), "Field required") for name in NAMES]),
    "one is missing": (
        {name: value for name, value in NAMES.items() if name != "STATES_TABLE"},
        [("states_table", "Field required")],
    ),
    "a network that is none": (
        {**NAMES, "FORBIDDEN_NETWORKS": "10.0.0.0/8,nonsense"},
        [("forbidden_networks", "Value error, 'nonsense' does not appear to be an IPv4 or IPv6 network")],
    ),
    "an unknown word": (
        {**NAMES, "CLEARTEXT_LOGIN": "allow"},
        [("cleartext_login", "Input should be 'by_sensor' or 'refuse'")],
    ),
}


@pytest.mark.parametrize(("variables", "told"), BAD.values(), ids=BAD)
def test_each_variable_that_is_wrong_is_named(variables: dict[str, str], told: list[tuple[str, str]]) -> None:
    with pytest.raises(ValidationError) as caught:
        Environment.read(variables)
    assert told == [(str(error["loc"][0]), error["msg"]) for error in caught.value.errors()]


@pytest.mark.parametrize("missing", NAMES)
def test_the_function_s_own_credentials_are_not_shown(missing: str) -> None:
    """They stand in the same environment, and an error goes to the log."""
    secret = {"AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI"}
    names = {name: value for name, value in NAMES.items() if name != missing}
    with pytest.raises(ValidationError) as caught:
        Environment.read(names | secret)
    assert "wJalrXUtnFEMI" not in str(caught.value)


def test_it_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Environment.read(NAMES).sensors_table = "other"  # type: ignore[misc]  # frozen: that is the test

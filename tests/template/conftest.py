"""The template as CloudFormation will see it, after SAM's own transformation; no network, no account."""

from typing import Any

import pytest
from samtranslator.sdk.parameter import SamParameterValues
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

from tests.root import ROOT


class _NoManagedPolicies:
    def load(self) -> dict[str, str]:
        return {}


@pytest.fixture(scope="session")
def written() -> dict[str, Any]:
    """template.yaml as it stands."""
    parsed: dict[str, Any] = yaml_parse((ROOT / "template.yaml").read_text())
    return parsed


@pytest.fixture(scope="session")
def translated(written: dict[str, Any]) -> dict[str, Any]:
    template = yaml_parse((ROOT / "template.yaml").read_text())
    for resource in template["Resources"].values():
        for folder in ("CodeUri", "ContentUri"):
            if folder in resource["Properties"]:
                resource["Properties"][folder] = "s3://bucket/key"  # as `sam package` leaves it
    parameters = {name: facts.get("Default", "") for name, facts in written["Parameters"].items()}
    values = SamParameterValues(parameters)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_DEFAULT_REGION", "eu-central-1")  # the transformation asks for the partition
        result: dict[str, Any] = transform(template, values.parameter_values, _NoManagedPolicies())
    return result

"""How much AWS takes: of texts, of settings, of policies."""

import json
from collections.abc import Iterator
from typing import Any

from tests.template.resources import Template, resources_of

# Of what the stack names itself: a URL of a queue is the longest.
_NAME = 256
# "Description" of each kind, as its API has it.
_DESCRIPTIONS = {
    "AWS::Lambda::Function": ("Description", 256),
    "AWS::Events::Rule": ("Description", 512),
    "AWS::IAM::ManagedPolicy": ("Description", 1000),
    "AWS::CloudWatch::Alarm": ("AlarmDescription", 1024),
    "AWS::CloudWatch::CompositeAlarm": ("AlarmDescription", 1024),
}


def variables_fit_whatever_the_parameters_are(template: Template) -> Iterator[str]:
    """AWS: "The total size of all environment variables doesn't exceed 4 KB" (Lambda guide, Environment variables)."""
    for name, function in resources_of(template, "AWS::Lambda::Function").items():
        variables = function["Properties"]["Environment"]["Variables"]
        size = sum(len(key) + _longest(template, value) for key, value in variables.items())
        if size > 4096:
            yield f"{name}: up to {size} bytes"


def _longest(template: Template, value: Any) -> int:
    if isinstance(value, str):
        return len(value)
    facts = template["Parameters"].get(value.get("Ref"))
    if facts is None:
        return _NAME
    allowed = facts.get("AllowedValues")
    return max(map(len, map(str, allowed))) if allowed else int(facts.get("MaxLength", 4096))


def descriptions_are_not_too_long(template: Template) -> Iterator[str]:
    """Each service has a limit of its own (API references), and refuses the resource late in the deployment."""
    for kind, (key, limit) in _DESCRIPTIONS.items():
        for name, one in resources_of(template, kind).items():
            if len(one["Properties"].get(key, "")) > limit:
                yield f"{name}: more than {limit} characters"


def policies_are_not_too_large(template: Template) -> Iterator[str]:
    """A managed policy has 6,144 characters at most, and a role's own ones have 10,240 together; white space does not
    count (IAM guide, Quotas). An ARN that is filled in is taken as long as a name may be.
    """
    for name, one in resources_of(template, "AWS::IAM::ManagedPolicy").items():
        if _size(one["Properties"]["PolicyDocument"]) > 6144:
            yield name
    for name, one in resources_of(template, "AWS::IAM::Role").items():
        if sum(_size(policy["PolicyDocument"]) for policy in one["Properties"].get("Policies", [])) > 10240:
            yield name


def _size(document: Any) -> int:
    if isinstance(document, dict):
        if document.keys() & {"Ref", "Fn::GetAtt", "Fn::Sub"}:
            return _NAME
        if "Fn::If" in document:
            return max(_size(one) for one in document["Fn::If"][1:])
        return 2 + sum(len(json.dumps(key)) + 2 + _size(one) for key, one in document.items())
    if isinstance(document, list):
        return 2 + sum(1 + _size(one) for one in document)
    return len(json.dumps(document))


def the_template_is_not_too_large(template: Template) -> Iterator[str]:
    """500 resources, 200 parameters, 200 outputs, 1 MB (CloudFormation guide, Quotas)."""
    for part, most in {"Resources": 500, "Parameters": 200, "Outputs": 200}.items():
        if len(template[part]) > most:
            yield part
    if len(json.dumps(template)) > 1_000_000:
        yield "the whole"


def event_patterns_are_not_too_large(template: Template) -> Iterator[str]:
    """An event pattern has 4,096 characters at most (EventBridge guide, Quotas), with its parameters filled in."""
    for name, rule in resources_of(template, "AWS::Events::Rule").items():
        if _size(rule["Properties"]["EventPattern"]) > 4096:
            yield name


RULES = [
    variables_fit_whatever_the_parameters_are,
    descriptions_are_not_too_long,
    policies_are_not_too_large,
    the_template_is_not_too_large,
    event_patterns_are_not_too_large,
]

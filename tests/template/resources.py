"""Reading the translated template."""

import re
from collections.abc import Iterator
from typing import Any

Template = dict[str, Any]


def resources_of(template: Template, kind: str) -> dict[str, Any]:
    return {name: one for name, one in template["Resources"].items() if one["Type"] == kind}


def statements_of(translated: Template, role: str) -> list[dict[str, Any]]:
    """Of the role's own policies; those that hang on a parameter are taken as given."""
    policies = translated["Resources"][role]["Properties"].get("Policies", [])
    written = [statement for policy in policies for statement in policy["PolicyDocument"]["Statement"]]
    return [one["Fn::If"][1] if "Fn::If" in one else one for one in written]


def actions_of(statement: dict[str, Any]) -> list[str]:
    action = statement["Action"]
    return [action] if isinstance(action, str) else action


def documents_of(template: Template, kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each statement of the policies of that kind, with the logical id of its resource."""
    for name, one in resources_of(template, kind).items():
        properties = one["Properties"]
        documents = [properties[key] for key in ("PolicyDocument", "KeyPolicy") if key in properties]
        documents += [policy["PolicyDocument"] for policy in properties.get("Policies", [])]
        for document in documents:
            for statement in document["Statement"]:
                yield name, statement["Fn::If"][1] if "Fn::If" in statement else statement


def services_of(statement: dict[str, Any]) -> list[str]:
    """The services to which it is addressed."""
    principal = statement.get("Principal", {})
    named = principal.get("Service", []) if isinstance(principal, dict) else []
    return [named] if isinstance(named, str) else named


def logical_id(value: Any) -> str:
    """Of the resource that is referred to, or nothing."""
    match value:
        case {"Ref": str(name)} | {"Fn::GetAtt": [str(name), *_]}:
            return name
        case {"Fn::GetAtt": str(path)}:
            return path.partition(".")[0]
        case _:
            return ""


_IN_TEXT = re.compile(r"\$\{([A-Za-z0-9]+)(?:\.[A-Za-z0-9.]+)?\}")


def needs(template: Template, name: str) -> set[str]:
    """Whatever CloudFormation makes before this resource, and deletes after it."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        one = template["Resources"][waiting.pop()]
        depends = one.get("DependsOn", [])
        named = {*references(one.get("Properties", {})), *([depends] if isinstance(depends, str) else depends)}
        new = (named & template["Resources"].keys()) - found
        found |= new
        waiting += new
    return found


def references(value: Any) -> Iterator[str]:
    if named := logical_id(value):
        yield named
    elif isinstance(value, dict):
        for key, inner in value.items():
            if key == "Fn::Sub":
                yield from _IN_TEXT.findall(inner if isinstance(inner, str) else inner[0])
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)

"""Reading the translated template."""

from typing import Any


def resources_of(template: dict[str, Any], kind: str) -> dict[str, Any]:
    return {name: one for name, one in template["Resources"].items() if one["Type"] == kind}


def statements_of(translated: dict[str, Any], role: str) -> list[dict[str, Any]]:
    """Of the role's own policies; those that hang on a parameter are taken as given."""
    policies = translated["Resources"][role]["Properties"].get("Policies", [])
    written = [statement for policy in policies for statement in policy["PolicyDocument"]["Statement"]]
    return [one["Fn::If"][1] if "Fn::If" in one else one for one in written]


def actions_of(statement: dict[str, Any]) -> list[str]:
    action = statement["Action"]
    return [action] if isinstance(action, str) else action

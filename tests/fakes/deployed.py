"""Deploys parts of template.yaml to moto, so that tests and template cannot drift apart."""

import json

import boto3
from samtranslator.yaml_helper import yaml_parse

from tests.root import ROOT


def deploy(session: boto3.Session, *logical_ids: str) -> dict[str, str]:
    """Deploys resources that need no others. Gives their names by logical id."""
    resources = yaml_parse((ROOT / "template.yaml").read_text())["Resources"]
    template = {"Resources": {logical_id: resources[logical_id] for logical_id in logical_ids}}
    cloudformation = session.client("cloudformation")
    cloudformation.create_stack(StackName="test", TemplateBody=json.dumps(template))
    deployed = cloudformation.describe_stack_resources(StackName="test")["StackResources"]
    return {resource["LogicalResourceId"]: resource["PhysicalResourceId"] for resource in deployed}

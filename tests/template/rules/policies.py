"""What IAM and the partitions want of policies."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from tests.template.resources import Template, actions_of, documents_of, logical_id, resources_of

# Keys that have many values in one request (Service Authorization Reference: ArrayOfString).
_MANY_VALUED = {"events:source", "dynamodb:LeadingKeys"}
_SERVICE = re.compile(r"[a-z-]+\.amazonaws\.com")
_RESOURCE_POLICIES = {
    "AWS::S3::BucketPolicy": "Bucket",
    "AWS::SQS::QueuePolicy": "Queues",
    "AWS::SNS::TopicPolicy": "Topics",
}


def no_partition_is_written_out(template: Template) -> Iterator[str]:
    """ARNs and host names differ in GovCloud (`arn:aws-us-gov:`) and China (`arn:aws-cn:`, `amazonaws.com.cn`):
    AWS::Partition and AWS::URLSuffix are for that. Services have the same names everywhere.
    """
    for name, one in template["Resources"].items():
        for text in _texts(one.get("Properties", {})):
            if "arn:aws:" in text or ("amazonaws.com" in text and not _SERVICE.fullmatch(text)):
                yield f"{name}: {text}"


def a_key_of_many_values_has_an_operator_for_them(template: Template) -> Iterator[str]:
    """A key that may have many values in one request needs ForAllValues or ForAnyValue before its operator (IAM guide,
    Single-valued vs. multivalued context keys). Without one the outcome is not defined.
    """
    for name, statement in _statements(template):
        for operator, keys in statement.get("Condition", {}).items():
            if _MANY_VALUED & set(keys) and not operator.startswith(("ForAllValues:", "ForAnyValue:")):
                yield f"{name}, {statement.get('Sid')}: {operator}"


def who_may_publish_metrics_may_do_it_in_one_namespace(template: Template) -> Iterator[str]:
    """PutMetricData knows no resources; `cloudwatch:namespace` is its boundary (CloudWatch guide, Using condition keys
    to limit access to namespaces).
    """
    for name, statement in _statements(template):
        if "cloudwatch:PutMetricData" in actions_of(statement) and "cloudwatch:namespace" not in str(
            statement.get("Condition")
        ):
            yield name


def a_key_decrypts_for_one_service(template: Template) -> Iterator[str]:
    """Whoever may read secrets that a key encrypts needs `kms:Decrypt`, but by way of Secrets Manager only:
    `kms:ViaService` (KMS guide, Condition keys).
    """
    for role in resources_of(template, "AWS::IAM::Role"):
        for name, statement in _statements(template):
            if name == role and "kms:Decrypt" in actions_of(statement) and "kms:ViaService" not in str(statement):
                yield f"{role}, {statement.get('Sid')}"


def a_schedule_s_role_is_taken_by_this_account_only(template: Template) -> Iterator[str]:
    """Without `aws:SourceAccount` in its trust policy, schedules of other accounts may use the role (EventBridge
    Scheduler guide, Confused deputy prevention).
    """
    for name, role in resources_of(template, "AWS::IAM::Role").items():
        for statement in role["Properties"]["AssumeRolePolicyDocument"]["Statement"]:
            if "scheduler" in str(statement["Principal"]) and "aws:SourceAccount" not in str(
                statement.get("Condition")
            ):
                yield name


def only_one_policy_is_laid_on_a_resource(template: Template) -> Iterator[str]:
    """A queue, a topic, a bucket has one policy: the last of two wins (PutBucketPolicy, SetQueueAttributes)."""
    holders = Counter(
        logical_id(held)
        for kind, key in _RESOURCE_POLICIES.items()
        for one in resources_of(template, kind).values()
        for held in (one["Properties"][key] if isinstance(one["Properties"][key], list) else [one["Properties"][key]])
    )
    yield from (name for name, count in holders.items() if count > 1)


def nothing_is_read_or_sent_without_tls(template: Template) -> Iterator[str]:
    """AWS: "S3 general purpose buckets should require requests to use SSL" (Security Hub, S3.5); likewise queues (SQS
    guide, Security best practices).
    """
    held: set[str] = set()
    for kind, key in _RESOURCE_POLICIES.items():
        for name, statement in documents_of(template, kind):
            if statement["Effect"] == "Deny" and statement["Condition"].get("Bool") == {"aws:SecureTransport": "false"}:
                given = template["Resources"][name]["Properties"][key]
                held |= {logical_id(one) for one in (given if isinstance(given, list) else [given])}
    for kind in ("AWS::S3::Bucket", "AWS::SQS::Queue"):
        yield from sorted(set(resources_of(template, kind)) - held)


def _statements(template: Template) -> Iterator[tuple[str, dict[str, Any]]]:
    for kind in ("AWS::IAM::Role", "AWS::IAM::ManagedPolicy", "AWS::IAM::Policy"):
        yield from documents_of(template, kind)


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)


RULES = [
    no_partition_is_written_out,
    a_key_of_many_values_has_an_operator_for_them,
    who_may_publish_metrics_may_do_it_in_one_namespace,
    a_key_decrypts_for_one_service,
    a_schedule_s_role_is_taken_by_this_account_only,
    only_one_policy_is_laid_on_a_resource,
    nothing_is_read_or_sent_without_tls,
]

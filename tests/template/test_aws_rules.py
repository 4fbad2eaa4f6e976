"""The rule book: what AWS wants of a template, though neither emulators nor linters say so. Each rule names its source.

Each is shown to bite: of our own template, edited as somebody might edit it.
"""

import copy
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from tests.template.resources import Template
from tests.template.rules import delivery, limits, order, policies

Rule = Callable[[Template], Iterator[str]]
RULES: dict[str, Rule] = {rule.__name__: rule for part in (delivery, order, policies, limits) for rule in part.RULES}


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_the_template_keeps_the_rule(translated: Template, rule: Rule) -> None:
    assert [] == list(rule(translated)), rule.__doc__


def test_every_rule_names_its_source() -> None:
    assert [] == [
        name for name, rule in RULES.items() if "AWS" not in str(rule.__doc__) and "(" not in str(rule.__doc__)
    ]


# ---- that they bite --------------------------------------------------------------------------------------------------

OF_THIS_ACCOUNT = {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
LATE_POLICY = {
    "Type": "AWS::IAM::Policy",
    "Properties": {"PolicyName": "late", "Roles": [{"Ref": "ScanRole"}], "PolicyDocument": {"Statement": []}},
}
LATE_SCHEDULE_POLICY = {
    "Type": "AWS::IAM::Policy",
    "Properties": {"PolicyName": "late", "Roles": [{"Ref": "ScheduleRole"}], "PolicyDocument": {"Statement": []}},
}
OPEN_KEY = {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*"}
IN_QUOTES = {"InputPathsMap": {"name": "$.detail.name"}, "InputTemplate": '"<name> is Down"'}
SECOND_POLICY = {
    "Type": "AWS::SQS::QueuePolicy",
    "Properties": {"Queues": [{"Ref": "UndeliveredQueue"}], "PolicyDocument": {"Statement": []}},
}

Path = tuple[str | int, ...]
GONE = object()
KEY, TOPIC = ("AlarmKey", "Properties", "KeyPolicy"), ("AlarmTopicPolicy", "Properties", "PolicyDocument")
TARGET: Path = ("StatusChangeRule", "Properties", "Targets", 0)
PATTERN: Path = ("StatusChangeRule", "Properties", "EventPattern")
ROLE: Path = ("ScanRole", "Properties", "Policies", 0, "PolicyDocument", "Statement")
# The rule that it breaks; where among the resources; what is written there.
EDITS: dict[str, tuple[str, Path, Any]] = {
    "the key's statements become one again": (
        "topics_and_keys_hold_no_condition_against_eventbridge",
        (*KEY, "Statement", 2, "Condition"),
        OF_THIS_ACCOUNT,
    ),
    "EventBridge on the topic is bound to the account": (
        "topics_and_keys_hold_no_condition_against_eventbridge",
        (*TOPIC, "Statement", 1, "Condition"),
        OF_THIS_ACCOUNT,
    ),
    "EventBridge may only decrypt": (
        "who_publishes_to_an_encrypted_topic_may_use_its_key",
        (*KEY, "Statement", 2, "Action"),
        "kms:Decrypt",
    ),
    "CloudWatch is forgotten at the pager's topic": (
        "who_acts_on_a_topic_may_publish_to_it",
        ("PagerTopicPolicy",),
        GONE,
    ),
    "EventBridge is forgotten at the topic": ("who_acts_on_a_topic_may_publish_to_it", (*TOPIC, "Statement", 1), GONE),
    "the target loses its dead letters": ("what_a_rule_cannot_deliver_is_kept", (*TARGET, "DeadLetterConfig"), GONE),
    "the dead letters' queue takes none": (
        "what_a_rule_cannot_deliver_is_kept",
        ("UndeliveredQueuePolicy", "Properties", "PolicyDocument", "Statement", 0),
        GONE,
    ),
    "the mailbox loses its dead letters": (
        "what_a_subscription_cannot_deliver_is_kept",
        ("AlarmSubscription", "Properties", "RedrivePolicy"),
        GONE,
    ),
    "a transformer puts a name between quotes": (
        "no_text_is_put_between_quotes",
        (*TARGET, "InputTransformer"),
        IN_QUOTES,
    ),
    "the rule forgets the account": ("a_rule_takes_the_events_of_its_own_stack", (*PATTERN, "account"), GONE),
    "the rule forgets the namespace": (
        "a_rule_takes_the_events_of_its_own_stack",
        (*PATTERN, "detail", "namespace"),
        GONE,
    ),
    "a message comes back while it is scanned": (
        "a_message_stays_hidden_while_it_is_worked_on",
        ("ScanQueue", "Properties", "VisibilityTimeout"),
        900,
    ),
    "a batch is tried three times": (
        "a_message_stays_hidden_while_it_is_worked_on",
        ("SlowScanQueue", "Properties", "RedrivePolicy", "maxReceiveCount"),
        3,
    ),
    "dead letters go at once": (
        "a_message_that_fails_is_kept_and_looked_at",
        ("ScanDeadLetterQueue", "Properties", "MessageRetentionPeriod"),
        600,
    ),
    "nobody looks at what was not delivered": (
        "a_message_that_fails_is_kept_and_looked_at",
        ("UndeliveredAlarm",),
        GONE,
    ),
    "batches of ten fail together": (
        "a_batch_of_messages_fails_one_by_one",
        ("ScanFunctionHandedOn", "Properties", "FunctionResponseTypes"),
        GONE,
    ),
    "a policy comes after the role": ("a_function_waits_for_the_policies_of_its_role", ("Late",), LATE_POLICY),
    "a policy comes after the schedule's role": (
        "a_schedule_waits_for_the_policies_of_its_role",
        ("Late",),
        LATE_SCHEDULE_POLICY,
    ),
    "a policy comes after the queue's mapping": (
        "an_event_source_waits_for_the_policies_of_its_function",
        ("Late",),
        LATE_POLICY,
    ),
    "a function in a VPC lacks the policy": (
        "a_function_in_a_vpc_may_have_network_interfaces",
        ("ScanNowRole", "Properties", "ManagedPolicyArns"),
        GONE,
    ),
    "the dead man's switch may be made first": (
        "an_alarm_over_what_is_missing_waits_for_what_makes_it",
        ("ScansMissingAlarm", "DependsOn"),
        GONE,
    ),
    "the dead man's switch waits for nothing": (
        "an_alarm_over_what_is_missing_waits_for_what_makes_it",
        ("ScansMissingAlarm", "Properties", "WarmUpConfiguration"),
        GONE,
    ),
    "a table is always kept": (
        "a_failed_first_deployment_leaves_nothing",
        ("SensorsTable", "DeletionPolicy"),
        "Retain",
    ),
    "a table is protected": (
        "a_failed_first_deployment_leaves_nothing",
        ("SensorsTable", "Properties", "DeletionProtectionEnabled"),
        True,
    ),
    "a table goes with its stack": ("what_people_wrote_outlives_the_stack", ("StatesTable", "DeletionPolicy"), GONE),
    "a role needs its function": (
        "nothing_needs_itself",
        (*ROLE, 0, "Resource"),
        {"Fn::GetAtt": ["ScanFunction", "Arn"]},
    ),
    "a function's log is another's": (
        "a_role_writes_to_a_log_that_is_there",
        ("ScanNowFunction", "Properties", "LoggingConfig", "LogGroup"),
        {"Ref": "ScanLogGroup"},
    ),
    "an ARN is that of one partition": (
        "no_partition_is_written_out",
        (*ROLE, 2, "Resource"),
        {"Fn::Sub": "arn:aws:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:x*"},
    ),
    "a host name is that of one partition": (
        "no_partition_is_written_out",
        (*ROLE, 4, "Fn::If", 1, "Condition"),
        {"StringEquals": {"kms:ViaService": {"Fn::Sub": "secretsmanager.${AWS::Region}.amazonaws.com"}}},
    ),
    "the source of ten events is compared as one": (
        "a_key_of_many_values_has_an_operator_for_them",
        (*ROLE, 7, "Condition"),
        {"StringEqualsIfExists": {"events:source": "pop3-sensor"}},
    ),
    "metrics of any namespace": (
        "who_may_publish_metrics_may_do_it_in_one_namespace",
        (*ROLE, 5, "Condition"),
        GONE,
    ),
    "a key decrypts whatever it encrypted": ("a_key_decrypts_for_one_service", (*ROLE, 4), OPEN_KEY),
    "anybody's schedule takes the role": (
        "a_schedule_s_role_is_taken_by_this_account_only",
        ("ScheduleRole", "Properties", "AssumeRolePolicyDocument", "Statement", 0, "Condition"),
        GONE,
    ),
    "a queue gets a second policy": ("only_one_policy_is_laid_on_a_resource", ("Second",), SECOND_POLICY),
    "the bucket takes plain HTTP": ("nothing_is_read_or_sent_without_tls", ("ResultsBucketPolicy",), GONE),
    "a queue takes plain HTTP": (
        "nothing_is_read_or_sent_without_tls",
        ("ScanQueuesPolicy", "Properties", "Queues", 1),
        GONE,
    ),
    "one more long variable": (
        "variables_fit_whatever_the_parameters_are",
        ("ScanFunction", "Properties", "Environment", "Variables", "MORE"),
        {"Ref": "SecretKeyArns"},
    ),
    "an alarm explains too much": (
        "descriptions_are_not_too_long",
        ("FailedCallsAlarm", "Properties", "AlarmDescription"),
        "x" * 1025,
    ),
    "a role's policy grows": ("policies_are_not_too_large", (*ROLE, 0, "Action"), ["dynamodb:Scan"] * 700),
    "a managed policy grows": (
        "policies_are_not_too_large",
        ("SensorViewerPolicy", "Properties", "PolicyDocument", "Statement", 0, "Action"),
        ["dynamodb:Scan"] * 400,
    ),
    "a pattern lists sensors": ("event_patterns_are_not_too_large", (*PATTERN, "detail", "sensor_id"), ["x" * 60] * 70),
}


def edited(translated: Template, path: Path, value: object) -> Template:
    template = copy.deepcopy(translated)
    place: Any = template["Resources"]
    *way, last = path
    for step in way:
        place = place[step]
    if value is GONE:
        del place[last]
    else:
        place[last] = value
    return template


@pytest.mark.parametrize(("rule", "path", "value"), EDITS.values(), ids=EDITS)
def test_it_bites(translated: Template, rule: str, path: Path, value: object) -> None:
    assert list(RULES[rule](edited(translated, path, value)))


def test_a_template_that_is_too_large(translated: Template) -> None:
    many: Mapping[str, Any] = {f"Alarm{number}": {"Type": "AWS::CloudWatch::Alarm"} for number in range(500)}
    assert list(RULES["the_template_is_not_too_large"](translated | {"Resources": translated["Resources"] | many}))


def test_every_rule_is_shown_to_bite() -> None:
    assert RULES.keys() == {"the_template_is_not_too_large", *(rule for rule, _, _ in EDITS.values())}

"""What AWS wants of everything that carries a message: rules, topics, their key, queues."""

import re
from collections.abc import Iterator
from typing import Any

from tests.template.resources import Template, actions_of, documents_of, logical_id, resources_of, services_of

_IN_QUOTES = re.compile(r'"[^"]*<[\w.-]+>[^"]*"')
_MARGIN = 60  # seconds that a message may wait for a free invocation, once Lambda has taken it from its queue


def topics_and_keys_hold_no_condition_against_eventbridge(template: Template) -> Iterator[str]:
    """AWS: "Adding the aws:SourceAccount, aws:SourceArn, and aws:SourceOrgID to a AWS KMS policy is not supported for
    EventBridge-to-encrypted topics" (SNS guide, Key management). "You can't use of `Condition` blocks in Amazon SNS
    topic policies for EventBridge" (EventBridge guide, Resource-based policies). No message arrives, and nothing
    tells.
    """
    for kind in ("AWS::KMS::Key", "AWS::SNS::TopicPolicy"):
        for name, statement in documents_of(template, kind):
            if "events.amazonaws.com" in services_of(statement) and "aws:Source" in str(statement.get("Condition", "")):
                yield f"{name}, {statement['Sid']}: EventBridge gets past no such condition"


def who_publishes_to_an_encrypted_topic_may_use_its_key(template: Template) -> Iterator[str]:
    """The service needs `kms:GenerateDataKey*` and `kms:Decrypt` in the key's policy (SNS guide, Key management,
    "Enable compatibility between event sources from AWS services and encrypted topics"); the key that SNS has of
    itself cannot be given any.
    """
    allowed = {
        (key, service)
        for key, statement in documents_of(template, "AWS::KMS::Key")
        for service in services_of(statement)
        if {"kms:Decrypt", "kms:GenerateDataKey*"} <= set(actions_of(statement))
    }
    for policy, statement in documents_of(template, "AWS::SNS::TopicPolicy"):
        for topic in template["Resources"][policy]["Properties"]["Topics"]:
            key = logical_id(template["Resources"][logical_id(topic)]["Properties"].get("KmsMasterKeyId", {}))
            for service in services_of(statement):
                if key and (key, service) not in allowed:
                    yield f"{key}: {service} may publish to {logical_id(topic)}, and not encrypt"


def who_acts_on_a_topic_may_publish_to_it(template: Template) -> Iterator[str]:
    """CloudWatch and EventBridge need `sns:Publish` in the topic's policy (SNS guide, Access control)."""
    allowed = {
        (logical_id(topic), service)
        for policy, statement in documents_of(template, "AWS::SNS::TopicPolicy")
        for topic in template["Resources"][policy]["Properties"]["Topics"]
        for service in services_of(statement)
    }
    for name, one in template["Resources"].items():
        properties = one.get("Properties", {})
        for topic in properties.get("AlarmActions", []) + properties.get("OKActions", []):
            if (logical_id(topic), "cloudwatch.amazonaws.com") not in allowed:
                yield f"{name} acts on {logical_id(topic)}, which does not take it"
        for target in properties.get("Targets", []):
            topic = logical_id(target["Arn"])
            kind = template["Resources"].get(topic, {}).get("Type")
            if kind == "AWS::SNS::Topic" and (topic, "events.amazonaws.com") not in allowed:
                yield f"{name} sends to {topic}, which does not take it"


def what_a_rule_cannot_deliver_is_kept(template: Template) -> Iterator[str]:
    """AWS: "Some events are dropped or sent to a DLQ without any retry attempts. For example, for errors that result
    from missing permissions to a target" (EventBridge guide, Using dead-letter queues). The queue must allow the
    rule.
    """
    for name, rule in resources_of(template, "AWS::Events::Rule").items():
        for target in rule["Properties"]["Targets"]:
            queue = logical_id(target.get("DeadLetterConfig", {}).get("Arn", {}))
            if not queue:
                yield f"{name}: what target {target['Id']} does not take is lost"
            elif name not in _senders(template, queue, "events.amazonaws.com"):
                yield f"{queue}: {name} may not send to it"


def what_a_subscription_cannot_deliver_is_kept(template: Template) -> Iterator[str]:
    """AWS: "A dead-letter queue is an Amazon SQS queue that an Amazon SNS subscription can target for messages that
    can't be delivered to subscribers successfully" (SNS guide, Dead-letter queues). The queue must allow the topic.
    """
    for name, one in resources_of(template, "AWS::SNS::Subscription").items():
        queue = logical_id(one["Properties"].get("RedrivePolicy", {}).get("deadLetterTargetArn", {}))
        topic = logical_id(one["Properties"]["TopicArn"])
        if not queue:
            yield f"{name}: what its endpoint does not take is lost"
        elif topic not in _senders(template, queue, "sns.amazonaws.com"):
            yield f"{queue}: {topic} may not send to it"


def _senders(template: Template, queue: str, service: str) -> set[str]:
    """Those whom the queue's policy names."""
    return {
        logical_id(statement["Condition"]["ArnEquals"]["aws:SourceArn"])
        for policy, statement in documents_of(template, "AWS::SQS::QueuePolicy")
        if queue in map(logical_id, template["Resources"][policy]["Properties"]["Queues"])
        and "sqs:SendMessage" in actions_of(statement)
        and service in services_of(statement)
    }


def no_text_is_put_between_quotes(template: Template) -> Iterator[str]:
    """AWS: "EventBridge doesn't escape values extracted by Input Path, when populating the Input Template for a target"
    (EventBridge guide, Input transformation, Common issues). Names and servers' words hold quotation marks. A
    variable in place of a value, or `InputPath`, is escaped.
    """
    for name, rule in resources_of(template, "AWS::Events::Rule").items():
        for target in rule["Properties"]["Targets"]:
            if _IN_QUOTES.search(target.get("InputTransformer", {}).get("InputTemplate", "")):
                yield f"{name}: target {target['Id']} gets broken JSON as soon as a value holds a quotation mark"


def a_rule_takes_the_events_of_its_own_stack(template: Template) -> Iterator[str]:
    """The default bus is one for all stacks of an account and region; other accounts may be allowed to put events
    there, with any source (EventBridge guide, Permissions for event buses).
    """
    for name, rule in resources_of(template, "AWS::Events::Rule").items():
        pattern = rule["Properties"]["EventPattern"]
        if pattern.get("account") != [{"Ref": "AWS::AccountId"}]:
            yield f"{name} takes events of other accounts"
        if pattern["detail"].get("namespace") != [{"Ref": "MetricsNamespace"}]:
            yield f"{name} takes events of other stacks"


def a_message_stays_hidden_while_it_is_worked_on(template: Template) -> Iterator[str]:
    """AWS: "Set the source queue's visibility timeout to at least six times the timeout that you configure on your
    function" (Lambda guide, Using Lambda with Amazon SQS), and let it be received five times at least. That is for
    messages which are to be tried again. A batch of sensors is not: then the timeout and the wait for a free
    invocation are enough. Less than the function's timeout is refused: "Queue visibility timeout: 30 seconds is less
    than Function timeout".
    """
    for source, queue, function in _event_sources(template):
        visible, seconds = queue["VisibilityTimeout"], function["Timeout"]
        receives = queue.get("RedrivePolicy", {}).get("maxReceiveCount")
        once = receives == 1 and visible >= seconds + _MARGIN
        again = (receives or 0) >= 5 and visible >= 6 * seconds
        if not (once or again):
            yield f"{source}: {visible} s, and {seconds} s for the function, {receives} receives"


def a_message_that_fails_is_kept_and_looked_at(template: Template) -> Iterator[str]:
    """AWS: "It is a best practice to always set the retention period of a dead-letter queue to be longer than the
    retention period of the original queue" (SQS guide, Dead-letter queues), for a message's age counts on. An alarm
    looks at each.
    """
    watched = {
        logical_id(dimension["Value"])
        for alarm in resources_of(template, "AWS::CloudWatch::Alarm").values()
        for dimension in alarm["Properties"].get("Dimensions", [])
    }
    for name, one in resources_of(template, "AWS::SQS::Queue").items():
        if target := logical_id(one["Properties"].get("RedrivePolicy", {}).get("deadLetterTargetArn", {})):
            dead = template["Resources"][target]["Properties"]
            if dead["MessageRetentionPeriod"] <= one["Properties"]["MessageRetentionPeriod"]:
                yield f"{target}: what comes from {name} is gone before anybody sees it"
        elif name not in watched:
            yield f"{name}: no alarm looks at it"


def a_batch_of_messages_fails_one_by_one(template: Template) -> Iterator[str]:
    """Without `ReportBatchItemFailures` one error makes all messages of a batch visible again (Lambda guide, Handling
    errors for an SQS event source).
    """
    for name, one in resources_of(template, "AWS::Lambda::EventSourceMapping").items():
        if one["Properties"].get("FunctionResponseTypes") != ["ReportBatchItemFailures"]:
            yield name


def _event_sources(template: Template) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """The mapping, its queue's properties, its function's."""
    for name, one in resources_of(template, "AWS::Lambda::EventSourceMapping").items():
        queue = template["Resources"][logical_id(one["Properties"]["EventSourceArn"])]
        function = template["Resources"][logical_id(one["Properties"]["FunctionName"])]
        yield name, queue["Properties"], function["Properties"]


RULES = [
    topics_and_keys_hold_no_condition_against_eventbridge,
    who_publishes_to_an_encrypted_topic_may_use_its_key,
    who_acts_on_a_topic_may_publish_to_it,
    what_a_rule_cannot_deliver_is_kept,
    what_a_subscription_cannot_deliver_is_kept,
    no_text_is_put_between_quotes,
    a_rule_takes_the_events_of_its_own_stack,
    a_message_stays_hidden_while_it_is_worked_on,
    a_message_that_fails_is_kept_and_looked_at,
    a_batch_of_messages_fails_one_by_one,
]

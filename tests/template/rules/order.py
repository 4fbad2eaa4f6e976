"""What must be there before what, and what may outlive a deployment: CloudFormation sees references, and no more."""

from collections.abc import Iterator

from tests.template.resources import Template, logical_id, needs, resources_of, statements_of


def a_function_waits_for_the_policies_of_its_role(template: Template) -> Iterator[str]:
    """AWS: "The provided execution role does not have permissions to call CreateNetworkInterface on EC2", Lambda says
    to a function in a VPC that is made before its policy, in some deployments and in others not. And while a stack
    is deleted, a policy that goes before its function leaves network interfaces that nobody may delete. A policy
    within the role, or one that the role refers to, is in time; one that refers to the role is not.
    """
    yield from _late_policies(template, "AWS::Lambda::Function", lambda one: one["Role"])


def a_schedule_waits_for_the_policies_of_its_role(template: Template) -> Iterator[str]:
    """Else its first ticks are denied: CreateSchedule looks at the trust policy only (EventBridge Scheduler guide)."""
    yield from _late_policies(template, "AWS::Scheduler::Schedule", lambda one: one["Target"]["RoleArn"])


def an_event_source_waits_for_the_policies_of_its_function(template: Template) -> Iterator[str]:
    """AWS: "The function execution role does not have permissions to call ReceiveMessage on SQS": Lambda looks when the
    mapping is made.
    """
    for name, one in resources_of(template, "AWS::Lambda::EventSourceMapping").items():
        function = template["Resources"][logical_id(one["Properties"]["FunctionName"])]
        role = logical_id(function["Properties"]["Role"])
        late = _attached(template, role) - needs(template, name)
        if role not in needs(template, name) or late:
            yield f"{name} may be made before {late or role}"


def _late_policies(template: Template, kind: str, role_of: object) -> Iterator[str]:
    assert callable(role_of)
    for name, one in resources_of(template, kind).items():
        for policy in sorted(_attached(template, logical_id(role_of(one["Properties"]))) - needs(template, name)):
            yield f"{name} may be made before {policy}"


def _attached(template: Template, role: str) -> set[str]:
    """The policies that name the role, and so come after it."""
    kinds = ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy")
    return {
        name
        for kind in kinds
        for name, one in resources_of(template, kind).items()
        if role in map(logical_id, one["Properties"].get("Roles", []))
    }


def a_function_in_a_vpc_may_have_network_interfaces(template: Template) -> Iterator[str]:
    """Under just the condition under which it is in one (Lambda guide, Giving Lambda functions access to resources in a
    VPC).
    """
    for name, function in resources_of(template, "AWS::Lambda::Function").items():
        if not (vpc := function["Properties"].get("VpcConfig")):
            continue
        condition = vpc["Fn::If"][0]
        role = template["Resources"][logical_id(function["Properties"]["Role"])]["Properties"]
        given = [one["Fn::If"] for one in role.get("ManagedPolicyArns", []) if "Fn::If" in one]
        policies = [logical_id(one[1]) for one in given if one[0] == condition]
        documents = [template["Resources"][one]["Properties"]["PolicyDocument"] for one in policies]
        if not any("ec2:CreateNetworkInterface" in str(document) for document in documents):
            yield f"{name}: its role may make no network interfaces under {condition}"


def an_alarm_over_what_is_missing_waits_for_what_makes_it(template: Template) -> Iterator[str]:
    """AWS: "Without a warm-up period, the alarm can transition and run actions on missing data during startup"
    (CloudWatch guide, Alarm warm-up periods). It must begin after the schedule, however long the stack takes, and
    last longer than the alarm's own patience.
    """
    schedules = set(resources_of(template, "AWS::Scheduler::Schedule"))
    for name, one in resources_of(template, "AWS::CloudWatch::Alarm").items():
        properties = one["Properties"]
        if properties["TreatMissingData"] != "breaching":
            continue
        minutes = properties.get("WarmUpConfiguration", {}).get("WarmUpPeriodDurationInMinutes", 0)
        if minutes * 60 <= properties["EvaluationPeriods"] * properties["Period"] or not schedules <= needs(
            template, name
        ):
            yield f"{name} tells people that nobody watches, at each first deployment"


def a_failed_first_deployment_leaves_nothing(template: Template) -> Iterator[str]:
    """AWS: "RetainExceptOnCreate behaves like Retain for stack operations, except for the stack operation that
    initially created the resource" (CloudFormation guide, DeletionPolicy). What is protected against deletion would
    stay after all, and have the rollback fail.
    """
    for name, one in template["Resources"].items():
        if one.get("DeletionPolicy") == "Retain":
            yield f"{name} is left behind by each deployment that fails"
        if one.get("DeletionPolicy") and one["Properties"].get("DeletionProtectionEnabled"):
            yield f"{name} cannot be rolled back"


def what_people_wrote_outlives_the_stack(template: Template) -> Iterator[str]:
    """A table or bucket without a `DeletionPolicy` goes with its stack, and without an `UpdateReplacePolicy` with a
    change that makes a new one (CloudFormation guide).
    """
    for kind in ("AWS::DynamoDB::Table", "AWS::S3::Bucket"):
        for name, one in resources_of(template, kind).items():
            if not one.get("DeletionPolicy", "").startswith("Retain") or one.get("UpdateReplacePolicy") != "Retain":
                yield f"{name} is lost with its stack"


def nothing_needs_itself(template: Template) -> Iterator[str]:
    """Circular dependencies are refused (CloudFormation guide, Troubleshooting): a role and its function, say."""
    for name in template["Resources"]:
        if name in needs(template, name):
            yield name


def a_role_writes_to_a_log_that_is_there(template: Template) -> Iterator[str]:
    """Else Lambda makes a log group of its own, which is never deleted, or may not (Lambda guide, Log groups)."""
    for name, function in resources_of(template, "AWS::Lambda::Function").items():
        group = logical_id(function["Properties"].get("LoggingConfig", {}).get("LogGroup", {}))
        statements = statements_of(template, logical_id(function["Properties"]["Role"]))
        if group not in {logical_id(one["Resource"]) for one in statements if one.get("Sid") == "WriteLogs"}:
            yield f"{name}: its role may not write to {group or 'a log group of the stack'}"


RULES = [
    a_function_waits_for_the_policies_of_its_role,
    a_schedule_waits_for_the_policies_of_its_role,
    an_event_source_waits_for_the_policies_of_its_function,
    a_function_in_a_vpc_may_have_network_interfaces,
    an_alarm_over_what_is_missing_waits_for_what_makes_it,
    a_failed_first_deployment_leaves_nothing,
    what_people_wrote_outlives_the_stack,
    nothing_needs_itself,
    a_role_writes_to_a_log_that_is_there,
]

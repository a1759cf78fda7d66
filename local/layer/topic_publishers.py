"""CloudWatch and EventBridge publish to a topic only where its policy, and that of its key, let them.

Sources: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html and
https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html: an alarm publishes as
`cloudwatch.amazonaws.com`, with the alarm as aws:SourceArn and its account as aws:SourceAccount and, of which a topic's
default policy makes use, aws:SourceOwner.
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html: a rule publishes as
`events.amazonaws.com`; a topic's default policy does not let it.
https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html: where the topic is encrypted, the key's policy lets
the service use kms:GenerateDataKey* and kms:Decrypt; that of `alias/aws/sns` does not. The emulator asks neither.
"""

from __future__ import annotations

import functools
import logging
from typing import Any

from .operations import Json

ALARMS, RULES = "cloudwatch.amazonaws.com", "events.amazonaws.com"
KEY_ACTIONS = ("kms:GenerateDataKey", "kms:Decrypt")
ACTIONS = ("AlarmActions", "OKActions", "InsufficientDataActions")

logger = logging.getLogger("poolsafe.topics")


def ask_topics() -> None:
    """Takes its place in the emulator."""
    from ministack.services import cloudwatch, eventbridge

    cloudwatch._dispatch_alarm_actions = _acting_where_allowed(cloudwatch._dispatch_alarm_actions)
    eventbridge._invoke_target = _invoking_where_allowed(eventbridge._invoke_target)


def _acting_where_allowed(dispatch: Any) -> Any:
    @functools.wraps(dispatch)
    def dispatched(alarm: Json, *others: Any) -> None:
        allowed = {
            name: [action for action in alarm.get(name) or () if _may_publish(ALARMS, action, alarm["AlarmArn"])]
            for name in ACTIONS
        }
        dispatch({**alarm, **allowed}, *others)

    return dispatched


def _invoking_where_allowed(invoke: Any) -> Any:
    @functools.wraps(invoke)
    def invoked(target: Json, event: Json, rule: Json, *others: Any) -> None:
        if event.get("Source") == "aws.scheduler" or _may_publish(RULES, target.get("Arn", ""), rule.get("Arn", "")):
            invoke(target, event, rule, *others)

    return invoked


def _may_publish(service: str, topic: str, source: str) -> bool:
    """Whether a service may publish to a topic; true of all that is none."""
    from ministack.core import arn
    from ministack.services import sns

    found = sns._topic_by_arn_any_scope(topic)
    if found is None:
        return True
    account = arn.parse_arn(source).account_id
    owner = account if service == ALARMS else ""
    allowed = _allows(found["attributes"].get("Policy"), service, "sns:Publish", topic, source, account, owner)
    key = found["attributes"].get("KmsMasterKeyId")
    if allowed and key:
        allowed = all(_key_allows(key, service, action, source, account) for action in KEY_ACTIONS)
    if not allowed:
        logger.warning("%s may not publish to %s for %s", service, topic, source)
    return allowed


def _key_allows(name: str, service: str, action: str, source: str, account: str) -> bool:
    from ministack.services import kms

    key = kms._resolve_key(name)
    if key is None:
        return False
    policy, _ = kms.key_policy_for_arn(key["Arn"]) or ("", "")
    return _allows(policy, service, action, key["Arn"], source, account, "")


def _allows(policy: Any, service: str, action: str, resource: str, source: str, account: str, owner: str) -> bool:
    from ministack.core import iam_evaluator, responses

    told = {"aws:sourcearn": source, "aws:sourceaccount": account, **({"aws:sourceowner": owner} if owner else {})}
    asked = iam_evaluator.EvalContext(
        principal_arn="*",
        principal_type="Service",
        principal_account="",
        action=action,
        resource_arn=resource,
        region=responses.get_region(),
        service_context=told,
        secure_transport=True,
    )
    decided = iam_evaluator.evaluate_resource_policy(policy or "{}", asked, service=service)
    return bool(decided.decision == "Allow")

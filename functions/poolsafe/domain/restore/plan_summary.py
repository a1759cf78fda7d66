"""What a restore will do, in numbers for people: the content of plan.json and of a dry run's report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ...errors import InvalidRequest
from ..manifest import PARTIAL, Manifest
from ..quotas import Category
from ..records import CONFIRMED
from ..requests import RestoreRequest
from ..target import OFF
from .credentials import Credential
from .notices import Attention
from .outcome import Reason
from .plan import Planner
from .plan_survey import Survey
from .planned_user import Action
from .wishes import Federated

#: How long a restore may take by the quotas, and one that imports, whose states are more: an execution has a history of
#: 25,000 events (tests/architecture/test_execution_limits.py), and working files go after 30 days.
LONGEST_HOURS, LONGEST_HOURS_OF_IMPORT = 240, 160


def summarise(
    manifest: Manifest,
    request: RestoreRequest,
    planner: Planner,
    restore_id: str,
    rates: Mapping[Category, float],
    survey: Survey,
    groups: int,
) -> dict[str, Any]:
    """The plan as `schemas/plan.json`. `rates` are what the restore may use, in requests per second.

    Raises InvalidRequest where that makes it outlast its execution.
    """
    creating = survey.users[Action.CREATE]
    calls = {category: survey.calls[category] for category in Category if survey.calls[category]}
    calls = {
        Category.USER_CREATION: 0,
        Category.USER_ACCOUNT_RECOVERY: 0,
        Category.USER_UPDATE: 0,
        **calls,
        Category.USER_POOL_RESOURCE_UPDATE: groups,
    }
    hours = {category.value: round(count / rates[category] / 3600, 4) for category, count in calls.items()}
    is_import = survey.credentials[Credential.IMPORT_JOB] > 0
    _refuse_if_too_long(hours, LONGEST_HOURS_OF_IMPORT if is_import else LONGEST_HOURS, request.quota_share)
    return {
        "restore_id": restore_id,
        "snapshot": f"{manifest.user_pool_id}/{manifest.snapshot_id}",
        "target_user_pool_id": request.target_user_pool_id,
        "dry_run": request.dry_run,
        "users": {action.value: survey.users[action] for action in Action},
        "memberships": {
            "create": survey.memberships[Action.CREATE] + survey.memberships[Action.UPDATE],
            "service_made": survey.memberships["service_made"],
            "of_users_not_in_the_snapshot": _orphans(manifest, planner, survey),
        },
        "groups": groups,
        "links": survey.links,
        "second_factors": survey.mfa,
        "credentials": {credential.value: survey.credentials[credential] for credential in Credential},
        "unreachable": dict(sorted(survey.unreachable.items())),
        "attention": dict(sorted(survey.attention.items())),
        "reasons": dict(sorted(survey.reasons.items())),
        "hours_by_quota": hours,
        # The categories overlap, so the slowest decides.
        "hours": max(hours.values()),
        "users_billed_as_active": survey.billed,
        "messages": survey.credentials[Credential.INVITE],
        "declared_losses": _losses(survey, creating),
        "confirmations": list(_confirmations(request, planner, survey)),
        "warnings": warnings(manifest, request, planner, survey),
    }


def _refuse_if_too_long(hours: Mapping[str, float], longest: float, quota_share: float) -> None:
    slowest = max(hours, key=hours.__getitem__)
    if hours[slowest] <= longest:
        return
    raise InvalidRequest(
        "quota_share",
        f"makes this restore take {hours[slowest]:,.0f} hours, by the quota of {slowest}, and not {longest:,} at most. "
        f"Nothing was written. A share of {quota_share * hours[slowest] / longest:.2f} would do; if that is above 1, "
        "have AWS raise the quota, or restore in several runs (only.groups, only.usernames)",
        '"quota_share": 1',
    )


def _orphans(manifest: Manifest, planner: Planner, survey: Survey) -> int:
    """Memberships of users who are not in the snapshot; not known where only some users were looked at."""
    if planner.wishes.scope.is_selective:
        return 0
    return max(0, manifest.counts.memberships - survey.saved_memberships)


def _losses(survey: Survey, creating: int) -> dict[str, int]:
    """What Cognito gives to nobody or takes from nobody, with how many users it touches."""
    return {
        "passwords": creating,
        "sub": creating,
        "created_at": creating,
        "status_other_than_confirmed": creating - survey.statuses[CONFIRMED],
        "links_to_providers": survey.attention[Attention.LINK_NOT_RESTORED],
        "software_tokens": survey.attention[Attention.ENROL_TOTP],
        "passkeys": survey.attention[Attention.ENROL_PASSKEY],
        "mfa_preferences": survey.attention[Attention.MFA_NOT_RESTORED],
        "federated_users_until_they_sign_in": survey.users[Action.DEFER],
    }


def _confirmations(request: RestoreRequest, planner: Planner, survey: Survey) -> Iterator[str]:
    """What the request has confirmed, or had to: fields that let through what could surprise."""
    if request.snapshot.user_pool_id == planner.target.user_pool_id:
        yield "allow_source_pool"
    if survey.credentials[Credential.INVITE]:
        yield "send_messages"
    if request.changes_configuration and request.create_pool is None:
        yield "only.sections: config, after a dry run that showed the change"


def warnings(manifest: Manifest, request: RestoreRequest, planner: Planner, survey: Survey) -> list[str]:
    """What the person who started the restore should know before it writes."""
    return [
        *_of_the_snapshot(manifest, planner, survey),
        *_of_the_target(request, planner, survey),
        *_of_people(survey, planner),
    ]


def _of_the_snapshot(manifest: Manifest, planner: Planner, survey: Survey) -> Iterator[str]:
    if manifest.status == PARTIAL:
        yield "The snapshot is PARTIAL; its manifest says what it lacks."
    if not manifest.counts.users:
        yield "The snapshot has no users."
    if not manifest.counts.groups:
        yield "The snapshot has no groups."
    if orphans := _orphans(manifest, planner, survey):
        yield f"{orphans} memberships are of users who are not in the snapshot; they came or went meanwhile."


def _of_the_target(request: RestoreRequest, planner: Planner, survey: Survey) -> Iterator[str]:
    if request.sub_attribute and planner.sub_attribute is None:
        yield (
            f"The target's schema has no {request.sub_attribute}, so the old sub is only in sub_map.parquet. To have "
            "it on every user, add the attribute to the target (aws cognito-idp add-custom-attributes, with "
            "Mutable=false) before the restore; set sub_attribute to null to silence this."
        )
    if planner.sub_attribute in planner.target.mutable:
        yield (
            f"{planner.sub_attribute} is mutable in the target: whoever may write it, as an app client may, could "
            "claim another person's old sub. Make the target with this attribute immutable."
        )
    if survey.reasons[Reason.NAME_EXISTS]:
        yield (
            f"{survey.reasons[Reason.NAME_EXISTS]} names are taken in the target by users not known to be the same "
            "people: those of the snapshot do not come back, and are not in the sub map."
        )
    if request.snapshot.user_pool_id == planner.target.user_pool_id:
        exist = "made like the snapshot where they differ" if planner.wishes.updates_users else "not touched"
        yield f"The target is the pool the snapshot was taken from; users that exist are {exist}."
    left_out = survey.reasons[Reason.NOT_IN_TARGET]
    if planner.wishes.federated_users is Federated.SKIP:
        left_out += survey.reasons[Reason.FEDERATED]
    if skipped := survey.users[Action.SKIP] - left_out:
        yield f"{skipped} users are in the target already; nothing of them is touched."


def _of_people(survey: Survey, planner: Planner) -> Iterator[str]:
    if survey.mfa_unknown and planner.target.mfa_mode != OFF:
        yield (
            f"The second factors of {survey.mfa_unknown} users are not in the snapshot: none come back, and who has to "
            'enrol again is not counted. A backup with "include": ["mfa"] has them.'
        )
    if survey.unreachable:
        named = ", ".join(f"{reason} ({count})" for reason, count in sorted(survey.unreachable.items()))
        yield (
            f"{survey.unreachable.total()} users cannot use {planner.wishes.credentials.value}: {named}. They get "
            f"credentials_fallback ({planner.wishes.credentials_fallback.value}); attention/ names them."
        )
    if handed := survey.credentials[Credential.TEMPORARY]:
        days = planner.target.password_policy.get("TemporaryPasswordValidityDays", 7)
        yield (
            f"{handed} users get a temporary password that somebody has to hand over; it is good for {days} days, and "
            "its file for 7."
        )
    if survey.attention[Attention.MFA_LOCKS_OUT]:
        yield (
            f"{survey.attention[Attention.MFA_LOCKS_OUT]} users will not get past MFA, which the target requires: "
            "their only address also recovers their password, or they have none. attention/ names them."
        )
    if survey.attention[Attention.GROUP_MISSING]:
        yield (
            f"{survey.attention[Attention.GROUP_MISSING]} users belong to groups that the target lacks and "
            "only.sections leaves out; attention/ names which. Add groups to only.sections to bring them along."
        )
    if survey.attention[Attention.WAITING]:
        yield (
            f"{survey.attention[Attention.WAITING]} users wait with a temporary password or an invitation of an "
            "earlier restore; they are left as they are."
        )

"""What a restore will do, in numbers for people: the content of plan.json and of a dry run's report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .manifest import PARTIAL, Manifest
from .outcome import Reason
from .plan import Action, Planner
from .plan_survey import Survey
from .quotas import Category
from .records import CONFIRMED
from .requests import RestoreRequest


def summarise(
    manifest: Manifest,
    request: RestoreRequest,
    planner: Planner,
    restore_id: str,
    rates: Mapping[Category, float],
    survey: Survey,
) -> dict[str, Any]:
    """The plan as `schemas/plan.json`. `rates` are what the restore may use, in requests per second."""
    creating = survey.users[Action.CREATE]
    calls = {
        Category.USER_CREATION: creating,
        Category.USER_ACCOUNT_RECOVERY: creating,
        Category.USER_UPDATE: survey.memberships[Action.CREATE] + survey.disabled,
        Category.USER_POOL_RESOURCE_UPDATE: manifest.counts.groups,
    }
    hours = {category.value: round(count / rates[category] / 3600, 4) for category, count in calls.items()}
    return {
        "restore_id": restore_id,
        "snapshot": f"{manifest.user_pool_id}/{manifest.snapshot_id}",
        "target_user_pool_id": request.target_user_pool_id,
        "dry_run": request.dry_run,
        "users": {action.value: survey.users[action] for action in Action},
        "memberships": {
            "create": survey.memberships[Action.CREATE],
            "service_made": survey.memberships["service_made"],
            "of_users_not_in_the_snapshot": _orphans(manifest, survey),
        },
        "groups": manifest.counts.groups,
        "reasons": dict(sorted(survey.reasons.items())),
        "hours_by_quota": hours,
        # The categories overlap, so the slowest decides.
        "hours": max(hours.values()),
        "users_billed_as_active": creating,
        "messages": 0,
        "declared_losses": _losses(survey, creating),
        "warnings": warnings(manifest, request, planner, survey),
    }


def _orphans(manifest: Manifest, survey: Survey) -> int:
    return max(0, manifest.counts.memberships - sum(survey.memberships.values()))


def _losses(survey: Survey, creating: int) -> dict[str, int]:
    """What Cognito gives to nobody or takes from nobody, with how many users it touches."""
    return {
        "passwords": creating,
        "sub": creating,
        "created_at": creating,
        "status_other_than_confirmed": creating - survey.statuses_lost[CONFIRMED],
        "links_to_providers": survey.linked,
        "mfa_preferences": survey.mfa,
        "federated_users_until_they_sign_in": survey.users[Action.DEFER],
    }


def warnings(manifest: Manifest, request: RestoreRequest, planner: Planner, survey: Survey) -> list[str]:
    """What the person who started the restore should know before it writes."""
    found = []
    if manifest.status == PARTIAL:
        found.append("The snapshot is PARTIAL; its manifest says what it lacks.")
    if not manifest.counts.users:
        found.append("The snapshot has no users.")
    if not manifest.counts.groups:
        found.append("The snapshot has no groups.")
    if request.sub_attribute and planner.sub_attribute is None:
        found.append(
            f"The target's schema has no {request.sub_attribute}, so the old sub is only in sub_map.parquet. To have "
            "it on every user, add the attribute to the target (aws cognito-idp add-custom-attributes, with "
            "Mutable=false) before the restore; set sub_attribute to null to silence this."
        )
    if planner.sub_attribute in planner.target.mutable:
        found.append(
            f"{planner.sub_attribute} is mutable in the target: whoever may write it, as an app client may, could "
            "claim another person's old sub. Make the target with this attribute immutable."
        )
    orphans = _orphans(manifest, survey)
    if orphans > 0:
        found.append(f"{orphans} memberships are of users who are not in the snapshot; they came or went meanwhile.")
    if survey.reasons[Reason.NAME_EXISTS]:
        found.append(
            f"{survey.reasons[Reason.NAME_EXISTS]} names are taken in the target by users not known to be the same "
            "people: those of the snapshot do not come back, and are not in the sub map."
        )
    if request.snapshot.user_pool_id == planner.target.user_pool_id:
        found.append("The target is the pool the snapshot was taken from; users that exist are not touched.")
    if survey.users[Action.SKIP]:
        found.append(f"{survey.users[Action.SKIP]} users are in the target already; nothing of them is touched.")
    return found

"""The report of an assessment, as `schemas/assess.report.json`: answers in the order in which people ask.

Counts, settings and names of resources; never a username, an address or a `sub`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from ..configuration.model import Configuration, SectionStatus
from ..quotas import Category
from .advice import recommendation
from .collisions import MOST_USERS, Collisions
from .endpoints import changing_endpoints, clients_report, outside
from .mfa import mfa_report
from .mfa_sample import MfaSample
from .recommend import REACHABLE, case_of, situation
from .replication import replication_report
from .settings import settings_report, verdicts
from .sizes import efforts, local_users, messages, quota_use
from .sub_use import sub_report
from .survey import Fact, UserSurvey
from .target import target_report
from .traits import CANNOT_SIGN_IN, PASSWORD_KINDS, Age, Channel, Kind

AGE_NOTE = (
    "Ages count from the last change of a profile. Cognito documents that date as the time of a modification, "
    "and nowhere that a sign-in moves it, so people who come daily may look old here. No list operation tells "
    "the last sign-in."
)
#: What would tell more, and what it takes.
MORE_ON_ACTIVITY = (
    "CloudWatch metric SignInSuccesses: sign-ins by app client, not by user; there already.",
    "CloudTrail: sign-in events with the user's sub; there already, as far back as they are kept.",
    "A post authentication trigger that notes the day: exact, from the day it is set.",
    "AdminListUserAuthEvents: each user's sign-ins; needs threat protection (Plus), one call per user.",
)
UNKNOWN = (
    "When each user last signed in.",
    "Which applications, databases and identity pools know the pool's ids.",
    "How fast Cognito runs a CSV import.",
    "Whether the pool is on Cognito's newer infrastructure.",
    "Quotas and sandbox of Amazon SES and of SMS.",
)


def assessment_report(
    *,
    assessment_id: str,
    configuration: Configuration,
    survey: UserSurvey,
    groups: int,
    rates: Mapping[Category, float],
    snapshot: str | None = None,
    taken_at: str | None = None,
    source_exists: bool = True,
    changes: Collection[str] = (),
    collisions: Collisions | None = None,
    mfa_sample: MfaSample | None = None,
    target: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Put the answer together.

    survey          of all users; its `moment` is the moment of the assessment
    groups          groups in the pool
    rates           requests per second by category, already times the share allowed
    snapshot        `<pool id>/<snapshot id>` where users were read from one, with its time (ISO 8601)
    source_exists   False when the pool itself is gone
    changes         values of `settings.Change`; ValueError for any other
    collisions      None where there were too many users to count them
    target          DescribeUserPool's UserPool of the pool to move to
    """
    pool = configuration.user_pool
    clients, sub = clients_report(configuration), sub_report(configuration, survey)
    replication = replication_report(configuration, changes)
    ways = {effort.way: effort for effort in efforts(survey, rates)}
    case = case_of(configuration, survey, changes, source_exists=source_exists)
    advised = situation(configuration, survey, clients, sub["likelihood"], replication, changes, collisions)
    return {
        "assessment_id": assessment_id,
        "user_pool_id": pool["Id"],
        "user_pool_name": pool.get("Name") or "",
        "assessed_at": survey.moment.isoformat(),
        "source": {"snapshot": snapshot, "taken_at": taken_at, "pool_exists": source_exists},
        "intended_changes": verdicts(configuration, changes),
        "recommendation": recommendation(case, advised, ways),
        "users": users_report(survey),
        "reachability": reachability_report(configuration, survey),
        "mfa": mfa_report(configuration, survey, mfa_sample, rates),
        "settings": settings_report(configuration),
        "endpoints": changing_endpoints(configuration),
        "clients": clients,
        "outside": outside(configuration),
        "sub": sub,
        "activity": activity_report(survey),
        "collisions": collisions_report(survey, collisions),
        "quotas": quota_use(configuration, survey, groups),
        "ways": [effort.to_report() for effort in ways.values()],
        "rates": {category.value: rate for category, rate in rates.items()},
        "replication": replication,
        "target": None if target is None else target_report(pool, target),
        "not_known": list(UNKNOWN),
        "warnings": warnings(configuration, survey, mfa_sample),
    }


def users_report(survey: UserSurvey) -> dict[str, Any]:
    """Where users exist, and in which state."""
    return {
        "total": survey.fact(Fact.USERS),
        "by_kind": {kind.value: survey.count(kinds=(kind,)) for kind in Kind},
        "profiles_by_provider": _most_first(survey.profiles),
        "links_by_provider": _most_first(survey.links),
        "by_status": _most_first(survey.statuses),
        "disabled": survey.fact(Fact.DISABLED),
        "memberships": survey.fact(Fact.MEMBERSHIPS),
        "in_groups": survey.fact(Fact.IN_GROUPS),
        "custom_attributes": _most_first(survey.custom_attributes),
    }


def reachability_report(configuration: Configuration, survey: UserSurvey) -> dict[str, Any]:
    """Who of the local users "forgot password" finds, who cannot sign in as it is, and what the senders can take."""
    return {
        "local_users": local_users(survey),
        "by_channel": {channel.value: survey.count(PASSWORD_KINDS, channels=(channel,)) for channel in Channel},
        "reachable": survey.count(PASSWORD_KINDS, channels=REACHABLE),
        "unreachable": survey.count(PASSWORD_KINDS, channels=(Channel.NONE,)),
        "unreachable_with_an_unverified_address": survey.fact(Fact.ADDRESS_UNVERIFIED),
        "unreachable_without_any_address": survey.fact(Fact.NO_ADDRESS),
        "cannot_sign_in": {
            "disabled": survey.fact(Fact.LOCAL_DISABLED),
            **{status: survey.statuses[status] for status in sorted(CANNOT_SIGN_IN) if survey.statuses[status]},
        },
        "messages": messages(configuration, survey),
    }


def activity_report(survey: UserSurvey) -> dict[str, Any]:
    """How long ago profiles were changed and created, and what that does not say."""
    return {
        "last_sign_in_known": False,
        "by_last_change": {age.value: {kind.value: survey.count((kind,), (age,)) for kind in Kind} for age in Age},
        "by_creation": {age.value: survey.created[age] for age in Age},
        "note": AGE_NOTE,
        "more_from": list(MORE_ON_ACTIVITY),
    }


def collisions_report(survey: UserSurvey, collisions: Collisions | None) -> dict[str, Any]:
    """Users who would have to give way to another, were names compared otherwise; and names that say what they are."""
    return {
        "counted": collisions is not None,
        "usernames_in_lower_case": None if collisions is None else collisions.usernames,
        "verified_emails": None if collisions is None else collisions.emails,
        "verified_phone_numbers": None if collisions is None else collisions.phone_numbers,
        "usernames_like_an_email": survey.fact(Fact.USERNAME_LIKE_EMAIL),
        "usernames_like_a_phone_number": survey.fact(Fact.USERNAME_LIKE_PHONE),
        "users_with_email_and_phone": survey.fact(Fact.EMAIL_AND_PHONE),
    }


def warnings(configuration: Configuration, survey: UserSurvey, mfa_sample: MfaSample | None) -> list[str]:
    """What the assessment could not see, or did at a price."""
    blind = configuration.lacks((SectionStatus.FAILED, SectionStatus.NOT_KNOWN))
    found = [f"Section {one.name} of the configuration was not read ({one.error or one.status})." for one in blind]
    if local_users(survey) > MOST_USERS:
        found.append(f"Collisions are counted in pools of up to {MOST_USERS:,} users.")
    if mfa_sample and mfa_sample.asked:
        found.append(
            f"{mfa_sample.asked:,} users were asked for their MFA methods and are billed as active this month."
        )
    return found


def _most_first(counter: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(counter.items(), key=lambda item: (-item[1], item[0])))

"""How much of each quota the pool takes, and what each way of moving it costs in hours, money and messages.

Quotas are AWS's defaults [DG quotas]; those that an account may raise are marked.
Hours are calls divided by the rates handed in: the most that quotas allow, not a
forecast. What no source tells (how fast a CSV import runs) is None.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ..configuration.model import Configuration, SectionName
from ..quotas import Category
from .survey import Fact, UserSurvey
from .traits import PASSWORD_KINDS, Channel
from .wording import number, users

#: Messages a day of Cognito's own sender, for the account [DG quotas].
DEFAULT_MAILS_A_DAY = 50
#: [DG cognito-user-pools-using-import-tool].
USERS_PER_IMPORT_FILE = 500_000


@dataclass(frozen=True, slots=True)
class Quota:
    """A resource quota: AWS's default, and the most it can be raised to (None: not adjustable, or not said)."""

    name: str
    value: int
    limit: int
    adjustable: bool
    highest: int | None = None

    def to_report(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "value": self.value,
            "limit": self.limit,
            "adjustable": self.adjustable,
            "highest": self.highest,
            "share": round(self.value / self.limit, 4),
        }


def quota_use(configuration: Configuration, survey: UserSurvey, groups: int) -> list[dict[str, Any]]:
    """Every resource quota [DG quotas] that a pool of this size meets. `groups` is the number of groups in the pool."""
    return [quota.to_report() for quota in _quotas(configuration, survey, groups)]


def _quotas(configuration: Configuration, survey: UserSurvey, groups: int) -> Iterator[Quota]:
    schema = configuration.user_pool.get("SchemaAttributes") or ()
    clients = configuration.entries(SectionName.CLIENTS)
    servers = configuration.entries(SectionName.RESOURCE_SERVERS)
    providers = configuration.entries(SectionName.IDENTITY_PROVIDERS)
    custom_domains = [one for one in configuration.entries(SectionName.DOMAINS) if "." in str(one.get("Domain"))]
    yield Quota("Users in the pool", survey.fact(Fact.USERS), 40_000_000, True)
    yield Quota("App clients", len(clients), 1_000, True, 10_000)
    yield Quota("Identity providers", len(providers), 300, True, 1_000)
    yield Quota("Identifiers of one provider", _most(providers, "IdpIdentifiers"), 50, False)
    yield Quota("Resource servers", len(servers), 25, True, 300)
    yield Quota("Scopes of one resource server", _most(servers, "Scopes"), 100, False)
    yield Quota("Scopes of one client", _most(clients, "AllowedOAuthScopes"), 50, False)
    yield Quota("Callback URLs of one client", _most(clients, "CallbackURLs"), 100, False)
    yield Quota("Logout URLs of one client", _most(clients, "LogoutURLs"), 100, False)
    custom = sum(one["Name"].startswith(("custom:", "dev:")) for one in schema)
    yield Quota("Custom attributes", custom, 50, False)
    yield Quota("Groups", groups, 10_000, False)
    yield Quota("Groups of one user", survey.most_groups, 100, False)
    yield Quota("Providers linked to one user", survey.most_links, 5, False)
    yield Quota("Branding styles", len(configuration.entries(SectionName.BRANDING)), 20, False)
    yield Quota("Terms documents", len(configuration.entries(SectionName.TERMS)), 40, False)
    yield Quota("Custom domains in the Region (this pool's)", len(custom_domains), 4, True)


def _most(entries: list[Mapping[str, Any]], member: str) -> int:
    return max((len(one.get(member) or ()) for one in entries), default=0)


class Way(StrEnum):
    """How local users get into a new pool: the restore's `credentials`, and the migration trigger."""

    RESET = "reset"
    IMPORT_JOB = "import-job"
    TEMPORARY = "temporary"
    FIRST_SIGN_IN = "first_sign_in"


@dataclass(frozen=True, slots=True)
class Effort:
    """One way for all local and linked users.

    `hours_by_quota` overlap, so the slowest is the least time it takes. `hours` is None where part of the work has no
    documented speed. `billed` is None where it depends on who signs in.
    """

    way: Way
    hours_by_quota: Mapping[str, float]
    hours: float | None
    billed: int | None
    passwords: str
    note: str

    def to_report(self) -> dict[str, Any]:
        return {
            "way": self.way.value,
            "hours_by_quota": dict(self.hours_by_quota),
            "hours": self.hours,
            "users_billed_as_active": self.billed,
            "passwords": self.passwords,
            "note": self.note,
        }


def local_users(survey: UserSurvey) -> int:
    """Those with a password of their own: the ones that something has to be done for."""
    return survey.count(kinds=PASSWORD_KINDS)


def efforts(survey: UserSurvey, rates: Mapping[Category, float]) -> tuple[Effort, ...]:
    """Each way for all local users. `rates` in requests per second: the quotas in force, times the share allowed."""
    people = local_users(survey)
    updates = survey.fact(Fact.LOCAL_MEMBERSHIPS) + survey.fact(Fact.LOCAL_DISABLED)
    touched = people - survey.fact(Fact.LOCAL_UNTOUCHED_BY_IMPORT)
    files = math.ceil(people / USERS_PER_IMPORT_FILE)
    creating = {Category.USER_CREATION: people, Category.USER_UPDATE: updates}

    def hours(calls: Mapping[Category, int]) -> dict[str, float]:
        return {category.value: round(count / rates[category] / 3600, 4) for category, count in calls.items()}

    reset = hours({**creating, Category.USER_ACCOUNT_RECOVERY: people})
    temporary = hours(creating)
    return (
        Effort(Way.RESET, reset, max(reset.values()), people, "Everybody chooses a new one through 'forgot password'.",
               "One AdminCreateUser and one AdminSetUserPassword per user; no message is sent."),
        Effort(Way.IMPORT_JOB, hours({Category.USER_UPDATE: updates}), None if people else 0.0, touched,
               "Everybody with a verified address chooses a new one; others are not imported.",
               f"{number(files, 'file')}, one import job at a time in the account. AWS does not say how fast a job is; "
               "memberships and disabling follow at the update quota, and putting users in groups bills them."),
        Effort(Way.TEMPORARY, temporary, max(temporary.values()), people,
               "Everybody gets a temporary one, which somebody has to hand over before it expires.",
               "AdminCreateUser alone. Until the temporary password is used, 'forgot password' is refused."),
        Effort(Way.FIRST_SIGN_IN, {}, 0.0, None, "Everybody who signs in during the migration keeps theirs.",
               "No bulk work: as many users as sign in, while they sign in. It lasts as long as it is kept open."),
    )  # fmt: skip


def messages(configuration: Configuration, survey: UserSurvey) -> dict[str, Any]:
    """What telling everybody, or letting everybody reset, needs of the senders of e-mail and SMS."""
    sender = (configuration.user_pool.get("EmailConfiguration") or {}).get("EmailSendingAccount") or "COGNITO_DEFAULT"
    by_mail = survey.count(kinds=PASSWORD_KINDS, channels=(Channel.EMAIL, Channel.BOTH))
    by_sms = survey.count(kinds=PASSWORD_KINDS, channels=(Channel.PHONE,))
    default = sender == "COGNITO_DEFAULT"
    notes = []
    if default and by_mail:
        notes.append(
            f"Cognito's own sender takes {DEFAULT_MAILS_A_DAY} messages a day for the whole account: connect Amazon "
            "SES before anybody is asked to reset."
        )
    if not default and by_mail:
        notes.append("Amazon SES sends: its sandbox and its daily quota are in the SES console, not in here.")
    if by_sms:
        notes.append(
            f"{users(by_sms)} can be reached by SMS alone: check the SMS sandbox (verified numbers only), the monthly "
            "spend limit and the origination number."
        )
    return {
        "email_sender": sender,
        "reachable_by_email": by_mail,
        "reachable_by_sms_only": by_sms,
        "emails_a_day": DEFAULT_MAILS_A_DAY if default else None,
        "days_to_mail_everybody": math.ceil(by_mail / DEFAULT_MAILS_A_DAY) if default else None,
        "notes": notes,
    }

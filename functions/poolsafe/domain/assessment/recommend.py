"""The recommendation: which of six ways fits this pool, with the numbers that say so.

    the first of RULES whose condition holds decides

The rules read a `Case`, which is the survey boiled down to what decides. Who is
"dormant" is told by the last change of the profile, for nothing tells the last
sign-in: so no plan rests on the guess who comes back. A mix keeps first sign-in
open for everybody, and restores those who did not come.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from ..configuration.model import Configuration
from .collisions import Collisions
from .settings import SETTINGS, Verdict, mfa_mode, verdicts
from .sizes import local_users, messages
from .survey import Fact, UserSurvey
from .traits import PASSWORD_KINDS, Ability, Age, Channel, Kind
from .wording import inside

#: A share of users too small to plan for: they are told by hand.
FEW = 0.01
#: A share large enough to deserve a way of its own.
MATERIAL = 0.10
#: Of this share of unreachable users, "forgot password" for everybody locks too many people out.
UNREACHABLE_TOLERATED = 0.05
#: Local users who may all be asked to choose a new password in the same days: what a support desk can carry.
SMALL = 10_000
#: Days that mailing everybody may take: on the first day they all find the old password refused.
MAIL_DAYS_TOLERATED = 1

REACHABLE = (Channel.EMAIL, Channel.PHONE, Channel.BOTH)


class Recommendation(StrEnum):
    """What can be recommended."""

    REPLICATION = "replication"
    IN_PLACE = "in_place"
    FEDERATION_ONLY = "federation_only"
    RESET = "reset"
    FIRST_SIGN_IN = "first_sign_in"
    MIX = "mix"


@dataclass(frozen=True, slots=True)
class Case:
    """What decides. Users but for `federated` are local and linked ones."""

    federated: int
    local: int
    reachable: int
    #: Able to sign in, reachable, and not created or changed within a year.
    dormant: int
    #: Disabled, or in a status in which no password works: they cannot be migrated at a sign-in.
    unable_reachable: int
    unable_unreachable: int
    mail_days: int | None
    source_exists: bool
    #: What the intended changes come to; empty when none was named.
    verdicts: Collection[str]

    @property
    def users(self) -> int:
        return self.federated + self.local

    @property
    def unreachable(self) -> int:
        return self.local - self.reachable

    @property
    def fixed(self) -> bool:
        """Whether a new pool is needed, or nobody said what for."""
        return not self.verdicts or Verdict.NEW_POOL in self.verdicts

    @property
    def reset_is_bearable(self) -> bool:
        """Few enough, nearly all reachable, and a sender that keeps up."""
        return (
            self.local <= SMALL
            and self.unreachable <= UNREACHABLE_TOLERATED * self.local
            and (self.mail_days or 0) <= MAIL_DAYS_TOLERATED
        )

    @property
    def signs_in_first(self) -> bool:
        """Whether the local users of this case are better migrated at their first sign-in than reset."""
        return self.source_exists and not self.reset_is_bearable


def case_of(configuration: Configuration, survey: UserSurvey, changes: Collection[str], *, source_exists: bool) -> Case:
    """Boil it down. `source_exists` is false when only a snapshot is left of the pool."""
    return Case(
        federated=survey.count(kinds=(Kind.FEDERATED,)),
        local=local_users(survey),
        reachable=survey.count(kinds=PASSWORD_KINDS, channels=REACHABLE),
        dormant=survey.count(PASSWORD_KINDS, (Age.OLDER,), REACHABLE, (Ability.ABLE,)),
        unable_reachable=survey.count(PASSWORD_KINDS, channels=REACHABLE, abilities=(Ability.UNABLE,)),
        unable_unreachable=survey.count(PASSWORD_KINDS, channels=(Channel.NONE,), abilities=(Ability.UNABLE,)),
        mail_days=messages(configuration, survey)["days_to_mail_everybody"],
        source_exists=source_exists,
        verdicts=frozenset(row["verdict"] for row in verdicts(configuration, changes)),
    )


Rule = tuple[Recommendation, str, Callable[[Case], bool]]

RULES: tuple[Rule, ...] = (
    (
        Recommendation.REPLICATION,
        "The pool has to survive the loss of its Region, and nothing else asks for a new pool.",
        lambda case: not case.fixed and case.source_exists and Verdict.REPLICATION in case.verdicts,
    ),
    (
        Recommendation.IN_PLACE,
        "Everything that is to change can be changed in the pool as it is.",
        lambda case: not case.fixed and case.source_exists,
    ),
    (
        Recommendation.RESET,
        "There is nobody to move.",
        lambda case: not case.users,
    ),
    (
        Recommendation.FEDERATION_ONLY,
        "All but a few users come from identity providers, which keep their passwords.",
        lambda case: case.federated > 0 and case.local <= FEW * case.users,
    ),
    (
        Recommendation.RESET,
        "The old pool is gone, so nobody's password can be checked against it any more.",
        lambda case: not case.source_exists and case.federated < MATERIAL * case.users,
    ),
    (
        Recommendation.MIX,
        "Part of the users come from identity providers; the old pool is gone, so the others reset.",
        lambda case: not case.source_exists,
    ),
    (
        Recommendation.RESET,
        "The local users are few, nearly all can be reached, and the sender can keep up.",
        lambda case: case.reset_is_bearable and case.federated < MATERIAL * case.users,
    ),
    (
        Recommendation.MIX,
        "The users fall into groups that need different ways.",
        lambda case: case.federated >= MATERIAL * case.users or case.dormant >= MATERIAL * case.local,
    ),
    (
        Recommendation.FIRST_SIGN_IN,
        "A reset for everybody would hurt, and too few users are dormant to treat them apart.",
        lambda _: True,
    ),
)


def decide(case: Case) -> tuple[Recommendation, str]:
    """The first rule that holds, and its reason."""
    return next((way, reason) for way, reason, holds in RULES if holds(case))


def counts(way: Recommendation, case: Case) -> dict[str, int]:
    """How many users take which way: the parts add up to all users."""
    none = {"nothing_to_do": 0, "federation": case.federated, "first_sign_in": 0, "reset": 0, "unreachable": 0}
    match way:
        case Recommendation.REPLICATION | Recommendation.IN_PLACE:
            return {**none, "nothing_to_do": case.users, "federation": 0}
        case Recommendation.FIRST_SIGN_IN | Recommendation.MIX if case.signs_in_first:
            # Those whom it does not bring are restored when it ends.
            left = case.unable_reachable + (case.dormant if way is Recommendation.MIX else 0)
            first = case.local - left - case.unable_unreachable
            return {**none, "first_sign_in": first, "reset": left, "unreachable": case.unable_unreachable}
        case _:
            return {**none, "reset": case.reachable, "unreachable": case.unreachable}


@dataclass(frozen=True, slots=True)
class Situation:
    """What advice reads beside the case: settings whose cost depends on the pool."""

    mfa: str
    totp_users: int | None
    clients_to_change: int
    clients_ready: int
    address_unverified: int
    sub_likelihood: str
    replication: Mapping[str, object]
    changes: tuple[str, ...]
    collisions: Collisions | None

    @property
    def titles(self) -> str:
        """The intended changes in words."""
        return ", ".join(inside(setting.title) for setting in SETTINGS if setting.change in self.changes)


def situation(
    configuration: Configuration,
    survey: UserSurvey,
    clients: Collection[Mapping[str, object]],
    sub: str,
    replication: Mapping[str, object],
    changes: Collection[str],
    collisions: Collisions | None,
) -> Situation:
    """Read it from the parts of the report. `sub` is the likelihood that sub is in use."""
    states = [client["first_sign_in"] for client in clients]
    known = survey.fact(Fact.MFA_KNOWN) == local_users(survey)
    return Situation(
        mfa=mfa_mode(configuration),
        totp_users=survey.methods["SOFTWARE_TOKEN_MFA"] if known else None,
        clients_to_change=states.count("must_change"),
        clients_ready=states.count("ready"),
        address_unverified=survey.fact(Fact.ADDRESS_UNVERIFIED),
        sub_likelihood=sub,
        replication=replication,
        changes=tuple(changes),
        collisions=collisions,
    )

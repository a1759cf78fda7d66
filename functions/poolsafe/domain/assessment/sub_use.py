"""Whether applications keep `sub` as their key of a user: likely, or unknown. Never "no": each token carries it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..configuration.model import Configuration
from .survey import Fact, UserSurvey
from .wording import users

LIKELY = "likely"
UNKNOWN = "unknown"

#: What a restore does for those who kept it.
OFFERS = (
    "custom:original_sub: each restored user carries the old sub in an immutable attribute.",
    "sub_map.parquet: the old sub beside the new one, to rewrite databases with.",
    "The token trigger: puts the old sub into a claim of its own. sub itself cannot be overridden "
    "[DG user-pool-lambda-pre-token-generation].",
)


def sub_report(configuration: Configuration, survey: UserSurvey) -> dict[str, Any]:
    """`likelihood`, the `reasons` for it and what the plan `offers`."""
    evidence = list(_evidence(configuration, survey))
    default = "Every token carries sub, so assume that something keeps it until the applications' owners say otherwise."
    return {
        "likelihood": LIKELY if evidence else UNKNOWN,
        "reasons": [*evidence, default],
        "offers": list(OFFERS),
    }


def _evidence(configuration: Configuration, survey: UserSurvey) -> Iterator[str]:
    pool = configuration.user_pool
    if same := survey.fact(Fact.USERNAME_IS_SUB):
        yield f"The username of {users(same)} is their sub: whoever keeps usernames keeps subs."
    triggers = pool.get("LambdaConfig") or {}
    if triggers.get("PreTokenGeneration") or triggers.get("PreTokenGenerationConfig"):
        yield "A pre token generation trigger adds claims, which it mostly looks up by sub or username."
    if triggers.get("PostConfirmation"):
        yield "A post confirmation trigger runs for each new user; such triggers commonly write the sub to a database."

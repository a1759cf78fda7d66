"""What AWS tells of an account's quotas and of how they are used, and what follows from it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from .quotas import Category

#: Those that an account may provision, and so the only ones that GetProvisionedLimit may tell otherwise than documented
#: (developer guide, "Quotas in Amazon Cognito", 2026).
ADJUSTABLE = frozenset(
    {
        Category.USER_AUTHENTICATION,
        Category.USER_CREATION,
        Category.USER_FEDERATION,
        Category.USER_READ,
        Category.USER_TOKEN,
        Category.USER_RESOURCE_READ,
    }
)
#: Cognito's name in Service Quotas, and how it calls the quotas there.
SERVICE_CODE = "cognito-idp"
_NAME = re.compile(r"Rate of (\w+) requests", re.IGNORECASE)
#: A hint, for a quota whose name says nothing: no documentation of AWS lists these (docs/unverified.md).
_CODES: Mapping[str, Category] = {
    "L-5987B8A0": Category.USER_CREATION,
    "L-7D6E8ED3": Category.USER_ACCOUNT_RECOVERY,
    "L-6621E65D": Category.USER_UPDATE,
    "L-574C86AE": Category.USER_RESOURCE_UPDATE,
    "L-259E3368": Category.USER_LIST,
    "L-D6BD5178": Category.USER_READ,
}
_BY_NAME = {category.value.lower(): category for category in Category}

#: Others' calls are counted by the minute, and come in clusters within it.
MARGIN = 0.1
#: Others' calls of before take no more than this share of what a run was given: they may have been our own, or be over.
LEAST = 0.5
#: From what share of its own pace on it is worth telling that a run goes slower.
WORTH_TELLING = 0.75


def category_of(name: str, code: str) -> Category | None:
    """The category of one of Service Quotas' quotas, or None for one that is no rate of a whole account."""
    matched = _NAME.fullmatch(name.strip().removesuffix(" per account"))
    return _BY_NAME.get(matched[1].lower()) if matched else _CODES.get(code)


def leaving_room(quota: float, quota_share: float, others: float) -> float:
    """The quota to reckon with where others make `others` calls a second: its share is what a run may use.

    That is no more than they leave of the quota, and no less than half of what the run was given.
    """
    given = quota * quota_share
    left = quota - others * (1 + MARGIN)
    return min(given, max(left, given * LEAST)) / quota_share

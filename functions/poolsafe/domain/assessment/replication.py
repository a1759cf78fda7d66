"""Whether Cognito's own multi-Region replication can and should be used instead [DG user-pool-multi-region].

It serves sign-in while a Region is away. It is no backup, for deletions
replicate; and it moves no pool, for the primary Region stays what it is.
"""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum
from typing import Any

from ..configuration.endpoints import UPDATED
from ..configuration.model import Configuration, SectionName
from .settings import Change

LIMITS = (
    "It is no backup: what is deleted in one Region is deleted in the other.",
    "The secondary Region signs users in; it creates none and changes no password or attribute.",
    "TOTP does not work in the secondary Region.",
    "The load balancer's and API Gateway's own Cognito authorizers do not accept the UPDATED issuer.",
    "It costs extra, and the sign-in pages need a custom domain that fails over.",
)


class Eligibility(StrEnum):
    """READY: every condition that can be read holds. AFTER_CHANGES: all that lack can be changed in place."""

    ACTIVE = "active"
    READY = "ready"
    AFTER_CHANGES = "after_changes"


def replication_report(configuration: Configuration, changes: Collection[str]) -> dict[str, Any]:
    """The conditions one by one, what they come to, and whether replication serves better than a move."""
    conditions = _conditions(configuration)
    lacking = [one for one in conditions if one["met"] is False]
    if configuration.entries(SectionName.REPLICAS):
        eligibility = Eligibility.ACTIVE
    else:
        eligibility = Eligibility.AFTER_CHANGES if lacking else Eligibility.READY
    wanted = Change.REGION_AVAILABILITY in changes
    return {
        "eligibility": eligibility.value,
        "serves_better": wanted,
        "why": (
            "The aim is to stay available without the Region: replication keeps pool id, passwords and sub."
            if wanted
            else "The aim is not to survive the loss of a Region, and that is all that replication does."
        ),
        "conditions": conditions,
        "limits": list(LIMITS),
    }


def _conditions(configuration: Configuration) -> list[dict[str, Any]]:
    pool = configuration.user_pool
    key = pool.get("KeyConfiguration") or {}
    tier = pool.get("UserPoolTier")
    issuer = (pool.get("IssuerConfiguration") or {}).get("Type") or "ORIGINAL"
    own_key = key.get("KeyType") == "CUSTOMER_MANAGED_KEY"
    # The id of a multi-Region key begins so [KMS multi-region-keys-overview].
    multi_region = own_key and "key/mrk-" in str(key.get("KmsKeyArn"))
    return [
        {
            "condition": "Feature plan Essentials or Plus",
            "met": None if tier is None else tier in ("ESSENTIALS", "PLUS"),
            "current": tier or "not told",
        },
        {
            "condition": "Encrypted with a multi-Region key of your own",
            "met": multi_region,
            "current": "multi-Region key" if multi_region else "single-Region key" if own_key else "AWS's key",
        },
        {"condition": "Issuer of type UPDATED", "met": issuer == UPDATED, "current": issuer},
        {
            "condition": "On Cognito's newer infrastructure",
            "met": None,
            "current": "Not told by any operation: the console offers replication to the pools that are.",
        },
    ]

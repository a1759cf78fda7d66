"""The configuration of threat protection, of a pool and of single app clients.

Sources: https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_SetRiskConfiguration.html: a
request with nothing but the ids sets the pool to defaults, or has the app client inherit the pool's again; and
.../API_DescribeRiskConfiguration.html. UserPoolAddOnNotEnabledException "is thrown when user pool add-ons aren't
enabled": unless `AdvancedSecurityMode` is AUDIT or ENFORCED (.../API_UserPoolAddOnsType.html).

Assumed: what was never set, or was reset, is described by its ids alone, for an app client as well: the pool's
configuration is not repeated in its answer; a Set replaces all three parts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .operations import Json, Refused, answering, kept, now

PARTS = (
    "CompromisedCredentialsRiskConfiguration",
    "AccountTakeoverRiskConfiguration",
    "RiskExceptionConfiguration",
)
#: The key of the pool's own configuration, among those of its app clients.
WHOLE_POOL = ""


def _set(pool: Json, members: Mapping[str, Any]) -> Json:
    _check_enabled(pool)
    parts = {name: members[name] for name in PARTS if members.get(name) is not None}
    configurations = kept(pool, "risk")
    configurations.pop(members.get("ClientId", WHOLE_POOL), None)
    if parts:
        configurations[members.get("ClientId", WHOLE_POOL)] = {**parts, "LastModifiedDate": now()}
    return _describe(pool, members)


def _describe(pool: Json, members: Mapping[str, Any]) -> Json:
    _check_enabled(pool)
    ids = {"UserPoolId": pool["Id"], **({"ClientId": members["ClientId"]} if members.get("ClientId") else {})}
    return {"RiskConfiguration": {**ids, **kept(pool, "risk").get(members.get("ClientId", WHOLE_POOL), {})}}


def _check_enabled(pool: Json) -> None:
    if (pool.get("UserPoolAddOns") or {}).get("AdvancedSecurityMode") not in ("AUDIT", "ENFORCED"):
        raise Refused("UserPoolAddOnNotEnabledException", f"Threat protection is off in {pool['Id']}.")


risk = answering({"SetRiskConfiguration": _set, "DescribeRiskConfiguration": _describe})

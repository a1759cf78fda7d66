"""Replicas of a user pool in other Regions, as far as telling of them goes: no second pool comes into being.

Sources: https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ListUserPoolReplicas.html
("including both primary and secondary replicas"), .../API_CreateUserPoolReplica.html,
.../API_DeleteUserPoolReplica.html (only one that is INACTIVE), and
https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-multi-region.html: not in the Lite feature plan, and
only with a customer managed multi-Region key and the updated issuer; replicas share the pool's id.

Assumed: a pool that was never replicated has an empty list; a missing key or issuer is an InvalidParameterException;
one replica a Region, and no second one elsewhere; it is ACTIVE at once, and gone at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .operations import Json, Refused, answering, kept, tier_of


def _create(pool: Json, members: Mapping[str, Any]) -> Json:
    region = members["RegionName"]
    if tier_of(pool) == "LITE":
        raise Refused("FeatureUnavailableInTierException", "Replication is not available in the LITE tier.")
    if (pool.get("KeyConfiguration") or {}).get("KeyType") != "CUSTOMER_MANAGED_KEY":
        raise Refused("InvalidParameterException", "Replication needs a customer managed multi-Region key.")
    if (pool.get("IssuerConfiguration") or {}).get("Type") != "UPDATED":
        raise Refused("InvalidParameterException", "Replication needs the updated issuer.")
    replicas = kept(pool, "replicas")
    if replicas or region == _home(pool):
        raise Refused("InvalidParameterException", f"The user pool cannot have a replica in {region}.")
    replicas[_home(pool)] = _replica(pool, _home(pool), "PRIMARY")
    replicas[region] = _replica(pool, region, "SECONDARY")
    return {"UserPoolReplica": replicas[region]}


def _list(pool: Json, _members: Mapping[str, Any]) -> Json:
    return {"UserPoolReplicas": list(kept(pool, "replicas").values())}


def _update(pool: Json, members: Mapping[str, Any]) -> Json:
    replica = _secondary(pool, members["RegionName"])
    replica["Status"] = members["Status"]
    return {"UserPoolReplica": replica}


def _delete(pool: Json, members: Mapping[str, Any]) -> Json:
    replica = _secondary(pool, members["RegionName"])
    if replica["Status"] != "INACTIVE":
        raise Refused("InvalidParameterException", "Only a replica that is INACTIVE can be deleted.")
    kept(pool, "replicas").clear()
    return {"UserPoolReplica": {**replica, "Status": "DELETING"}}


def _secondary(pool: Json, region: str) -> Json:
    replica: Json = kept(pool, "replicas").get(region, {})
    if replica.get("Role") != "SECONDARY":
        raise Refused("ResourceNotFoundException", f"The user pool has no replica in {region}.")
    return replica


def _home(pool: Json) -> str:
    return str(pool["Arn"]).split(":")[3]


def _replica(pool: Json, region: str, role: str) -> Json:
    arn = str(pool["Arn"]).split(":")
    arn[3] = region
    return {"RegionName": region, "Status": "ACTIVE", "Role": role, "UserPoolArn": ":".join(arn)}


replicas = answering(
    {
        "CreateUserPoolReplica": _create,
        "ListUserPoolReplicas": _list,
        "UpdateUserPoolReplica": _update,
        "DeleteUserPoolReplica": _delete,
    }
)

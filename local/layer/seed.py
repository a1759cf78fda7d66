"""Users straight into the pool: the stand-in for years of sign-ups, and for what no API can make.

`POST /_poolsafe/users` with `{"UserPoolId": ..., "Users": [...], "Groups": [...]}`. A user is what ListUsers returns
(`Username` and whatever else is known of it), with `Password` and `Groups` (names) where wanted; a group is what
CreateGroup takes. Federated profiles with their `identities`, unconfirmed users, creation dates long past and users
without any attribute but `sub` come in this way only. Not a part of the product.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from typing import Any

from .pools import pool_anywhere


def put_users(method: str, body: Any) -> dict[str, int]:
    """Adds or replaces the users and groups; answers how many."""
    if method != "POST":
        raise ValueError("POST the users")
    pool = pool_anywhere(body["UserPoolId"])
    groups = body.get("Groups", ())
    users = body.get("Users", ())
    for group in groups:
        _put_group(pool, group)
    for user in users:
        _put_user(pool, user)
    pool["EstimatedNumberOfUsers"] = len(pool["_users"])
    return {"users": len(users), "groups": len(groups)}


def _put_group(pool: dict[str, Any], group: Mapping[str, Any]) -> None:
    now = time.time()
    known = pool["_groups"].get(group["GroupName"], {"_members": [], "CreationDate": now, "LastModifiedDate": now})
    pool["_groups"][group["GroupName"]] = {**known, **group, "UserPoolId": pool["Id"]}


def _put_user(pool: dict[str, Any], user: Mapping[str, Any]) -> None:
    attributes = {attribute["Name"]: attribute["Value"] for attribute in user.get("Attributes", ())}
    attributes.setdefault("sub", str(uuid.uuid4()))
    username = user.get("Username") or attributes["sub"]
    created = user.get("UserCreateDate", time.time())
    member_of = list(user.get("Groups", ()))
    for name in member_of:
        if username not in pool["_groups"][name]["_members"]:
            pool["_groups"][name]["_members"].append(username)
    pool["_users"][username] = {
        "Username": username,
        "Attributes": [{"Name": name, "Value": value} for name, value in attributes.items()],
        "UserCreateDate": created,
        "UserLastModifiedDate": user.get("UserLastModifiedDate", created),
        "Enabled": user.get("Enabled", True),
        "UserStatus": user.get("UserStatus", "CONFIRMED"),
        "MFAOptions": list(user.get("MFAOptions", ())),
        "_password": user.get("Password", ""),
        "_groups": member_of,
        "_tokens": [],
    }

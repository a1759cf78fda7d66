"""Synthetic pools (`synthetic_pool.py`) in the embedded cloud: made by `PUT /_poolsafe/synthetic-pools`.

    {"users": 10000000, "groups": 20, "memberships_per_user": 1, "seed": 1, "estimate_factor": 1.0,
     "Region": ..., "Account": ...}

is answered with `{"UserPoolId": ...}`. The pool itself is the emulator's, made by its own CreateUserPool, so that all
configuration can be read, changed and deleted; its users, groups and memberships are made on the fly, and cannot be
changed: what would is an InvalidParameterException, as no AWS does. How its listings behave is set by `pages` of
`limits.py`; its page tokens are opaque, whether `pages` are on or not, and `lag_s` means nothing where nothing changes.
An `empty_page` of `faults.py` is not for them.

Its answers are written as they are sent: nothing else of this layer sees them but what lies outside
(`application`).
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

from .concern import TARGET_PREFIX, Answer, Call, Proceed, ServiceHandler
from .limited_pages import page_size, refused
from .limits import Limits
from .page_manners import PageManners, TokenRefused
from .pools import pool_of_request
from .synthetic_pool import SyntheticPool

SCHEMA = [{"Name": "tier", "AttributeDataType": "String", "Mutable": True}]
LISTINGS = {
    "ListUsers": "PaginationToken",
    "ListUsersInGroup": "NextToken",
    "ListGroups": "NextToken",
    "AdminListGroupsForUser": "NextToken",
}
READS = ("AdminGetUser", "GetGroup", "AdminGetUserAuthFactors", "AdminListDevices")
#: Operations on a user or a group that this pool does not have.
CHANGES = ("CreateGroup", "UpdateGroup", "DeleteGroup", "SignUp")


class SyntheticPools:
    """`make` is Cognito as it is without us."""

    def __init__(self, limits: Limits, make: ServiceHandler) -> None:
        self._limits, self._make = limits, make
        self._pools: dict[str, SyntheticPool] = {}
        self._manners = PageManners()

    async def __call__(self, call: Call, proceed: Proceed) -> Answer:
        pool = self._pools.get(call.user_pool_id)
        if pool is None or pool_of_request(call.user_pool_id) is None:
            return await proceed(call)
        pool.manners = self._limits.manners or self._manners
        try:
            if call.action in LISTINGS:
                return _listing(pool, call.action, call.members)
            if call.action in READS:
                return Answer(200, _read(pool, call.action, call.members))
        except TokenRefused:
            return refused(call.members.get(LISTINGS[call.action]))
        except ValueError as wrong:
            return Answer.error("InvalidParameterException", str(wrong))
        except KeyError:
            if "GroupName" in call.members:
                return Answer.error("ResourceNotFoundException", "Group not found.")
            return Answer.error("UserNotFoundException", "User does not exist.")
        if "Username" in call.members or call.action in CHANGES:
            return Answer.error("InvalidParameterException", "The users and groups of a synthetic pool do not change.")
        return await proceed(call)

    def holds(self, user_pool_id: str) -> bool:
        return user_pool_id in self._pools

    async def control(self, method: str, body: Any) -> dict[str, str]:
        """`PUT` makes a pool."""
        from ministack.core import responses

        if method != "PUT":
            raise ValueError("PUT a synthetic pool")
        wanted = dict(body)
        account = wanted.pop("Account", responses.get_account_id())
        region = wanted.pop("Region", responses.get_region())
        made = {"PoolName": wanted.pop("name", "synthetic"), "Schema": SCHEMA, "AutoVerifiedAttributes": ["email"]}
        pool = SyntheticPool(**{"seed": 0, **wanted})
        headers = {"x-amz-target": f"{TARGET_PREFIX}CreateUserPool"}
        with responses.request_scope(account, region):
            status, _, answer = await self._make("POST", "/", headers, json.dumps(made).encode(), {})
            if status != 200:
                raise ValueError(answer.decode())
            user_pool_id = str(json.loads(answer)["UserPool"]["Id"])
            record = pool_of_request(user_pool_id)
        assert record is not None  # noqa: S101
        record.update(pool.describe())
        self._pools[user_pool_id] = pool
        return {"UserPoolId": user_pool_id}


def _listing(pool: SyntheticPool, action: str, members: Mapping[str, Any]) -> Answer:
    token_name = LISTINGS[action]
    token, limit, now = members.get(token_name), page_size(members), time.time()
    if action == "ListUsers":
        users, following = pool.list_users_text(members.get("Filter") or "", token, limit, now)
        return _users(users, token_name, following)
    if action == "ListUsersInGroup":
        users, following = pool.list_users_in_group_text(members["GroupName"], token, limit, now)
        return _users(users, token_name, following)
    if action == "ListGroups":
        groups, following = pool.list_groups(token, limit, now)
    else:
        groups, following = pool.list_groups_for_user(members["Username"], token, limit, now)
    told = [{**group, "UserPoolId": members["UserPoolId"]} for group in groups]
    return Answer(200, {"Groups": told, **({token_name: following} if following else {})})


def _users(users: list[str], token_name: str, token: str | None) -> Answer:
    """Tokens are base64: nothing in them needs an escape."""
    following = f',"{token_name}":"{token}"' if token else ""
    return Answer(200, {}, content=f'{{"Users":[{",".join(users)}]{following}}}'.encode())


def _read(pool: SyntheticPool, action: str, members: Mapping[str, Any]) -> dict[str, Any]:
    if action == "GetGroup":
        return {"Group": {**pool.group_by_name(members["GroupName"]), "UserPoolId": members["UserPoolId"]}}
    user = pool.user_by_name(members["Username"])
    if action == "AdminGetUserAuthFactors":
        return {"Username": user["Username"], "ConfiguredUserAuthFactors": ["PASSWORD"]}
    if action == "AdminListDevices":
        return {"Devices": []}
    user["UserAttributes"] = user.pop("Attributes")
    return user

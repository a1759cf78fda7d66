"""The emulator's user pools, in memory: the one module that knows how it keeps them.

To be used within a request, whose account and Region the emulator has set, or with an id that names the pool anywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any


def pool_of_request(user_pool_id: str) -> dict[str, Any] | None:
    """The pool of that id in the request's account and Region."""
    from ministack.services import cognito

    pool: dict[str, Any] | None = cognito._user_pools.get(user_pool_id)
    return pool


def pool_anywhere(user_pool_id: str) -> dict[str, Any]:
    """The pool of that id in whatever account and Region. KeyError where there is none."""
    from ministack.services import cognito

    pools: dict[str, dict[str, Any]] = dict(cognito._all_pools())
    return pools[user_pool_id]


def within(pool: dict[str, Any]) -> AbstractContextManager[None]:
    """The pool's account and Region, for what is done on behalf of an app's request, or of none."""
    from ministack.core import responses

    _, _, _, region, account, _ = pool["Arn"].split(":", 5)
    scope: AbstractContextManager[None] = responses.request_scope(account, region)
    return scope


def user_of(pool: dict[str, Any], username: str) -> dict[str, Any] | None:
    """The user of that name, alias or sub."""
    from ministack.services import cognito

    user: dict[str, Any] | None = cognito._resolve_user(pool, username)[0]
    return user


def values_of(user: Mapping[str, Any], attributes: str = "Attributes") -> dict[str, str]:
    """A user's attributes, or those a request gives, by name."""
    return {given["Name"]: given.get("Value") or "" for given in user.get(attributes) or ()}


def put_values(user: dict[str, Any], values: Mapping[str, str]) -> None:
    user["Attributes"] = [{"Name": name, "Value": value} for name, value in values.items()]


def is_case_insensitive(pool: dict[str, Any]) -> bool:
    """`CaseSensitive` is true unless the pool says otherwise
    (https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_UsernameConfigurationType.html)."""
    return pool.get("UsernameConfiguration", {}).get("CaseSensitive") is False


def pool_of_client(client_id: str) -> dict[str, Any] | None:
    """The pool of an app client: requests of an app carry no signature, hence no account."""
    from ministack.services import cognito

    return next((pool for _, pool in cognito._all_pools() if client_id in pool["_clients"]), None)


def hides_users(pool: dict[str, Any], client_id: str) -> bool:
    """Whether that app client answers for unknown users as for known ones (`PreventUserExistenceErrors`)."""
    return bool(pool["_clients"][client_id].get("PreventUserExistenceErrors") == "ENABLED")


def account_and_region(pool: dict[str, Any] | None) -> tuple[str, str]:
    """Those of the pool, or of the request where there is none."""
    from ministack.core import responses

    if pool is None:
        return responses.get_account_id(), responses.get_region()
    _, _, _, region, account, _ = pool["Arn"].split(":", 5)
    return account, region

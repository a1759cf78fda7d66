"""The user who an identity of a provider belongs to: a local one that it is linked to, or the profile it got itself.

Source: https://docs.aws.amazon.com/cognito/latest/developerguide/
cognito-user-pools-identity-federation-consolidate-users.html. The profile is in the provider's group:
.../cognito-user-pools-user-groups.html.
"""

from __future__ import annotations

from collections.abc import Mapping

from .links import forget_ended, identities_of
from .operations import Json, new_id, now
from .pools import put_values

EXTERNAL = "EXTERNAL_PROVIDER"


def linked(pool: Json, body: Json, told: Mapping[str, str]) -> Json | None:
    """The user whom an administrator linked to that identity, by its subject or an attribute of it."""
    from ministack.services import cognito

    forget_ended(pool)
    username = cognito._linked_username_for_federation(pool, body["ProviderName"], body["UserId"], told)
    user: Json | None = pool["_users"].get(username)
    return user


def profile_of(pool: Json, username: str, body: Json) -> Json | None:
    """The profile that an earlier sign-in made. A local user who has its name is none."""
    user: Json | None = pool["_users"].get(username)
    if user is None:
        return None
    own = [one.get("providerName") for one in identities_of(user) if str(one.get("primary")).lower() == "true"]
    return user if user["UserStatus"] == EXTERNAL or body["ProviderName"] in own else None


def made(pool: Json, username: str, body: Json, attributes: Mapping[str, str]) -> Json:
    """A new profile, in the group of its provider."""
    from ministack.services import cognito

    user: Json = {
        "Username": username,
        "Attributes": [],
        "UserCreateDate": now(),
        "UserLastModifiedDate": now(),
        "Enabled": True,
        "UserStatus": EXTERNAL,
        "MFAOptions": [],
        "_password": "",
        "_groups": [],
        "_tokens": [],
    }
    put_values(user, {"sub": new_id(), **attributes})
    pool["_users"][username] = user
    pool["EstimatedNumberOfUsers"] = len(pool["_users"])
    cognito._start_federated_profile(pool, pool["Id"], user, body["ProviderName"], body["UserId"])
    return user

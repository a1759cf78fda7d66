"""AdminLinkProviderForUser: which provider, whose identity, and to whom.

Sources: https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminLinkProviderForUser.html
(social providers need Cognito_Subject, OIDC and SAML an attribute that the provider's configuration maps, or
Cognito_Subject; five identities a user), https://docs.aws.amazon.com/cognito/latest/developerguide/
cognito-user-pools-identity-federation-consolidate-users.html. Who has signed in with it has a profile already:
"Merging is not currently supported", https://github.com/aws/aws-sdk-net/issues/1000. Linking an identity again to the
user who has it: an InvalidParameterException, although the link is there, https://github.com/boto/boto3/issues/4163,
https://github.com/aws/aws-sdk-js-v3/issues/5281.

Assumed: an identity of another user is an AliasExistsException (https://github.com/aws-amplify/amplify-js/issues/497);
a provider that the pool does not have, an attribute that it does not map and a merge are InvalidParameterExceptions; a
destination named as `Cognito` is a local user, by the username, not by an alias. A link ends with its user.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from .concern import Answer, Call, Proceed
from .operations import Json, Refused
from .pools import pool_of_request, values_of

LINKS, LOCAL, SUBJECT = "AdminLinkProviderForUser", "Cognito", "Cognito_Subject"
BY_ATTRIBUTE = ("OIDC", "SAML")


async def links(call: Call, proceed: Proceed) -> Answer:
    pool = pool_of_request(call.user_pool_id) if call.action == LINKS else None
    source, destination = call.members.get("SourceUser") or {}, call.members.get("DestinationUser") or {}
    if pool is None or not source.get("ProviderName") or source["ProviderName"] == LOCAL:
        return await proceed(call)
    user = pool["_users"].get(destination.get("ProviderAttributeValue", ""))
    if destination.get("ProviderName") == LOCAL and user and user["UserStatus"] == "EXTERNAL_PROVIDER":
        return Answer.error("UserNotFoundException", "User does not exist.")
    if user is None and destination.get("ProviderName") == LOCAL:
        return await proceed(call)
    try:
        _check_provider(pool, source)
        _check_identity(pool, source, user)
    except Refused as refused:
        return Answer.error(refused.name, str(refused))
    forget_ended(pool)
    return await proceed(call)


def _check_provider(pool: Json, source: Mapping[str, str]) -> None:
    provider = (pool.get("_identity_providers") or {}).get(source["ProviderName"])
    if provider is None:
        message = f"The provider {source['ProviderName']} does not exist for User Pool {pool['Id']}."
        raise Refused("InvalidParameterException", message)
    mapped = provider.get("AttributeMapping") or {} if provider["ProviderType"] in BY_ATTRIBUTE else {}
    if source.get("ProviderAttributeName") not in (SUBJECT, *mapped):
        raise Refused("InvalidParameterException", "ProviderAttributeName is not an attribute of the provider.")


def _check_identity(pool: Json, source: Mapping[str, str], destination: Json | None) -> None:
    profile = f"{source['ProviderName']}_{source.get('ProviderAttributeValue')}".lower()
    wanted = (source["ProviderName"], source.get("ProviderAttributeValue"))
    for user in pool["_users"].values():
        had = [one for one in identities_of(user) if (one.get("providerName"), one.get("userId")) == wanted]
        if user["UserStatus"] == "EXTERNAL_PROVIDER" and (had or user["Username"].lower() == profile):
            message = "Merging is not currently supported, provide a SourceUser that has not been signed up to link."
            raise Refused("InvalidParameterException", message)
        if had and user is destination:
            raise Refused("InvalidParameterException", "Invalid SourceUser: it is linked to the user already.")
        if had:
            raise Refused("AliasExistsException", "The identity is linked to another user.")


def identities_of(user: Json) -> Iterator[dict[str, Any]]:
    """The user's own and linked identities. What is no list of them holds none."""
    try:
        found = json.loads(values_of(user).get("identities") or "[]")
    except ValueError:
        return
    yield from (one for one in found if isinstance(one, dict)) if isinstance(found, list) else ()


def forget_ended(pool: Json) -> None:
    """The emulator keeps the links of users who are gone, and takes the next user of that name for linked."""
    known = pool.get("_provider_links") or {}
    for key, username in list(known.items()):
        provider, _, value = key.split("\x00")
        user = pool["_users"].get(username)
        linked = identities_of(user) if user else ()
        if not any((one.get("providerName"), one.get("userId")) == (provider, value) for one in linked):
            del known[key]

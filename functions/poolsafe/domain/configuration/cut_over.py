"""The cut-over list: who has to change what when a new pool takes an old one's place.

Made from facts of both pools. It cannot know who verifies tokens or names the
pool in a policy: what is true of any pool is said of this one. What the restore
itself could not bring back is in its own report, not here. It holds no secret
and no user.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .client_changes import client_changes
from .endpoints import UPDATED, Domains, identity_pool_provider
from .model import Configuration, SectionName
from .provider_changes import provider_changes
from .to_change import Who, item


def cut_over(
    old: Configuration,
    new: Configuration,
    clients: Mapping[str, str],
    id_map: Mapping[str, Any],
    secrets_kept: Mapping[str, bool],
) -> dict[str, Any]:
    """The list as `schemas/cut_over.json`.

    `clients` is the new client id by the old one, `id_map` what `id_map()` made
    of the same pools, `secrets_kept` by old client id whether the new client
    took over the secret; a client that is not in it did not.
    """
    changes = [
        *provider_changes(old, id_map),
        *client_changes(old, new, id_map, secrets_kept),
        *_verifiers(old, new, id_map),
        *_domains(old, new, id_map),
        *_pool(id_map),
    ]
    return {
        "old_user_pool_id": id_map["user_pool_id"]["old"],
        "new_user_pool_id": id_map["user_pool_id"]["new"],
        "changes": changes,
        "cannot_be_kept": [*_losses(old, new, len(clients), id_map)],
    }


def _verifiers(old: Configuration, new: Configuration, id_map: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Whoever looks at tokens. An UPDATED issuer has no use for some [DG user-pool-multi-region]."""
    who, issuer, arn = Who.TOKEN_VERIFIER_OWNER, id_map["issuer"], id_map["user_pool_arn"]
    updated = (new.user_pool.get("IssuerConfiguration") or {}).get("Type") == UPDATED
    instead = "Verify these tokens another way: it does not take the new pool's issuer, which is of the type UPDATED."
    yield item(who, "issuer", **issuer, do="Accept the new issuer (iss) beside the old one until the cut-over is over.")
    yield item(
        who, "signing keys", **id_map["jwks_uri"], do="Fetch the keys of the new pool's tokens from the new URI."
    )
    yield item(
        who,
        "OpenID discovery",
        **id_map["openid_configuration"],
        do="Read the new discovery document where a library configures itself.",
    )
    yield item(
        who,
        "Application Load Balancer: authenticate-cognito",
        **arn,
        do=instead if updated else "Set the new pool's ARN, client id and domain in each authenticate-cognito action.",
    )
    yield item(
        who,
        "API Gateway: Cognito authorizers of REST APIs",
        **arn,
        do=instead if updated else "Set the new pool's ARN in each Cognito authorizer.",
    )
    yield item(
        who,
        "API Gateway: JWT authorizers of HTTP APIs",
        **issuer,
        do="Set the new issuer and the new client ids as audience.",
    )
    yield item(
        who, "AppSync", **id_map["user_pool_id"], do="Set the new user pool id in each API's authorization mode."
    )
    yield item(
        who,
        "identity pools",
        identity_pool_provider(old.user_pool["Id"]),
        identity_pool_provider(new.user_pool["Id"]),
        "Add the new provider name with the new client ids, and mend role mappings that name the old one.",
    )
    yield item(
        who, "Verified Permissions", **arn, do="Point each identity source at the new pool's ARN and client ids."
    )
    for provider in id_map["identity_providers"]:
        yield item(
            who,
            f"group of the users of {provider['name']}",
            **provider["group"],
            do="Look for the new group's name in cognito:groups where code or a policy asks for the old one.",
        )


def _domains(old: Configuration, new: Configuration, id_map: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    before, after = Domains.of(old), Domains.of(new)
    if before.hosted_ui and not after.hosted_ui:
        yield item(
            Who.POOL_ADMINISTRATOR,
            "domain",
            before.hosted_ui,
            None,
            "Give the new pool a domain before the cut-over: without one it has no sign-in pages and no providers.",
        )
    if before.custom and before.custom != after.custom:
        yield item(
            Who.POOL_ADMINISTRATOR,
            f"custom domain {before.custom}",
            **id_map["domains"]["custom"],
            do="Delete the custom domain from the old pool and then make it in the new one: it belongs to one pool.",
        )
    for domain in dict.fromkeys(name for name in (before.custom, after.custom) if name):
        targets = [pool.alias_target if pool.custom == domain else None for pool in (before, after)]
        if targets[0] != targets[1] or targets[1] is None:
            yield item(
                Who.DNS_ADMINISTRATOR,
                f"DNS record of {domain}",
                targets[0],
                targets[1],
                "Point the record at the new CloudFront target once the new pool has the domain.",
            )


def _pool(id_map: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    yield item(
        Who.POOL_ADMINISTRATOR,
        "policies",
        **id_map["user_pool_arn"],
        do="Name the new pool's ARN in IAM policies, key policies and Lambda permissions that name the old one's.",
    )
    yield item(
        Who.POOL_ADMINISTRATOR,
        "the old pool",
        id_map["user_pool_id"]["old"],
        None,
        "Keep the old pool until nobody signs in to it any more, because only it has its users' passwords and devices.",
    )


def _losses(
    old: Configuration, new: Configuration, made_again: int, id_map: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    """What no API brings back [the facts, sections 1, 3 and 4]; of MFA and devices what the old pool used."""
    mfa = old.mapping(SectionName.MFA)
    pool_ids = id_map["user_pool_id"]
    yield item(
        Who.POOL_ADMINISTRATOR,
        "user pool id",
        **pool_ids,
        do="Replace the id, and the ARN and issuer made from it, everywhere.",
    )
    if id_map["clients"]:
        yield item(
            Who.APPLICATION_OWNER,
            "client ids",
            f"{len(id_map['clients'])} app clients",
            f"{made_again} app clients",
            "Replace every client id by the one that this list names.",
        )
    yield item(
        Who.APPLICATION_OWNER,
        "sub",
        None,
        None,
        "Translate users' subs by the restore's sub_map.parquet, or read the attribute that kept the old one.",
    )
    yield item(
        Who.USERS, "passwords", None, None, "Set a new password with 'forgot password', unless sign-in migrates users."
    )
    yield item(Who.USERS, "sessions and refresh tokens", None, None, "Sign in again: the new pool knows no old token.")
    if old.user_pool.get("DeviceConfiguration"):
        yield item(Who.USERS, "remembered devices", None, None, "Let the application remember each device again.")
    if not mfa or (mfa.get("SoftwareTokenMfaConfiguration") or {}).get("Enabled"):
        yield item(Who.USERS, "TOTP authenticator apps", None, None, "Register the authenticator app again.")
    if not mfa or mfa.get("WebAuthnConfiguration"):
        yield item(
            Who.USERS,
            "passkeys",
            _relying_party(old),
            _relying_party(new),
            "Register a new passkey: one belongs to its pool and to the domain that is its relying party.",
        )


def _relying_party(configuration: Configuration) -> str | None:
    """What is set, else the pool's domain, the custom one first [CFN UserPoolDomain]."""
    told: str | None = (configuration.mapping(SectionName.MFA).get("WebAuthnConfiguration") or {}).get("RelyingPartyId")
    domains = Domains.of(configuration)
    return told or domains.custom or domains.prefix_host

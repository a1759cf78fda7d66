"""What the token trigger answers: the claim with the old `sub`, and the groups that were given back just now.

Source: https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-pre-token-generation.html. Version 1
has one section, whose claims go into the ID token alone; versions 2 and 3 have one for each token. Tokens carry the
groups from before the function was asked, so groups that it has just added have to be told again, all of them;
`groupOverrideDetails` that is left out changes nothing, and one that is empty would take all groups away.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..records import Group

#: Claims that Cognito lets nobody add or change; "Claims and scopes reference" of the page above.
PROTECTED = frozenset(
    {
        *("acr", "amr", "at_hash", "aud", "auth_time", "azp", "client_id", "device_key", "event_id", "exp", "iat"),
        *("identities", "iss", "jti", "nbf", "nonce", "origin_jti", "sub", "token_use", "username", "version"),
    }
)
#: What the names of Cognito's own claims begin with.
RESERVED = "cognito:"


def may_be_claim(name: str) -> bool:
    """Whether a trigger can add a claim of that name."""
    return bool(name) and name not in PROTECTED and not name.startswith(RESERVED)


def details(version: str, claims: Mapping[str, str], groups: Sequence[Group] | None) -> dict[str, Any]:
    """What to put into the `response` of an event of that version; nothing where nothing changes.

    `groups` are all of the user's, or None where none was added.
    """
    changes: dict[str, Any] = {} if groups is None else {"groupOverrideDetails": _groups(groups)}
    added = {"claimsToAddOrOverride": dict(claims)}
    if claims and version == "1":
        changes |= added
    elif claims:
        changes |= {"idTokenGeneration": added, "accessTokenGeneration": added}
    member = "claimsOverrideDetails" if version == "1" else "claimsAndScopeOverrideDetails"
    return {member: changes} if changes else {}


def _groups(groups: Sequence[Group]) -> dict[str, Any]:
    """Groups and roles as Cognito itself would tell them: the role of the first precedence is the preferred one, unless
    several come first with different ones [DG cognito-user-pools-user-groups]."""
    armed = sorted(
        (float("inf") if group.precedence is None else float(group.precedence), group.role_arn)
        for group in groups
        if group.role_arn
    )
    first = {role for precedence, role in armed if precedence == armed[0][0]}
    return {
        "groupsToOverride": [group.group_name for group in groups],
        "iamRolesToOverride": list(dict.fromkeys(role for _, role in armed)),
        "preferredRole": first.pop() if len(first) == 1 else None,
    }

"""Whom a user belongs to: identity providers' own profiles, and the links of local users.

`identities` is a JSON list as Cognito writes it: an entry with `primary: true` is the federated profile itself, one
with `primary: false` a link [API AdminLinkProviderForUser, API AdminGetUser].
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

from .records import CONFIRMED, EXTERNAL_PROVIDER, User

#: The most identities that a user may have linked [DG quotas].
MAX_LINKS = 5


@dataclass(frozen=True, slots=True)
class Identity:
    """One identity at a provider."""

    provider: str
    user_id: str
    is_primary: bool = False

    @property
    def profile_name(self) -> str:
        """The username of the profile that Cognito makes for it: `Google_1122`."""
        return f"{self.provider}_{self.user_id}"

    def under(self, provider_map: Mapping[str, str]) -> Identity:
        """The same where the provider has another name."""
        return replace(self, provider=provider_map.get(self.provider, self.provider))


def identities_of(user: User) -> list[Identity]:
    """What `identities` tells; nothing where it is no such list."""
    try:
        told = json.loads(user.attributes.get("identities") or "[]")
    except ValueError:
        return []
    entries = [entry for entry in told if isinstance(entry, dict)] if isinstance(told, list) else []
    return [
        Identity(provider, str(entry.get("userId") or ""), str(entry.get("primary")).lower() == "true")
        for entry in entries
        if isinstance(provider := entry.get("providerName"), str)
    ]


def is_federated(user: User) -> bool:
    """A profile that belongs to an identity provider.

    Its status says so, unless an administrator once set it a password, which
    turns it CONFIRMED [API AdminSetUserPassword]. Its name still tells: making
    it a local user named `<Provider>_<id>` would break that person's federated
    sign-in for good, so it is deferred all the same.
    """
    return user.status == EXTERNAL_PROVIDER or own_identity(user) is not None


def own_identity(user: User) -> Identity | None:
    """The identity that a federated profile is; None for a local user, and where nothing tells."""
    name = user.username.lower()
    found = [identity for identity in identities_of(user) if identity.profile_name.lower() == name]
    if not found and user.status == EXTERNAL_PROVIDER:
        found = [identity for identity in identities_of(user) if identity.is_primary]
    return found[0] if found else None


def as_local(user: User) -> User:
    """The local user that a federated profile can be made into.

    Never `<Provider>_<id>`: that name is Cognito's, and taking it breaks the
    provider's sign-in for good.
    """
    attributes = {name: value for name, value in user.attributes.items() if name != "identities"}
    return replace(user, username=user.sub, status=CONFIRMED, attributes=attributes)


def links_of(user: User) -> list[Identity]:
    """The identities that are linked to a user, without the one that it is itself."""
    own = own_identity(user)
    return [identity for identity in identities_of(user) if identity != own and identity.user_id]

"""What somebody's first sign-in has to give back, kept until then: one small object per user.

Two kinds of people have one: federated users, whom no API creates (a restore or a migration's start writes it), and
who migrates at sign-in, whom Cognito creates only after the function that could write their groups has returned.

The key is a digest, so that no name shows in a listing or a log. Whoever may list the bucket can still test a guess;
whoever may not learns nothing. Who migrates is found by the old `sub`, because the pool may name them by a UUID that
nobody knows beforehand.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

#: Attributes that a first sign-in does not write: addresses (Cognito would send a code) and their flags, which are the
#: provider's to tell, and what Cognito sets itself.
NOT_REAPPLIED = frozenset({"email", "phone_number", "email_verified", "phone_number_verified", "identities", "sub"})


@dataclass(frozen=True, slots=True)
class DeferredUser:
    """One object under `deferred/<user pool id>/`. `username` is that of the profile in the target, as far as known.

    `is_settled`: all that could be given back has been; what is left is what Cognito refuses, and is not tried again.
    It stays because `original_sub` may be in it alone: an immutable attribute cannot be written to a profile that is
    there, and the token still has to tell the old `sub`.
    """

    username: str
    original_sub: str
    enabled: bool
    groups: tuple[str, ...]
    attributes: Mapping[str, str]
    is_settled: bool = False

    def to_json(self) -> bytes:
        document: dict[str, Any] = {
            "username": self.username,
            "original_sub": self.original_sub,
            "enabled": self.enabled,
            "groups": list(self.groups),
            "attributes": dict(self.attributes),
        }
        if self.is_settled:
            document["is_settled"] = True
        return json.dumps(document, ensure_ascii=False, sort_keys=True).encode()

    @classmethod
    def from_json(cls, content: bytes) -> DeferredUser:
        document = json.loads(content)
        return cls(**{**document, "groups": tuple(document["groups"])})

    def to_write(self, there: Mapping[str, str], sub_attribute: str) -> dict[str, str]:
        """The attributes that the profile lacks and an administrator could set, the old `sub` among them.

        `there` is what the profile has: its provider has just told some of it, and knows better than a snapshot.
        """
        wanted = {**self.attributes, sub_attribute: self.attributes.get(sub_attribute) or self.original_sub}
        return {
            name: value
            for name, value in wanted.items()
            if value and not there.get(name) and name not in NOT_REAPPLIED and not name.startswith("cognito:")
        }


def deferred_key(user_pool_id: str, username: str) -> str:
    """Where the record of a federated user lies. Names are compared in lower case: providers' ids differ by more."""
    return _key(user_pool_id, username.lower())


def deferred_key_of_sub(user_pool_id: str, original_sub: str) -> str:
    """Where the record of somebody lies who migrates at sign-in. No username holds a NUL."""
    return _key(user_pool_id, f"sub\0{original_sub}")


def pseudonym(user_pool_id: str, original_sub: str) -> str:
    """What logs call somebody: whoever knows the old `sub` can find their lines, and nobody else learns anything."""
    return deferred_key_of_sub(user_pool_id, original_sub).removeprefix(deferred_prefix(user_pool_id))[:16]


def deferred_prefix(user_pool_id: str) -> str:
    return f"deferred/{user_pool_id}/"


def open_marker(user_pool_id: str) -> str:
    """An empty object that lies among the records as long as new ones may come at any moment.

    Its name sorts after every digest, so a listing from any record on finds it.
    """
    return f"{deferred_prefix(user_pool_id)}open"


def _key(user_pool_id: str, name: str) -> str:
    digest = hashlib.sha256(f"{user_pool_id}\0{name}".encode()).hexdigest()
    return f"{deferred_prefix(user_pool_id)}{digest}.json"

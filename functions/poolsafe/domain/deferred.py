"""What a federated user's first sign-in has to give back, kept until then: one small object per user.

The key is a digest, so that no name shows in a listing or a log. Whoever may
list the bucket can still test a guess; whoever may not learns nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class DeferredUser:
    """One object under `deferred/<user pool id>/`. `username` is that of the profile in the target."""

    username: str
    original_sub: str
    enabled: bool
    groups: tuple[str, ...]
    attributes: Mapping[str, str]

    def to_json(self) -> bytes:
        document: dict[str, Any] = {
            "username": self.username,
            "original_sub": self.original_sub,
            "enabled": self.enabled,
            "groups": list(self.groups),
            "attributes": dict(self.attributes),
        }
        return json.dumps(document, ensure_ascii=False, sort_keys=True).encode()

    @classmethod
    def from_json(cls, content: bytes) -> DeferredUser:
        document = json.loads(content)
        return cls(**{**document, "groups": tuple(document["groups"])})


def deferred_key(user_pool_id: str, username: str) -> str:
    """Where a user's record lies. Names are compared in lower case: providers' ids differ by more than that."""
    digest = hashlib.sha256(f"{user_pool_id}\0{username.lower()}".encode()).hexdigest()
    return f"{deferred_prefix(user_pool_id)}{digest}.json"


def deferred_prefix(user_pool_id: str) -> str:
    return f"deferred/{user_pool_id}/"

"""What `on_conflict: update` writes to a user who is there: only what differs, and nothing that could lock them out.

a value that differs            written, where the attribute is mutable
an address that differs         written only where both pools have it verified, and then as verified: nothing is sent
a verified flag                 never: neither from false to true, nor the other way
what the snapshot has blank     left, as is what it lacks: nothing is taken away
passwords, second factors       left; whoever was disabled since stays so
of a federated profile          custom attributes alone: the rest is the provider's
"""

from __future__ import annotations

from collections.abc import Mapping

from ..identities import is_federated
from ..records import CONFIRMED, User
from ..target import SIGN_IN_ATTRIBUTES, TargetPool, is_verified

FLAGS = frozenset(f"{name}_verified" for name in SIGN_IN_ATTRIBUTES)
CUSTOM = ("custom:", "dev:custom:")


def changes(target: TargetPool, saved: User, wanted: Mapping[str, str], found: User) -> dict[str, str]:
    """The attributes to write to `found`. `wanted` are those the user would be created with."""
    changed = {}
    for name, value in wanted.items():
        if name in FLAGS or name not in target.mutable or target.same_value(name, value, found.attributes.get(name)):
            continue
        if not value:
            # It would take away what is there [API AdminUpdateUserAttributes].
            continue
        if is_federated(saved) and not name.startswith(CUSTOM):
            continue
        if name in SIGN_IN_ATTRIBUTES:
            if not (is_verified(saved, name) and is_verified(found, name)):
                continue
            changed[f"{name}_verified"] = "true"
        if name == "preferred_username" and name in target.alias_attributes and found.status != CONFIRMED:
            continue
        changed[name] = value
    return changed

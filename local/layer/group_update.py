"""UpdateGroup, which the emulator does not have.

Source: https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_UpdateGroup.html, "updates any
of the properties". Assumed: what the request leaves out stays, for the page does not speak of defaults as others do.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .group_defaults import OPTIONAL
from .operations import Json, Refused, answering, now


def _update(pool: Json, members: Mapping[str, Any]) -> Json:
    group = pool["_groups"].get(members["GroupName"])
    if group is None:
        raise Refused("ResourceNotFoundException", "Group not found.")
    group.update({name: members[name] for name in OPTIONAL if members.get(name) is not None})
    group["LastModifiedDate"] = now()
    return {"Group": {name: value for name, value in group.items() if not name.startswith("_")}}


group_update = answering({"UpdateGroup": _update})

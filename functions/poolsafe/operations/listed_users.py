"""`only.list` of a restore: whom it is about, from a file in the bucket instead of from the input.

Inputs of executions are kept and shown for 90 days; names of people have no business there.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ..errors import InvalidRequest
from ..ports import ObjectStore


def with_listed_users(store: ObjectStore, request: Mapping[str, Any]) -> dict[str, Any]:
    """The request with `only.usernames` where it has `only.list`. Raises InvalidRequest."""
    only = dict(request.get("only", {}))
    key = only.pop("list", None)
    if key is None:
        return dict(request)
    if "usernames" in only:
        raise InvalidRequest("only.list", "is given beside only.usernames; say whom in one way", f'"list": "{key}"')
    found = store.get(key)
    try:
        names = json.loads(found.content) if found else None
    except ValueError:
        names = None
    if not (isinstance(names, list) and names and all(isinstance(name, str) and name for name in names)):
        raise InvalidRequest(
            "only.list",
            f"names {store.url(key)}, which {'is not there' if found is None else 'is no JSON list of usernames'}",
            '["ada", "6f0c1d2e-..."], saved as lists/people.json',
        )
    return {**request, "only": {**only, "usernames": names}}

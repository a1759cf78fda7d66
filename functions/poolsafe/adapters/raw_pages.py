"""Pages of users as the JSON they came as.

botocore checks every member of every user of an answer against its model, which takes longer than all else that an
export does. For listings that is left out: the entries stay what JSON made of them, so times are the seconds that the
service sent [botocore's docs/source/topics/events.rst, before-parse]. Errors, and everything else of an answer, are
read as always.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

#: The listings with many entries, and the member that has them.
ENTRIES = {"ListUsers": "Users", "ListUsersInGroup": "Users"}


def leave_entries_raw(cognito: Any) -> None:
    """Have a client's listings answered with their entries as JSON has them."""
    service = cognito.meta.service_model.service_id.hyphenize()
    for operation, member in ENTRIES.items():
        event, once = f"before-parse.{service}.{operation}", f"poolsafe-{operation}"
        cognito.meta.events.register(event, _setting_apart(member), unique_id=once)


def _setting_apart(member: str) -> Any:
    def set_apart(response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **_: Any) -> None:
        if response_dict["status_code"] != 200:
            return
        answer: Mapping[str, Any] = json.loads(response_dict["body"])
        customized_response_dict[member] = answer.get(member) or []
        rest = {name: value for name, value in answer.items() if name != member}
        response_dict["body"] = json.dumps(rest).encode()

    return set_apart

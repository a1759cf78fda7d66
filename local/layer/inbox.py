"""What users got by e-mail and text message, with the secret in it: a code, or a temporary password.

For tests that have to walk a user's way in: `GET /_poolsafe/inbox`, oldest first, `DELETE` forgets. Each is

    {"medium": "SMS", "to": "+15550100", "cause": "ForgotPassword", "username": ..., "user_pool_id": ..., "secret": ...}

The emulator delivers e-mail only, and keeps it in its mailbox; text messages are delivered here, and nowhere else. Of
what a request sends whether or not anybody gets it, `messages.py` keeps the list; text messages are put on it, too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .operations import Json
from .pools import values_of

MAIL, SMS = "EMAIL", "SMS"
#: By medium, the attribute that says where to.
ADDRESS = {MAIL: "email", SMS: "phone_number"}
#: What a pool without SmsConfiguration says (`invitations.py`).
NO_TEXTS = "User pool does not have SMS configuration to send messages."


class Inbox:
    def __init__(self, note: Callable[[str, str, str], None]) -> None:
        """`note` takes evidence, cause and pool, as `Messages` does."""
        self._messages: list[dict[str, str]] = []
        self._note = note

    def deliver(self, pool: Json, user: Json, medium: str, cause: str, secret: str) -> None:
        """Keeps what a user has got."""
        self._messages.append(
            {
                "medium": medium,
                "to": values_of(user).get(ADDRESS[medium], ""),
                "cause": cause,
                "username": user["Username"],
                "user_pool_id": pool["Id"],
                "secret": secret,
            }
        )
        if medium == SMS:
            self._note("delivered", cause, pool["Id"])

    def control(self, method: str, _body: Any) -> list[dict[str, str]]:
        messages = list(self._messages)
        if method == "DELETE":
            self._messages.clear()
        return messages

"""Codes to reset a password go by the channel that `recovery_channels.py` says, and are kept in the inbox.

The emulator sends them to the e-mail address, verified or not, and to whoever has none by nothing at all. Its code is
always the same; that it takes no other is its own doing.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from .inbox import MAIL, Inbox
from .operations import Refused
from .pools import user_of
from .recovery_channels import medium_of

#: What the emulator says is verified by a code to reset a password.
PASSWORD, CAUSE = "password", "PasswordReset"


def send_reset_codes_by_channel(inbox: Inbox) -> None:
    """Takes its place inside the emulator. Call once, when it has been imported."""
    from ministack.services import cognito

    send = cognito._send_verification_email

    @functools.wraps(send)
    def sent(
        pool: dict[str, Any], username: str, values: Mapping[str, str], code: str, attribute_name: str = "email"
    ) -> Any:
        user = user_of(pool, values.get("sub", username))
        if attribute_name != PASSWORD or user is None:
            return send(pool, username, values, code, attribute_name=attribute_name)
        try:
            medium = medium_of(pool, user)
        except Refused:
            return None
        inbox.deliver(pool, user, medium, CAUSE, code)
        return send(pool, username, values, code, attribute_name=attribute_name) if medium == MAIL else None

    cognito._send_verification_email = sent

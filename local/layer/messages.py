"""Every message Cognito would have sent: the proof that a restore mails nobody.

Two kinds of evidence, because neither is enough: what the emulator delivered (it knows e-mail only), and what the
documentation says a request sends, whether or not the emulator does.
"""

from __future__ import annotations

import functools
from typing import Any

from .concern import Answer, Call, Proceed
from .names import is_true
from .pools import pool_of_request, values_of

API = "https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/"

#: Actions that send a code or an invitation whenever they succeed (each on its page under `API`).
ALWAYS_SEND = frozenset({"AdminResetUserPassword", "ForgotPassword", "ResendConfirmationCode", "SignUp"})


class Messages:
    """Lists messages, oldest first, without their content. `GET` reads them, `DELETE` forgets them."""

    def __init__(self) -> None:
        self._messages: list[dict[str, str]] = []

    async def __call__(self, call: Call, proceed: Proceed) -> Answer:
        answer = await proceed(call)
        if answer.succeeded and sends(call):
            self.note("documented", call.action, call.user_pool_id)
        return answer

    def watch_deliveries(self) -> None:
        """Notes what the emulator itself hands over for delivery. Call once, when it has been imported."""
        from ministack.services import cognito

        deliver = cognito._deliver_cognito_email

        @functools.wraps(deliver)
        def noted(pool: dict[str, Any], to: str, subject: str, body: str, type_name: str, extra: Any = None) -> Any:
            self.note("delivered", type_name, str(pool.get("Id", "")))
            return deliver(pool, to, subject, body, type_name, extra)

        cognito._deliver_cognito_email = noted

    def control(self, method: str, _body: Any) -> list[dict[str, str]]:
        messages = list(self._messages)
        if method == "DELETE":
            self._messages.clear()
        return messages

    def note(self, evidence: str, cause: str, user_pool_id: str) -> None:
        """Text messages are delivered by the layer (`inbox.py`), which says so here."""
        self._messages.append({"evidence": evidence, "cause": cause, "user_pool_id": user_pool_id})


def sends(call: Call) -> bool:
    """Whether the documentation says that this request, granted, sends a message.

    AdminCreateUser invites unless told to SUPPRESS. AdminUpdateUserAttributes "might" send a code for a new e-mail
    address or phone number; assumed here: it does where the pool verifies that attribute by itself and the call does
    not say that it is verified. A blank value, which deletes the attribute, sends none.
    """
    if call.action == "AdminCreateUser":
        return call.members.get("MessageAction") != "SUPPRESS"
    if call.action == "AdminUpdateUserAttributes":
        pool = pool_of_request(call.user_pool_id) or {}
        given = values_of(call.members, "UserAttributes")
        unverified = {name for name in given if given[name] and not is_true(given.get(f"{name}_verified"))}
        return bool(unverified & set(pool.get("AutoVerifiedAttributes") or ()))
    return call.action in ALWAYS_SEND

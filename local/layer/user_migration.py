"""UserMigration: somebody whom the pool does not know signs in with a password, or has forgotten it.

Sources: https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-migrate-user.html (by USER_PASSWORD_
AUTH and ADMIN_USER_PASSWORD_AUTH, not SRP, not without a password; ClientMetadata is `validationData` in a sign-in and
`clientMetadata` in ForgotPassword, which has no password), .../cognito-user-pools-import-using-lambda.html (no name and
no alias of anybody's). "Exception migrating user in app client ...", a UserNotFoundException, where the function may
not be called or does not exist, and of what it did wrong the reason: https://repost.aws/knowledge-center/
cognito-migration-lambda-trigger-errors. An app client that hides which users exist answers for nobody's name "when an
empty response was set in the original event": .../cognito-user-pool-managing-errors.html; it hides what is wrong with
the attributes too (https://github.com/boto/boto3/issues/2747), but neither that the function raised ("UserMigration
failed with error ...", https://github.com/aws-amplify/amplify-flutter/issues/3779) nor that it gave something else than
the event (https://repost.aws/questions/QU3VgGes1IRne3OVkCDMjrBA). What is null: others' logged events.

Assumed: a function that is too slow is "Exception migrating user" as well, and so is an empty response where nothing is
hidden; all of that is told in ForgotPassword likewise; the name is told as it was typed; an empty password is refused
before; who has been made meanwhile, by another sign-in of theirs, signs in. Whoever is made with RESET_REQUIRED gets a
PasswordResetRequiredException at once, hidden or not, and later as an imported user does (`imported_sign_in.py`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from .concern import Answer, Call, Proceed
from .mfa_challenges import PASSWORD_FLOWS
from .migrated_users import NothingGiven, make, status_of
from .names import folded
from .operations import Json, Refused
from .pools import hides_users, pool_of_client, pool_of_request, user_of, within
from .recovery_channels import FORGETS
from .secret_hash import refusal
from .subs import SIGNS_IN, named_by_sub
from .triggers import Event, NotInvoked, NotUnderstood, Triggers, function_of

TRIGGER = "UserMigration"
RESPONSE = (
    "userAttributes",
    "forceAliasCreation",
    "enableSMSMFA",
    "finalUserStatus",
    "messageAction",
    "desiredDeliveryMediums",
)
RESET = Answer.error("PasswordResetRequiredException", "Password reset required for the user")
NO_PASSWORD = Answer.error("InvalidParameterException", "Missing required parameter PASSWORD")


class UserMigration:
    def __init__(self, triggers: Triggers) -> None:
        self._triggers = triggers
        self._one_at_a_time = asyncio.Lock()

    async def __call__(self, call: Call, proceed: Proceed) -> Answer:
        client_id = str(call.members.get("ClientId", ""))
        pool, given = pool_of_client(client_id), _given(call)
        name = str(given.get("USERNAME") or "")
        if pool is None or not name or not function_of(pool, TRIGGER):
            return await proceed(call)
        async with self._one_at_a_time:  # nobody meets a user who is being made
            is_known = _knows(pool, name)
        if is_known or _is_refused(pool, call):
            return await proceed(call)
        if call.action in SIGNS_IN and not given.get("PASSWORD"):
            return NO_PASSWORD
        try:
            response = await self._triggers.ask(pool, _event(call, client_id, given))
            is_made = await self._make(pool, given, response, proceed)
        except (NotInvoked, NotUnderstood):
            return _not_migrated(client_id)
        except NothingGiven:
            return await proceed(call) if hides_users(pool, client_id) else _not_migrated(client_id)
        except Refused as refused:
            if refused.name == "UserLambdaValidationException":
                return Answer.error(refused.name, str(refused))
            is_hidden = hides_users(pool, client_id) and not _knows(pool, name)
            return await proceed(call) if is_hidden else Answer.error("UserNotFoundException", str(refused))
        must_reset = is_made and call.action in SIGNS_IN and status_of(response) == "RESET_REQUIRED"
        return RESET if must_reset else await proceed(call)

    async def _make(self, pool: Json, given: Mapping[str, Any], response: Json, proceed: Proceed) -> bool:
        """Makes the user, if nobody has meanwhile. Refused where the response does not allow it."""
        async with self._one_at_a_time:
            if _knows(pool, given["USERNAME"]):
                return False
            with within(pool):
                await make(pool, given["USERNAME"], given.get("PASSWORD"), response, proceed)
            return True


def _given(call: Call) -> Mapping[str, Any]:
    """The name and the password, of a request that the trigger is for."""
    if call.action == FORGETS:
        return {"USERNAME": call.members.get("Username")}
    is_admin = call.action == "AdminInitiateAuth"
    flow = str(call.members.get("AuthFlow"))
    if call.action not in SIGNS_IN or flow not in PASSWORD_FLOWS or flow.startswith("ADMIN_") != is_admin:
        return {}
    return call.members.get("AuthParameters") or {}


def _knows(pool: Json, name: str) -> bool:
    name = folded(pool, name)
    return user_of(pool, name) is not None and named_by_sub(pool, name) is None


def _is_refused(pool: Json, call: Call) -> bool:
    """Whether the emulator refuses it whoever it is: the secret's hash, a flow that the app may not use, or another
    pool than the app's."""
    from ministack.services import cognito

    if refusal(call) is not None or cognito._auth_flow_error(call.action, dict(call.members)) is not None:
        return True
    return call.user_pool_id not in ("", pool["Id"]) or pool_of_request(pool["Id"]) is not pool


def _event(call: Call, client_id: str, given: Mapping[str, Any]) -> Event:
    metadata = call.members.get("ClientMetadata")
    if call.action == FORGETS:
        source, request = "ForgotPassword", {"validationData": None, "userAttributes": None}
        request |= {"clientMetadata": metadata} if metadata else {}
    else:
        source, request = "Authentication", {"validationData": metadata or None, "userAttributes": None}
        request["password"] = given["PASSWORD"]
    return Event(TRIGGER, f"{TRIGGER}_{source}", str(given["USERNAME"]), client_id, request, dict.fromkeys(RESPONSE))


def _not_migrated(client_id: str) -> Answer:
    return Answer.error("UserNotFoundException", f"Exception migrating user in app client {client_id}")

"""The message that AdminCreateUser sends: by which medium, and to whom it cannot be sent.

Sources: https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminCreateUser.html
(DesiredDeliveryMediums, SMS by default, and the attribute that each needs). "No email provided but desired delivery
medium was Email", an InvalidParameterException: https://github.com/rahulpsd18/cognito-backup-restore/issues/25. A pool
without SmsConfiguration answers "User pool does not have SMS configuration to send messages", and has made the user all
the same: https://github.com/rahulpsd18/cognito-backup-restore/blob/master/src/index.ts, where `restoreUsers` takes it
for done.

Assumed: without DesiredDeliveryMediums, a user who has no phone number is told by e-mail (https://github.com/reapit/
foundations/issues/7052: e-mail came until users had a number), and who has neither is made and told nothing (the basic
example of https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/cognito_user); where both mediums
are asked for and text messages cannot be sent, the e-mail has gone.
"""

from __future__ import annotations

from collections.abc import Mapping

from .concern import Answer, Call, Proceed
from .import_users import has_no_password
from .inbox import ADDRESS, MAIL, NO_TEXTS, SMS, Inbox
from .operations import Json, Refused
from .pools import pool_of_request, user_of, values_of
from .schema_checks import CREATES

WORDS = {MAIL: ("email", "Email"), SMS: ("phone number", "SMS")}


class Invitations:
    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox

    async def __call__(self, call: Call, proceed: Proceed) -> Answer:
        pool = pool_of_request(call.user_pool_id) if call.action == CREATES else None
        if pool is None or call.members.get("MessageAction") == "SUPPRESS":
            return await proceed(call)
        addresses = _addresses(pool, call)
        if addresses is None:
            return await proceed(call)
        try:
            mediums = _mediums(call.members.get("DesiredDeliveryMediums") or (), addresses)
        except Refused as refused:
            return Answer.error(refused.name, str(refused))
        answer = await proceed(call.with_members(DesiredDeliveryMediums=mediums) if mediums else call)
        user = user_of(pool, answer.members["User"]["Username"]) if answer.succeeded else None
        if user is None:
            return answer
        has_texts = bool(pool.get("SmsConfiguration"))
        for medium in mediums if has_texts else set(mediums) - {SMS}:
            self._inbox.deliver(pool, user, medium, CREATES, "" if has_no_password(user) else user["_password"])
        return answer if has_texts or SMS not in mediums else Answer.error("InvalidParameterException", NO_TEXTS)


def _addresses(pool: Json, call: Call) -> Mapping[str, str] | None:
    """The attributes of whom the message is for. None for a user to be told again who is not there."""
    from ministack.services import cognito

    username = str(call.members.get("Username", ""))
    if call.members.get("MessageAction") == "RESEND":
        user = user_of(pool, username)
        return values_of(user) if user else None
    given, named_by = values_of(call.members, "UserAttributes"), cognito._username_alias_attribute(pool, username)
    return {named_by: username, **given} if named_by else given


def _mediums(desired: list[str] | tuple[str, ...], values: Mapping[str, str]) -> list[str]:
    if not desired:
        return [medium for medium in (SMS, MAIL) if values.get(ADDRESS[medium])][:1]
    for medium in desired:
        if not values.get(ADDRESS[medium]):
            what, name = WORDS[medium]
            raise Refused("InvalidParameterException", f"No {what} provided but desired delivery medium was {name}")
    return list(desired)

"""E-mail addresses, phone numbers and dates have to look like ones, and only what is there can be verified.

InvalidParameterException otherwise. Sources: https://docs.aws.amazon.com/cognito/latest/developerguide/
user-pool-settings-attributes.html, "Standard attributes" (a phone number is a plus sign and digits, a birthdate
YYYY-MM-DD), .../APIReference/API_AdminCreateUser.html ("You must provide a value for email when you want to set
email_verified to true", and the same of phone numbers),
https://github.com/amazon-archives/amazon-cognito-identity-js/issues/316 (the exception).

Assumed: what counts as an e-mail address is what the emulator takes for one; in an update, an attribute that the user
has already can be marked as verified.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping

from .concern import Answer, Call, Proceed
from .names import ADDRESSES, is_true
from .operations import Json
from .pools import pool_of_request, user_of, values_of
from .schema_checks import CREATES, UPDATES

#: As texts, for messages.
KINDS = {"email": "email address", "phone_number": "phone number"}


async def addresses(call: Call, proceed: Proceed) -> Answer:
    pool = pool_of_request(call.user_pool_id) if call.action in (CREATES, UPDATES) else None
    if pool is None or call.members.get("MessageAction") == "RESEND":
        return await proceed(call)
    given = values_of(call.members, "UserAttributes")
    known = _known(pool, call, given) if any(is_true(given.get(f"{name}_verified")) for name in ADDRESSES) else {}
    problem = _problem(given, {**known, **given})
    return Answer.error("InvalidParameterException", problem) if problem else await proceed(call)


def is_address(name: str, value: str) -> bool:
    """Whether that is an e-mail address, or a phone number, by the attribute's name."""
    from ministack.services import cognito

    forms = {"email": cognito._USERNAME_EMAIL_RE, "phone_number": cognito._USERNAME_PHONE_RE}
    return forms[name].fullmatch(value) is not None


def _known(pool: Json, call: Call, given: Mapping[str, str]) -> Mapping[str, str]:
    """What is known of the user beside what the request gives."""
    from ministack.services import cognito

    username = str(call.members.get("Username", ""))
    if call.action == UPDATES:
        user = user_of(pool, username)
        return values_of(user) if user else given
    named_by = cognito._username_alias_attribute(pool, username)
    return {named_by: username} if named_by else {}


def _problem(given: Mapping[str, str], all_told: Mapping[str, str]) -> str | None:
    for name in ADDRESSES:
        if given.get(name) and not is_address(name, given[name]):
            return f"Invalid {KINDS[name]} format."
        if is_true(given.get(f"{name}_verified")) and not all_told.get(name):
            return f"An {name} is needed to be verified."
    if given.get("birthdate") and not _is_date(given["birthdate"]):
        return "Invalid birthdate format."
    return None


def _is_date(value: str) -> bool:
    try:
        datetime.date.fromisoformat(value)
    except ValueError:
        return False
    return re.fullmatch(r"\d{4}-\d\d-\d\d", value, re.ASCII) is not None

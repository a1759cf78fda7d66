"""Trigger UserMigration: somebody whom the pool does not know signs in with a password, or has forgotten it.

Source: https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-migrate-user.html. Whoever is refused
gets an answer as empty as the question: then Cognito says what it says of nobody, and nobody learns who exists.
"""

from __future__ import annotations

from typing import Any

from poolsafe.domain.migration.answer import MOVED_LATER, answer_for, sentence_for
from poolsafe.domain.migration.carried_user import CarriedUser, NotCarried
from poolsafe.operations.migrate_user import MigrateUser
from poolsafe.sign_in_bootstrap import triggers
from poolsafe.trigger import Event, Told, trigger

AUTHENTICATION, FORGOT_PASSWORD = "UserMigration_Authentication", "UserMigration_ForgotPassword"


@trigger("UserMigration")
def handler(event: Event, logger: Any) -> Event:
    if event["triggerSource"] not in (AUTHENTICATION, FORGOT_PASSWORD):
        logger.error("unknown_source")
        raise Told(MOVED_LATER)
    hurry = triggers().hurry()
    try:
        carried = _carried(triggers().migration(event["userPoolId"], hurry), event)
    except NotCarried as refused:
        log = logger.error if refused.why.is_for_the_owner else logger.info
        found = {"why": refused.why.value, "attributes": list(refused.attributes), "user": refused.user}
        log("refused", extra=found)
        if sentence := sentence_for(refused.why, is_proven=event["triggerSource"] == AUTHENTICATION):
            raise Told(sentence) from None
        return event
    event["response"].update(answer_for(carried))
    logger.info("carried", extra={"must_reset": carried.must_reset})
    return event


def _carried(migrate: MigrateUser, event: Event) -> CarriedUser:
    name = str(event.get("userName") or "")
    if event["triggerSource"] == FORGOT_PASSWORD:
        return migrate.with_forgotten_password(name)
    return migrate.with_password(name, str(event["request"].get("password") or ""))

"""NEW_PASSWORD_REQUIRED: what the challenge tells, and what its answer has to hold.

Source: https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_RespondToAuthChallenge.html: the
new password, and as `userAttributes.<name>` what is required and missing; a required attribute that is there cannot be
changed. "Invalid attributes given, name is missing", an InvalidParameterException:
https://github.com/aws/aws-sdk-net-extensions-cognito/issues/40. `requiredAttributes` is a list of names with their
prefix, and `userAttributes` has blanks for them: https://github.com/aws/aws-sdk-js/issues/1290 and
https://github.com/AnomalyInnovations/aws-api-gateway-cli-test/issues/3. The flags of verification are refused:
https://github.com/amazon-archives/aws-cognito-angular-quickstart/issues/116.

Assumed: that refusal is a NotAuthorizedException, what the guide says of attributes that an app cannot write; `sub` is
not told; an e-mail address that comes so is not verified; who got another status meanwhile has to begin again. Not
done: which attributes an app may write is not looked at.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from .concern import Answer, Call, Proceed
from .held_sign_ins import RESPONDS, Held, HeldSignIns
from .names import ADDRESSES
from .operations import Json, Refused
from .pools import pool_of_client, put_values, user_of, values_of
from .required_attributes import missing_message, missing_of
from .schema_checks import value_problem

CHANGES, PREFIX = "NEW_PASSWORD_REQUIRED", "userAttributes."
FLAGS = tuple(f"{name}_verified" for name in ADDRESSES)


class NewPassword:
    def __init__(self, sign_ins: HeldSignIns) -> None:
        self._sign_ins = sign_ins

    async def __call__(self, call: Call, proceed: Proceed) -> Answer:
        client_id = str(call.members.get("ClientId", ""))
        pool = pool_of_client(client_id)
        if pool is not None and call.action in RESPONDS and call.members.get("ChallengeName") == CHANGES:
            return await self._respond(pool, call, proceed)
        answer = await proceed(call)
        if pool is None or answer.members.get("ChallengeName") != CHANGES:
            return answer
        user = user_of(pool, answer.members["ChallengeParameters"]["USER_ID_FOR_SRP"])
        return self._ask(pool, user, client_id) if user else answer

    def _ask(self, pool: Json, user: Json, client_id: str) -> Answer:
        values = values_of(user)
        del values["sub"]
        missing = missing_of(pool, values)
        parameters = {
            "USER_ID_FOR_SRP": user["Username"],
            "requiredAttributes": json.dumps([PREFIX + name for name in missing]),
            "userAttributes": json.dumps({**values, **dict.fromkeys(missing, "")}),
        }
        session = self._sign_ins.hold(Held(CHANGES, pool, user, client_id))
        return Answer(200, {"ChallengeName": CHANGES, "Session": session, "ChallengeParameters": parameters})

    async def _respond(self, pool: Json, call: Call, proceed: Proceed) -> Answer:
        responses = call.members.get("ChallengeResponses") or {}
        given = {name.removeprefix(PREFIX): value for name, value in responses.items() if name.startswith(PREFIX)}
        try:
            held = self._sign_ins.answered(call.members)
            _check(pool, held.user, responses.get("NEW_PASSWORD"), given)
        except Refused as refused:
            return Answer.error(refused.name, str(refused))
        before = values_of(held.user)
        unverified = {f"{name}_verified": "false" for name in ADDRESSES if name in given and name not in before}
        put_values(held.user, {**before, **given, **unverified})  # first: they are in the tokens
        answer = await proceed(call)
        if answer.succeeded:
            self._sign_ins.end(call.members)
        else:
            put_values(held.user, before)
        return answer


def _check(pool: Json, user: Json, password: str | None, given: Mapping[str, str]) -> None:
    from ministack.services import cognito

    if user["UserStatus"] != "FORCE_CHANGE_PASSWORD":
        raise Refused("NotAuthorizedException", "Invalid session for the user.")
    if not password:
        raise Refused("InvalidParameterException", "Missing required parameter NEW_PASSWORD")
    if problems := cognito._password_policy_errors(pool, password):
        raise Refused("InvalidPasswordException", f"Password did not conform with policy: {'; '.join(problems)}")
    values = values_of(user)
    required = {attribute["Name"] for attribute in pool["SchemaAttributes"] if attribute.get("Required")}
    for name, value in given.items():
        if name in FLAGS:
            raise Refused("NotAuthorizedException", "A client attempted to write unauthorized attribute")
        if name in required and values.get(name):
            raise Refused("InvalidParameterException", f"Cannot modify an already provided {name}")
        if problem := value_problem(pool, name, value):
            raise Refused("InvalidParameterException", problem)
    if missing := missing_of(pool, {**values, **given}):
        raise Refused("InvalidParameterException", missing_message(missing))

"""The second step of a sign-in with a password, where the emulator knows only software tokens.

Which step that is: `mfa_steps.py`. Sources: https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/
API_InitiateAuth.html (SELECT_MFA_TYPE, MFAS_CAN_SETUP), .../API_RespondToAuthChallenge.html (a wrong code is a
CodeMismatchException); a code that was given back marks the attribute as verified:
https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-mfa.html.

Assumed: the same steps follow NEW_PASSWORD_REQUIRED, and who cannot take them has set the password. The choices are in
MFAS_CAN_CHOOSE, which clients read, though the guide says MFAS_CAN_SELECT, and e-mail may be chosen as EMAIL_OTP or, as
the reference has it, EMAIL_MFA. Not done: nobody is locked out for wrong codes; devices are not remembered.
"""

from __future__ import annotations

import json
from dataclasses import replace

from . import inbox
from .auth_factors import MAIL, SMS, TOTP, TOTP_SECRET
from .concern import Answer, Call, Proceed
from .held_sign_ins import RESPONDS, Held, HeldSignIns
from .inbox import Inbox
from .mfa_preference import NEEDS
from .mfa_steps import SELECTS, SETS_UP, next_step
from .operations import Refused
from .pools import pool_of_client, put_values, user_of, values_of
from .recovery_channels import masked
from .secret_hash import refusal

PASSWORD_FLOWS = frozenset({"USER_PASSWORD_AUTH", "ADMIN_USER_PASSWORD_AUTH", "ADMIN_NO_SRP_AUTH"})
PASSWORD_CHALLENGES = frozenset({"PASSWORD_VERIFIER", "NEW_PASSWORD_REQUIRED"})
#: What is sent, as everywhere in the emulator, and what it is given back as.
CODE = "654321"
GIVEN_AS = {SMS: "SMS_MFA_CODE", MAIL: "EMAIL_OTP_CODE", TOTP: "SOFTWARE_TOKEN_MFA_CODE", SELECTS: "ANSWER"}
MEDIUMS = {SMS: inbox.SMS, MAIL: inbox.MAIL}
ALSO_CALLED = {"EMAIL_MFA": MAIL}


class MfaChallenges:
    def __init__(self, sign_ins: HeldSignIns, inbox: Inbox) -> None:
        self._sign_ins, self._inbox = sign_ins, inbox

    async def __call__(self, call: Call, proceed: Proceed) -> Answer:
        asked = call.members.get("ChallengeName") if call.action in RESPONDS else None
        pool = pool_of_client(str(call.members.get("ClientId", "")))
        if pool is not None and asked in GIVEN_AS:
            try:
                return refusal(call) or await self._respond(call, proceed)
            except Refused as refused:
                return Answer.error(refused.name, str(refused))
        answer = await proceed(call)
        by_password = call.members.get("AuthFlow") in PASSWORD_FLOWS or asked in PASSWORD_CHALLENGES
        is_in = "AuthenticationResult" in answer.members or answer.members.get("ChallengeName") == TOTP
        given = call.members.get("ChallengeResponses") or call.members.get("AuthParameters") or {}
        user = user_of(pool, str(given.get("USERNAME", ""))) if pool and by_password and is_in else None
        if pool is None or user is None:
            return answer
        try:
            challenge, options = next_step(pool, user)
        except Refused as refused:
            return Answer.error(refused.name, str(refused))
        tokens = answer if "AuthenticationResult" in answer.members else None
        held = Held(challenge, pool, user, str(call.members["ClientId"]), options, tokens)
        return self._ask(held) if challenge else await self._tokens(held, call, proceed)

    async def _respond(self, call: Call, proceed: Proceed) -> Answer:
        held = self._sign_ins.answered(call.members)
        given = (call.members.get("ChallengeResponses") or {}).get(GIVEN_AS[held.challenge])
        if held.challenge == SELECTS:
            chosen = ALSO_CALLED.get(str(given), str(given))
            if chosen not in held.options:
                raise Refused("InvalidParameterException", "That MFA method cannot be selected.")
            self._sign_ins.end(call.members)
            return self._ask(replace(held, challenge=chosen, options=()))
        if not _is_code(held, given):
            raise Refused("CodeMismatchException", "Invalid code or auth state for the user.")
        self._sign_ins.end(call.members)
        if attribute := NEEDS[held.challenge][1]:
            put_values(held.user, {**values_of(held.user), f"{attribute}_verified": "true"})
        return await self._tokens(held, call, proceed)

    async def _tokens(self, held: Held, call: Call, proceed: Proceed) -> Answer:
        """The tokens, which the emulator has kept from those who have a software token until it gets a code of it."""
        from ministack.services import cognito

        if held.tokens is not None:
            return held.tokens
        given = call.members.get("ChallengeResponses") or call.members.get("AuthParameters") or {}
        responses = {name: given[name] for name in ("USERNAME", "SECRET_HASH") if name in given}
        if held.user.get(TOTP_SECRET):
            responses["SOFTWARE_TOKEN_MFA_CODE"] = cognito._totp_code(held.user[TOTP_SECRET])
        responding = {"InitiateAuth": "RespondToAuthChallenge", "AdminInitiateAuth": "AdminRespondToAuthChallenge"}
        members = {name: call.members[name] for name in ("ClientId", "UserPoolId") if name in call.members}
        members |= {"ChallengeName": TOTP, "ChallengeResponses": responses}
        return await proceed(Call(responding.get(call.action, call.action), members))

    def _ask(self, held: Held) -> Answer:
        parameters = {"USER_ID_FOR_SRP": held.user["Username"]}
        if held.challenge == SELECTS:
            parameters["MFAS_CAN_CHOOSE"] = json.dumps(list(held.options))
        elif held.challenge == SETS_UP:
            parameters["MFAS_CAN_SETUP"] = json.dumps(list(held.options))
        elif held.challenge == TOTP:
            parameters["FRIENDLY_DEVICE_NAME"] = "TOTP device"
        else:
            medium = MEDIUMS[held.challenge]
            parameters["CODE_DELIVERY_DELIVERY_MEDIUM"] = medium
            address = values_of(held.user).get(inbox.ADDRESS[medium], "")
            parameters["CODE_DELIVERY_DESTINATION"] = masked(medium, address)
            self._inbox.deliver(held.pool, held.user, medium, held.challenge, CODE)
        members = {"ChallengeName": held.challenge, "Session": self._sign_ins.hold(held)}
        return Answer(200, {**members, "ChallengeParameters": parameters})


def _is_code(held: Held, given: object) -> bool:
    from ministack.services import cognito

    if held.challenge == TOTP:
        return bool(cognito._totp_matches(held.user.get(TOTP_SECRET), given))
    return given == CODE

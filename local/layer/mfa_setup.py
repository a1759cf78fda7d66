"""MFA_SETUP: a user who has to have a second factor enrols a software token before the first tokens.

Source: https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_RespondToAuthChallenge.html,
MFA_SETUP: the challenge's session goes to AssociateSoftwareToken, that one's to VerifySoftwareToken, and that one's to
the answer; .../API_VerifySoftwareToken.html (a wrong code is an EnableSoftwareTokenMFAException, a request has an
access token or a session). https://github.com/aws-amplify/amplify-js/issues/6461: no other session will do. For SMS and
e-mail there is nothing to answer: the user gets the attribute and begins again.

With an access token, the emulator does it. Assumed: the token is the preferred factor once it is verified, as with an
access token; AssociateSoftwareToken is refused with a SoftwareTokenMFANotFoundException where the pool has no software
tokens; an answer before the verification is that of a wrong session.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from .auth_factors import TOTP, enrol
from .concern import Answer, Call, Proceed
from .held_sign_ins import RESPONDS, HeldSignIns
from .mfa_steps import SETS_UP
from .operations import Refused
from .secret_hash import refusal

ASSOCIATES, VERIFIES = "AssociateSoftwareToken", "VerifySoftwareToken"


class MfaSetup:
    def __init__(self, sign_ins: HeldSignIns) -> None:
        self._sign_ins = sign_ins

    async def __call__(self, call: Call, proceed: Proceed) -> Answer:
        step = {ASSOCIATES: self._associate, VERIFIES: self._verify}.get(call.action)
        if call.action in RESPONDS and call.members.get("ChallengeName") == SETS_UP:
            if refused_hash := refusal(call):
                return refused_hash
            step = self._finish
        if step is None or call.members.get("AccessToken"):
            return await proceed(call)
        try:
            return step(call.members)
        except Refused as refused:
            return Answer.error(refused.name, str(refused))

    def _associate(self, members: Mapping[str, Any]) -> Answer:
        held = self._sign_ins.of_session(members, SETS_UP)
        if TOTP not in held.options:
            raise Refused("SoftwareTokenMFANotFoundException", "Software token MFA is not enabled for the user pool.")
        self._sign_ins.end(members)
        secret = base64.b32encode(secrets.token_bytes(20)).decode()
        return Answer(200, {"SecretCode": secret, "Session": self._sign_ins.hold(replace(held, secret=secret))})

    def _verify(self, members: Mapping[str, Any]) -> Answer:
        from ministack.services import cognito

        held = self._sign_ins.of_session(members, SETS_UP)
        if not held.secret or held.is_verified:
            raise Refused("NotAuthorizedException", "Invalid session for the user.")
        if not cognito._totp_matches(held.secret, members.get("UserCode")):
            raise Refused("EnableSoftwareTokenMFAException", "Code mismatch and fail enable Software Token MFA")
        enrol(held.user, held.secret)
        held.user["_preferred_mfa"] = TOTP
        self._sign_ins.end(members)
        return Answer(200, {"Status": "SUCCESS", "Session": self._sign_ins.hold(replace(held, is_verified=True))})

    def _finish(self, members: Mapping[str, Any]) -> Answer:
        held = self._sign_ins.answered(members)
        if not held.is_verified or held.tokens is None:
            raise Refused("NotAuthorizedException", "Invalid session for the user.")
        self._sign_ins.end(members)
        return held.tokens

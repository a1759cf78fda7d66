"""Somebody comes back from an identity provider: what managed login does then, which no API does.

`PUT /_poolsafe/federated-sign-in` with `{"UserPoolId": ..., "ClientId": ..., "ProviderName": ..., "UserId": ...,
"Attributes": {...}}`, the claims as the provider has them, answers `{"AuthenticationResult": ...}`, or what the app
finds in its callback URL, `{"error": "invalid_request", "error_description": ...}`.

Sources, all below https://docs.aws.amazon.com/cognito/latest/developerguide/: cognito-user-pools-identity-federation-
consolidate-users.html (a linked user is that user), cognito-user-pools-working-with-lambda-triggers.html (the first
time PreSignUp_ExternalProvider, PostConfirmation_ConfirmSignUp, TokenGeneration_HostedAuth; later PostAuthentication_
Authentication and TokenGeneration_HostedAuth), cognito-user-pools-specifying-attribute-mapping.html
(what is mapped is written at each sign-in, and has to be mutable), cognito-user-pools-user-groups.html (the group
`<pool>_<provider>`). "User already exists" where a local user has the profile's name: https://github.com/Boise-State-
Development/agentcore-public-stack/pull/425. "Already found an entry for username ..." where PreSignUp links the user:
https://github.com/aws-amplify/amplify-flutter/issues/1716. "User is not enabled": how-to-manage-user-accounts.html.

Assumed: profiles of pools that are not case-sensitive are lower-case (`google_1`), their addresses too; later sign-ins
begin with PreAuthentication_Authentication; a user who was linked before the first sign-in comes by the later sequence;
the profile stays where PostConfirmation refuses; who comes twice at once gets one profile; what is missing or cannot be
changed is told after PreSignUp and PreAuthentication. Not done: InboundFederation, and aliases of others.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .federated_profiles import linked, made, profile_of
from .names import folded
from .operations import Json, Refused, now
from .pools import pool_anywhere, put_values, values_of, within
from .required_attributes import missing_of
from .token_trigger import TokenTrigger, attributes_of, holding_back
from .triggers import Event, Triggers, function_of
from .usernames import LOWERED

REFUSED = "invalid_request"
AUTO = ("autoConfirmUser", "autoVerifyEmail", "autoVerifyPhone")
VERIFIES = {"email": "autoVerifyEmail", "phone_number": "autoVerifyPhone"}


class FederatedSignIn:
    def __init__(self, triggers: Triggers, tokens: TokenTrigger) -> None:
        self._triggers, self._tokens = triggers, tokens

    async def control(self, method: str, body: Any) -> Json:
        if method != "PUT":
            raise ValueError("PUT who comes back from the provider")
        pool = pool_anywhere(body["UserPoolId"])
        client = pool["_clients"][body["ClientId"]]
        try:
            with within(pool):
                return {"AuthenticationResult": await self._sign_in(pool, client, body)}
        except Refused as refused:
            return {"error": REFUSED, "error_description": str(refused)}

    async def _sign_in(self, pool: Json, client: Json, body: Json) -> Json:
        provider = (pool.get("_identity_providers") or {}).get(body["ProviderName"])
        if provider is None or body["ProviderName"] not in (client.get("SupportedIdentityProviders") or ()):
            raise Refused(REFUSED, "The app client does not support the identity provider.")
        claims = {name: str(value) for name, value in (body.get("Attributes") or {}).items()}
        mapping = provider.get("AttributeMapping") or {}
        mapped = {name: claims[claim] for name, claim in mapping.items() if claim in claims and name != "username"}
        mapped |= {name: folded(pool, mapped[name]) for name in LOWERED if name in mapped}
        username = folded(pool, f"{body['ProviderName']}_{body['UserId']}")
        user = linked(pool, body, {**claims, **mapped}) or profile_of(pool, username, body)
        if user is None:
            user = await self._sign_up(pool, username, body, {**claims, **mapped}, mapped)
            await self._tell(pool, "PostConfirmation", "ConfirmSignUp", body, user)
        else:
            await self._come_back(pool, user, body, mapped)
        return await self._tokens_of(pool, client, user)

    async def _sign_up(self, pool: Json, username: str, body: Json, told: Mapping[str, str], mapped: Json) -> Json:
        """The profile of somebody who comes for the first time."""
        attributes = {"cognito:email_alias": "", "cognito:phone_number_alias": "", **mapped}
        request = {"userAttributes": attributes, "validationData": {}}
        response = dict.fromkeys(AUTO, False)
        event = Event("PreSignUp", "PreSignUp_ExternalProvider", username, body["ClientId"], request, response)
        if function_of(pool, "PreSignUp"):
            response = await self._triggers.ask(pool, event)
        if linked(pool, body, told) is not None:
            raise Refused(REFUSED, f"Already found an entry for username {username}")
        if there := profile_of(pool, username, body):  # made meanwhile, by another sign-in
            return there
        if username in pool["_users"]:
            raise Refused(REFUSED, "User already exists")
        if missing := missing_of(pool, mapped):
            raise Refused(REFUSED, f"attributes required: [{', '.join(missing)}]")
        verified = [name for name, auto in VERIFIES.items() if mapped.get(name) and response.get(auto)]
        return made(pool, username, body, {**mapped, **{f"{name}_verified": "true" for name in verified}})

    async def _come_back(self, pool: Json, user: Json, body: Json, mapped: Json) -> None:
        if not user["Enabled"]:
            raise Refused(REFUSED, "User is not enabled")
        await self._tell(pool, "PreAuthentication", "Authentication", body, user, validationData={})
        fixed = {one["Name"] for one in pool["SchemaAttributes"] if not one.get("Mutable")}
        if cannot := sorted(fixed & mapped.keys()):
            raise Refused(REFUSED, f"user.{cannot[0]}: Attribute cannot be updated.")
        put_values(user, {**values_of(user), **mapped})
        user["UserLastModifiedDate"] = now()
        await self._tell(pool, "PostAuthentication", "Authentication", body, user, newDeviceUsed=False)

    async def _tell(self, pool: Json, trigger: str, why: str, body: Json, user: Json, **more: Any) -> None:
        """Calls a trigger that changes nothing, and can refuse."""
        if function_of(pool, trigger):
            request = {"userAttributes": attributes_of(user), **more}
            event = Event(trigger, f"{trigger}_{why}", user["Username"], body["ClientId"], request, {})
            await self._triggers.ask(pool, event)

    async def _tokens_of(self, pool: Json, client: Json, user: Json) -> Json:
        from ministack.services import cognito

        scope = cognito._granted_scopes(client, None)
        with holding_back():
            tokens = cognito._build_auth_result(pool["Id"], client["ClientId"], user, scope=scope)
        if not cognito._id_token_granted(scope):
            del tokens["IdToken"]
        return await self._tokens.customize(pool, client["ClientId"], tokens, "HostedAuth")

"""User pools and state machines made by CloudFormation, closer to AWS than the emulator makes them.

The emulator's CloudFormation calls its own functions, not the API: what is done to calls does not reach it, so this is
done to its handlers of resource types, which hold a template to what the API would refuse. Sources, below
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/: aws-resource-cognito-userpool.html
(EnabledMfas, EmailAuthentication..., WebAuthn..., Key- and IssuerConfiguration),
aws-resource-cognito-userpoolclient.html (RefreshTokenRotation), aws-resource-cognito-userpoolidentityprovider.html
(`Ref` is the provider's name; a change of name, type or pool replaces it), of which the emulator has none.

Of a state machine, DescribeStateMachine tells the LoggingConfiguration of the template by the names of the API
(aws-resource-stepfunctions-statemachine.html); the emulator keeps the template's, which no client understands.

Assumed: a property that leaves the template leaves the pool.
"""

from __future__ import annotations

import functools
import json
from typing import Any

from .client_settings import check_client
from .constraints import breach
from .mfa_config import check_mail
from .operations import Json
from .pool_settings import conflict
from .pools import pool_of_request
from .schema_names import named_schema, schema_problem

POOL, CLIENT = "AWS::Cognito::UserPool", "AWS::Cognito::UserPoolClient"
PROVIDER = "AWS::Cognito::UserPoolIdentityProvider"
MACHINE, LOGGING = "AWS::StepFunctions::StateMachine", "LoggingConfiguration"
PASSKEYS = {
    "WebAuthnRelyingPartyID": "RelyingPartyId",
    "WebAuthnUserVerification": "UserVerification",
    "WebAuthnFactorConfiguration": "FactorConfiguration",
}
SMS = ("SmsAuthenticationMessage", "SmsConfiguration")
MAIL = {"EmailAuthenticationMessage": "Message", "EmailAuthenticationSubject": "Subject"}
PROVIDER_MEMBERS = (
    "UserPoolId",
    "ProviderName",
    "ProviderType",
    "ProviderDetails",
    "AttributeMapping",
    "IdpIdentifiers",
)


def mend_cloudformation() -> None:
    """Takes its place in the emulator."""
    from ministack.services.cloudformation import provisioners

    handlers = provisioners._RESOURCE_HANDLERS
    for kind, check, finish in ((POOL, _check_pool, _finish_pool), (CLIENT, _check_client, _finish_client)):
        handlers[kind]["create"] = _creating(handlers[kind]["create"], check, finish)
        handlers[kind]["update"] = _updating(handlers[kind]["update"], check, finish)
    handlers[POOL]["delete"] = _protected(handlers[POOL]["delete"])
    handlers[MACHINE]["create"] = _by_names_of_the_api(handlers[MACHINE]["create"])
    handlers[MACHINE]["update"] = _by_names_of_the_api(handlers[MACHINE]["update"])
    provisioners._REPLACING_PROPERTIES[PROVIDER] = ("ProviderName", "ProviderType", "UserPoolId")
    handlers[PROVIDER] = {"create": _create_provider, "update": _update_provider, "delete": _delete_provider}


def _creating(create: Any, check: Any, finish: Any) -> Any:
    @functools.wraps(create)
    def created(logical_id: str, properties: Json, stack: str) -> Any:
        check(None, properties)
        identity, attributes = create(logical_id, _named(properties), stack)
        finish(identity, {}, properties)
        return identity, attributes

    return created


def _updating(update: Any, check: Any, finish: Any) -> Any:
    @functools.wraps(update)
    def updated(identity: str, old: Json, new: Json, *others: Any) -> Any:
        check(identity, new)
        identity, attributes = update(identity, _named(old), _named(new), *others)
        finish(identity, old, new)
        return identity, attributes

    return updated


def _named(properties: Json) -> Json:
    return {**properties, "Schema": named_schema(properties["Schema"])} if properties.get("Schema") else properties


def _check_pool(_identity: str | None, properties: Json) -> None:
    enabled = properties.get("EnabledMfas") or ()
    wants_mfa = properties.get("MfaConfiguration", "OFF") != "OFF"
    problem = breach("CreateUserPool", {"PoolName": "any", **properties}) or conflict(properties)
    if wants_mfa and not enabled and not properties.get("SmsConfiguration"):
        problem = problem or "SMS configuration is required when MFA is required/optional."
    if problem := problem or schema_problem(properties.get("Schema") or ()):
        raise ValueError(problem)
    if "EMAIL_OTP" in enabled:
        check_mail(properties.get("UserPoolTier", "ESSENTIALS"), properties.get("EmailConfiguration") or {})


def _check_client(identity: str | None, properties: Json) -> None:
    if problem := breach("CreateUserPoolClient", {"ClientName": "any", **properties}):
        raise ValueError(problem)
    pool = pool_of_request(properties["UserPoolId"])
    if pool is not None:
        check_client(pool, pool["_clients"].get(identity), properties)


def _finish_pool(pool_id: str, old: Json, new: Json) -> None:
    pool = pool_of_request(pool_id)
    if pool is not None:
        _apply(pool, _settings_of_pool(old), _settings_of_pool(new))


def _settings_of_pool(properties: Json) -> Json:
    mail = {member: properties[name] for name, member in MAIL.items() if properties.get(name)}
    passkeys = {member: properties[name] for name, member in PASSKEYS.items() if properties.get(name)}
    enabled = properties.get("EnabledMfas") or ()
    sms = {name: properties[name] for name in SMS if properties.get(name)} if "SMS_MFA" in enabled else {}
    return {
        "EmailMfaConfiguration": mail if mail or "EMAIL_OTP" in enabled else None,
        "SmsMfaConfiguration": sms or None,
        "WebAuthnConfiguration": passkeys or None,
        "KeyConfiguration": properties.get("KeyConfiguration"),
        "IssuerConfiguration": properties.get("IssuerConfiguration"),
    }


def _finish_client(client_id: str, old: Json, new: Json) -> None:
    pool = pool_of_request(new.get("UserPoolId", ""))
    if pool is None or client_id not in pool["_clients"]:
        return
    rotation = dict(new.get("RefreshTokenRotation") or {})
    if "RetryGracePeriodSeconds" in rotation:  # a template may say numbers as text, the API does not
        rotation["RetryGracePeriodSeconds"] = int(rotation["RetryGracePeriodSeconds"])
    before = {"RefreshTokenRotation": old.get("RefreshTokenRotation")}
    _apply(pool["_clients"][client_id], before, {"RefreshTokenRotation": rotation or None})


def _apply(record: Json, before: Json, after: Json) -> None:
    """What the template did not change stays as the API made it."""
    for name, value in after.items():
        if value is not None and value != before[name]:
            record[name] = value
        elif value is None and before[name] is not None:
            record.pop(name, None)


def _by_names_of_the_api(make: Any) -> Any:
    @functools.wraps(make)
    def made(identity: str, *given: Any) -> Any:
        return make(identity, *(_logging_named(one) if isinstance(one, dict) else one for one in given))

    return made


def _logging_named(properties: Json) -> Json:
    return {**properties, LOGGING: _lowered(properties[LOGGING])} if properties.get(LOGGING) else properties


def _lowered(value: Any) -> Any:
    if isinstance(value, list):
        return [_lowered(one) for one in value]
    if isinstance(value, dict):
        return {name[0].lower() + name[1:]: _lowered(one) for name, one in value.items()}
    return value


def _protected(delete: Any) -> Any:
    @functools.wraps(delete)
    def deleted(identity: str, properties: Json) -> Any:
        if (pool_of_request(identity) or {}).get("DeletionProtection") == "ACTIVE":
            raise ValueError("The user pool cannot be deleted because deletion protection is activated.")
        return delete(identity, properties)

    return deleted


def _create_provider(_logical_id: str, properties: Json, _stack: str) -> tuple[str, Json]:
    from ministack.services import cognito

    members = {name: properties[name] for name in PROVIDER_MEMBERS if name in properties}
    if problem := breach("CreateIdentityProvider", {"ProviderDetails": {}, **members}):
        raise ValueError(problem)
    _succeeded("create", cognito._create_identity_provider(members))
    return str(properties["ProviderName"]), {}


def _update_provider(identity: str, _old: Json, new: Json, _stack: str) -> tuple[str, Json]:
    from ministack.services import cognito

    left_out: Json = {"ProviderDetails": {}, "AttributeMapping": {}, "IdpIdentifiers": []}
    members = {**left_out, **{name: new[name] for name in PROVIDER_MEMBERS if name in new}}
    _succeeded("update", cognito._update_identity_provider(members))
    return identity, {}


def _delete_provider(identity: str, properties: Json) -> None:
    pool = pool_of_request(properties.get("UserPoolId", ""))
    if pool is not None:
        pool.get("_identity_providers", {}).pop(identity, None)


def _succeeded(doing: str, answer: Any) -> None:
    status, _, body = answer
    if status >= 400:
        raise ValueError(f"{PROVIDER} {doing} failed: {json.loads(body)}")

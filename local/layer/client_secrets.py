"""An app client's secrets: up to two, and one that the caller chooses.

Sources: https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AddUserPoolClientSecret.html
(two at most), .../API_ListUserPoolClientSecrets.html (never the value), .../API_DeleteUserPoolClientSecret.html (never
the last), and .../API_CreateUserPoolClient.html (`ClientSecret` excludes GenerateSecret). AddUserPoolClientSecret is
for "an existing confidential user pool app client"; it tells a secret only if Cognito made it.

Assumed: a third secret is a LimitExceededException; adding to a client that has none, and deleting the last, are
InvalidParameterExceptions; DescribeUserPoolClient shows the oldest secret, the caller's own as well.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from secrets import choice
from string import ascii_lowercase, digits
from typing import Any

from .concern import Answer, Call, Proceed
from .operations import Json, Refused, answering, kept, new_id, now
from .pools import pool_of_client, pool_of_request

SECRETS_PER_CLIENT = 2
SHOWN = ("ClientSecretId", "ClientSecretCreateDate")


def _list(pool: Json, members: Mapping[str, Any]) -> Json:
    return {"ClientSecrets": [_shown(secret) for secret in _secrets(pool, members["ClientId"])]}


def _add(pool: Json, members: Mapping[str, Any]) -> Json:
    from ministack.services import cognito

    secrets = _secrets(pool, members["ClientId"])
    if not secrets:
        raise Refused("InvalidParameterException", "The app client has no secret: it is a public one.")
    if len(secrets) >= SECRETS_PER_CLIENT:
        raise Refused("LimitExceededException", f"An app client has at most {SECRETS_PER_CLIENT} secrets.")
    chosen = members.get("ClientSecret")
    value = chosen or cognito._client_secret()
    if any(secret["ClientSecretValue"] == value for secret in secrets):
        raise Refused("InvalidParameterException", "The app client has that secret already.")
    secret = _secret(value, now())
    secrets.append(secret)
    return {"ClientSecretDescriptor": _shown(secret) if chosen else secret}


def _delete(pool: Json, members: Mapping[str, Any]) -> Json:
    secrets = _secrets(pool, members["ClientId"])
    remaining = [secret for secret in secrets if secret["ClientSecretId"] != members["ClientSecretId"]]
    if len(remaining) == len(secrets):
        raise Refused("ResourceNotFoundException", f"Client secret {members['ClientSecretId']} does not exist.")
    if not remaining:
        raise Refused("InvalidParameterException", "The last secret of an app client cannot be deleted.")
    secrets[:] = remaining
    pool["_clients"][members["ClientId"]]["ClientSecret"] = remaining[0]["ClientSecretValue"]
    return {}


def _secrets(pool: Json, client_id: str) -> list[Json]:
    """The client's secrets, oldest first. The one it was made with is in the emulator's record of it."""
    client = pool["_clients"][client_id]
    secrets: list[Json] = kept(pool, "client_secrets").setdefault(client_id, [])
    if not secrets and client.get("ClientSecret"):
        secrets.append(_secret(client["ClientSecret"], client["CreationDate"]))
    return secrets


def make_secrets_like_cognito() -> None:
    """Secrets as ClientSecretType describes them, `[\\w+]+` of at most 64 characters; the emulator's are plain Base64.

    https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_UserPoolClientType.html
    """
    from ministack.services import cognito

    cognito._client_secret = lambda: "".join(choice(ascii_lowercase + digits) for _ in range(52))


def _secret(value: str, at: float) -> Json:
    return {"ClientSecretId": new_id(), "ClientSecretValue": value, "ClientSecretCreateDate": at}


def _shown(secret: Json) -> Json:
    return {name: secret[name] for name in SHOWN}


client_secrets = answering(
    {
        "ListUserPoolClientSecrets": _list,
        "AddUserPoolClientSecret": _add,
        "DeleteUserPoolClientSecret": _delete,
    }
)


async def chosen_secret(call: Call, proceed: Proceed) -> Answer:
    """`ClientSecret` of CreateUserPoolClient, which the emulator does not read."""
    chosen = call.members.get("ClientSecret")
    if call.action != "CreateUserPoolClient" or chosen is None:
        return await proceed(call)
    if call.members.get("GenerateSecret"):
        return Answer.error("InvalidParameterException", "GenerateSecret and ClientSecret exclude each other.")
    answer = await proceed(call)
    pool = pool_of_request(call.user_pool_id)
    if not answer.succeeded or pool is None:
        return answer
    made = answer.members["UserPoolClient"]
    pool["_clients"][made["ClientId"]]["ClientSecret"] = chosen
    return Answer(answer.status, {"UserPoolClient": {**made, "ClientSecret": chosen}}, answer.headers)


async def second_secret(call: Call, proceed: Proceed) -> Answer:
    """A secret hash made with the second secret is as good as one made with the first, the only one the emulator knows.

    What is hashed: https://docs.aws.amazon.com/cognito/latest/developerguide/signing-up-users-in-your-app.html.
    """
    client_id = str(call.members.get("ClientId", ""))
    pool = pool_of_request(call.user_pool_id) or pool_of_client(client_id)
    if pool is None or client_id not in pool["_clients"]:
        return await proceed(call)
    others = [secret["ClientSecretValue"] for secret in kept(pool, "client_secrets").get(client_id, ())[1:]]
    first = pool["_clients"][client_id].get("ClientSecret")
    for inside in ("AuthParameters", "ChallengeResponses", ""):
        given = (call.members.get(inside) or {}) if inside else call.members
        name, username = ("SECRET_HASH", given.get("USERNAME")) if inside else ("SecretHash", given.get("Username"))
        if username and given.get(name) in [_hash(secret, username, client_id) for secret in others]:
            changed = {name: _hash(first, username, client_id)}
            call = call.with_members(**({inside: {**given, **changed}} if inside else changed))
    return await proceed(call)


def _hash(secret: str, username: str, client_id: str) -> str:
    made = hmac.new(secret.encode(), (username + client_id).encode(), hashlib.sha256)
    return base64.b64encode(made.digest()).decode()

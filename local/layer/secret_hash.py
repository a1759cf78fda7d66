"""Whether the secret hash that comes with a request of an app is right, for what is answered in the emulator's place.

Source: https://docs.aws.amazon.com/cognito/latest/developerguide/signing-up-users-in-your-app.html#
cognito-user-pools-computing-secret-hash. The check is the emulator's own.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json

from .concern import Answer, Call


def refusal(call: Call) -> Answer | None:
    """What the emulator answers where the hash is missing or wrong."""
    from ministack.services import cognito

    members = dict(call.members)
    if call.action in cognito._UNSIGNED_IDP_ACTIONS:
        cognito._pin_unsigned_idp_scope(members)
    found = cognito._validate_client_secret_hash(call.action, members)
    return None if found is None else Answer(found[0], json.loads(found[2]), found[1])


def secret_hash(secret: str, username: str, client_id: str) -> str:
    digest = hmac.new(secret.encode(), (username + client_id).encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()

"""What a request asks of a target, and the target cannot do: refused before anything is written."""

from __future__ import annotations

from ..domain.requests import RestoreRequest
from ..domain.restore.credentials import Credential
from ..domain.target import TargetPool
from ..errors import InvalidRequest

#: A sub is a UUID.
SUB_LENGTH = 36


def require_importable(request: RestoreRequest, target: TargetPool) -> None:
    """Refuse an import into a pool where it cannot work for anybody. Raises InvalidRequest."""
    if request.credentials is Credential.IMPORT_JOB and not target.auto_verified:
        raise InvalidRequest(
            "credentials",
            f"is import-job, and {target.user_pool_id} verifies neither e-mail addresses nor phone numbers by itself, "
            "so Cognito starts no import there. Set AutoVerifiedAttributes (aws cognito-idp update-user-pool; send the "
            "whole object), or take another way",
            '"credentials": "reset"',
        )


def sub_attribute_of(request: RestoreRequest, target: TargetPool) -> str | None:
    """The attribute that takes the old `sub`, or None where the target has none and none was asked for."""
    wanted = request.sub_attribute
    if wanted is None:
        return None
    if target.max_lengths.get(wanted, SUB_LENGTH) < SUB_LENGTH:
        raise InvalidRequest(
            "sub_attribute",
            f"names {wanted}, which holds fewer than the {SUB_LENGTH} characters of a sub in {target.user_pool_id}. "
            "Name another, or restore without",
            '"sub_attribute": null',
        )
    if wanted in target.attribute_names:
        return wanted
    if request.sub_attribute_given:
        raise InvalidRequest(
            "sub_attribute",
            f"names {wanted}, which the schema of {target.user_pool_id} does not have. Add it to the target (aws "
            "cognito-idp add-custom-attributes, with Mutable=false), or leave it out to restore without",
            '"sub_attribute": null',
        )
    return None

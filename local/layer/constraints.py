"""Requests are held to the constraints of the API: required members, allowed values, lengths, ranges and patterns.

The emulator looks at hardly any, and the AWS SDK for Python checks types and required members only. The constraints are
those of botocore's service model, which is what
https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/ is made from; a breach of one is an
InvalidParameterException there (API_*, section Errors). The text is Cognito's form of it as others met it; nothing may
decide by it.
"""

from __future__ import annotations

import base64
import functools
import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

import botocore.session

from .concern import Answer, Call, Proceed

#: The operations held to them: those that configure a pool, and those that make or change users.
CHECKED = frozenset(
    {
        "AddCustomAttributes",
        "AddUserPoolClientSecret",
        "AdminAddUserToGroup",
        "AdminCreateUser",
        "AdminDisableUser",
        "AdminEnableUser",
        "AdminLinkProviderForUser",
        "AdminSetUserPassword",
        "AdminUpdateUserAttributes",
        "ConfirmForgotPassword",
        "CreateGroup",
        "CreateIdentityProvider",
        "CreateManagedLoginBranding",
        "CreateResourceServer",
        "CreateTerms",
        "CreateUserPool",
        "CreateUserPoolClient",
        "CreateUserPoolDomain",
        "CreateUserPoolReplica",
        "DeleteManagedLoginBranding",
        "DeleteTerms",
        "DeleteUserPoolReplica",
        "DeleteUserPoolClientSecret",
        "DescribeManagedLoginBranding",
        "DescribeManagedLoginBrandingByClient",
        "DescribeRiskConfiguration",
        "DescribeTerms",
        "DescribeTermsByClient",
        "ForgotPassword",
        "GetLogDeliveryConfiguration",
        "GetSigningCertificate",
        "InitiateAuth",
        "ListTerms",
        "ListUserPoolClientSecrets",
        "ListUserPoolReplicas",
        "RespondToAuthChallenge",
        "SetLogDeliveryConfiguration",
        "SetRiskConfiguration",
        "SetUICustomization",
        "SetUserPoolMfaConfig",
        "UpdateGroup",
        "UpdateIdentityProvider",
        "UpdateManagedLoginBranding",
        "UpdateResourceServer",
        "UpdateTerms",
        "UpdateUserPool",
        "UpdateUserPoolClient",
        "UpdateUserPoolDomain",
        "UpdateUserPoolReplica",
    }
)
#: Python's `re` does not know `\p{L}` and its kin. This pattern is looked at all the same, the others are not.
UNICODE_CLASS = r"\p{"
VISIBLE, VISIBLE_CATEGORIES = r"[\p{L}\p{M}\p{S}\p{N}\p{P}]+", "LMSNP"


async def constraints(call: Call, proceed: Proceed) -> Answer:
    if call.action in CHECKED and (problem := breach(call.action, call.members)):
        return Answer.error("InvalidParameterException", problem)
    return await proceed(call)


def breach(operation: str, members: Mapping[str, Any]) -> str | None:
    """The first constraint that a request does not keep, in words."""
    found = _breach(_model().operation_model(operation).input_shape, members)
    return f"1 validation error detected: {found}" if found else None


@functools.cache
def _model() -> Any:
    return botocore.session.get_session().get_service_model("cognito-idp")


def _breach(shape: Any, value: Any, where: str = "") -> str | None:
    if getattr(shape, "is_document_type", False):
        return None
    if shape.type_name == "structure":
        return _breach_of_structure(shape, value, where)
    if problem := _size_problem(shape, value):
        return f"Value at '{where}' failed to satisfy constraint: {problem}"
    inner: Sequence[tuple[Any, Any, str]] = ()
    if shape.type_name == "list":
        inner = [(shape.member, member, f"{where}.{n}.member") for n, member in enumerate(value, 1)]
    elif shape.type_name == "map":
        inner = [(shape.key, key, where) for key in value] + [(shape.value, value[k], f"{where}.{k}") for k in value]
    return next((found for shape, member, at in inner if (found := _breach(shape, member, at))), None)


def _breach_of_structure(shape: Any, value: Mapping[str, Any], where: str) -> str | None:
    for name in shape.required_members:
        if value.get(name) is None:
            return f"Value null at '{_path(where, name)}' failed to satisfy constraint: Member must not be null"
    for name, member in value.items():
        if member is None or name not in shape.members:
            continue
        if found := _breach(shape.members[name], member, _path(where, name)):
            return found
    return None


def _path(where: str, name: str) -> str:
    first_small = name[0].lower() + name[1:]
    return f"{where}.{first_small}" if where else first_small


def _size_problem(shape: Any, value: Any) -> str | None:
    limits = shape.metadata
    if shape.type_name in ("integer", "long"):
        size, what = int(value), "value"
    elif shape.type_name == "blob":
        size, what = len(base64.b64decode(value)), "length"
    elif shape.type_name in ("string", "list", "map"):
        size, what = len(value), "length"
    else:
        return None
    if size > limits.get("max", size):
        return f"Member must have {what} less than or equal to {limits['max']}"
    if size < limits.get("min", size):
        return f"Member must have {what} greater than or equal to {limits['min']}"
    if "enum" in limits and value not in limits["enum"]:
        return f"Member must satisfy enum value set: [{', '.join(limits['enum'])}]"
    pattern = limits.get("pattern", UNICODE_CLASS)
    if not _fits(pattern, value):
        return f"Member must satisfy regular expression pattern: {pattern}"
    return None


def _fits(pattern: str, value: str) -> bool:
    if pattern == VISIBLE:
        return bool(value) and all(unicodedata.category(sign)[0] in VISIBLE_CATEGORIES for sign in value)
    return UNICODE_CLASS in pattern or re.fullmatch(pattern, value) is not None

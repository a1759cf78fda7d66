"""Who answers to a name in a fake user pool, which names somebody else has, and what a value has to look like.

Sources: [DG user-pool-settings-attributes]. A user is named by the username attribute it signs in with, by another one
once that is verified, by an e-mail address or phone number that is an alias once it is verified, and by a
`preferred_username` that is one at once. The address of a federated profile names nobody: a local user may have it too
(aws-amplify/amplify-js#3899, amazon-archives/amazon-cognito-identity-js#600); nor does its sub [API AdminGetUser].
A pool that does not care about case lowers these names [DG user-pool-case-sensitivity].
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from poolsafe.domain.records import EXTERNAL_PROVIDER, User
from poolsafe.domain.target import TargetPool

ADDRESSES = ("email", "phone_number")
PREFERRED = "preferred_username"
LOWERED = ("email", PREFERRED)
BOOLEANS = ("true", "false")
FORMS = {
    "email": re.compile(r"[^@\s]+@[^@\s]+"),
    "phone_number": re.compile(r"\+[0-9]{3,18}"),
    "birthdate": re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])", re.ASCII),
}


def says_verified(attributes: Mapping[str, str], address: str) -> bool:
    return attributes.get(f"{address}_verified", "").lower() == "true"


def answers_to(target: TargetPool, user: User, folded: str) -> bool:
    """Whether a name, as the pool compares names, is this user's."""
    if folded == target.fold(user.username) or (folded == user.sub and user.status != EXTERNAL_PROVIDER):
        return True
    return folded in names_of(target, user)


def names_of(target: TargetPool, user: User) -> Iterator[str]:
    """What a user goes by beside its username and its sub, as the pool compares names."""
    if user.status == EXTERNAL_PROVIDER or not (target.username_attributes or target.alias_attributes):
        return
    identity = target.identity(user)
    if target.username_attributes and identity is not None:
        yield identity
    for name in (*target.username_attributes, *target.alias_attributes):
        if user.attributes.get(name) and (name == PREFERRED or says_verified(user.attributes, name)):
            yield target.fold(user.attributes[name])


def is_taken(target: TargetPool, others: Iterable[User], names: Iterable[str]) -> bool:
    """Whether one of those names is another user's."""
    wanted = set(names)
    return bool(wanted) and any(answers_to(target, other, name) for other in others for name in wanted)


def lowered(target: TargetPool, attributes: Mapping[str, str]) -> dict[str, str]:
    """The attributes as the pool keeps them."""
    return {name: target.fold(value) if name in LOWERED else value for name, value in attributes.items()}


def is_of_its_type(attribute: Mapping[str, Any], value: str) -> bool:
    """Whether an attribute of SchemaAttributes can have that value; a blank one is none."""
    kind, form = attribute.get("AttributeDataType", "String"), FORMS.get(attribute["Name"])
    if not value:
        return True
    if kind == "Boolean":
        return value.lower() in BOOLEANS
    if kind == "Number":
        return re.fullmatch(r"-?\d+", value, re.ASCII) is not None
    return form is None or form.fullmatch(value) is not None

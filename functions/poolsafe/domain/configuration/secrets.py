"""Secrets in a configuration: taken out before a document is saved, put back before a pool is made from it.

A secret is named by its place in the section's document, as a JSON pointer
(RFC 6901): `/0/ClientSecret`, `/2/ProviderDetails/client_secret`. External ids
count as secrets: they are what keeps another account from using a role.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any

#: Members that hold a secret wherever they stand; those of ProviderDetails are spelled as Cognito spells them.
SECRET_MEMBERS = frozenset({"ClientSecret", "ClientSecretValue", "ExternalId", "client_secret", "private_key"})


def take_out(document: Any) -> tuple[Any, dict[str, str]]:
    """The document without its secrets, and the secrets by their JSON pointers."""
    secrets = dict(_found(document, ""))
    clean = copy.deepcopy(document)
    for pointer in secrets:
        holder, name = _holder(clean, pointer)
        del holder[name]
    return clean, secrets


def put_back(document: Any, secrets: Mapping[str, str]) -> Any:
    """The document as it was before `take_out`."""
    whole = copy.deepcopy(document)
    for pointer, value in secrets.items():
        holder, name = _holder(whole, pointer)
        holder[name] = value
    return whole


def _found(part: Any, pointer: str) -> Iterator[tuple[str, str]]:
    if isinstance(part, Mapping):
        for name, value in part.items():
            here = f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}"
            if name in SECRET_MEMBERS and isinstance(value, str) and value:
                yield here, value
            else:
                yield from _found(value, here)
    elif isinstance(part, list):
        for position, value in enumerate(part):
            yield from _found(value, f"{pointer}/{position}")


def _holder(document: Any, pointer: str) -> tuple[Any, str]:
    *path, last = [step.replace("~1", "/").replace("~0", "~") for step in pointer[1:].split("/")]
    for step in path:
        document = document[int(step) if isinstance(document, list) else step]
    return document, last

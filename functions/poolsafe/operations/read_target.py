"""What a restore has to know of its target: settings, second factors, the names of its providers; no secret."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from ..domain.configuration.model import Configuration, SectionName
from ..domain.configuration.secrets import take_out
from ..domain.snapshot import RestorePaths
from ..errors import PoolNotFound
from ..ports import ObjectStore
from .read_configuration import ReadConfiguration

Document = dict[str, Any]


def read_target(reader: ReadConfiguration) -> Document:
    """Of a pool that exists. Raises PoolNotFound, in the words of the input's field."""
    try:
        _, described = reader.section(SectionName.USER_POOL, {})
    except PoolNotFound as error:
        raise PoolNotFound(
            f"target_user_pool_id: {error} Check the id and the account (aws cognito-idp list-user-pools "
            "--max-results 60)."
        ) from None
    return _document(described, reader.mfa({}), reader.provider_names())


def planned_target(described: Mapping[str, Any], wanted: Configuration) -> Document:
    """Of a pool that is yet to be made."""
    providers = [provider["ProviderName"] for provider in wanted.entries(SectionName.IDENTITY_PROVIDERS)]
    return _document(described, wanted.mapping(SectionName.MFA), providers)


def keep_target(store: ObjectStore, paths: RestorePaths, document: Document) -> None:
    """Write it down for the states to come."""
    store.put(paths.target_key, json.dumps(document, ensure_ascii=False, default=str).encode())


def _document(described: Mapping[str, Any], mfa: Mapping[str, Any], providers: Iterable[str]) -> Document:
    return {
        "user_pool": take_out(described)[0],
        "mfa": take_out(mfa)[0],
        "identity_providers": sorted(providers),
    }

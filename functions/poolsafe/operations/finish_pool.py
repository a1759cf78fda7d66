"""The last of a copied pool: what comes after the users, the proof, and what changed for everybody else.

tags, triggers, protection, web ACL (make_pool.py)
read the whole pool back, compare it with the snapshot
id_map.json: old to new; cut_over.json: who has to change what; config_differences.json
"""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from ..domain.configuration.cut_over import cut_over
from ..domain.configuration.desired import Desired
from ..domain.configuration.differences import differences
from ..domain.configuration.id_map import id_map
from ..domain.configuration.model import Configuration, SectionName
from ..domain.configuration.record import PoolRecord
from ..domain.configuration.wanted import COPIED
from ..domain.snapshot import RestorePaths
from ..ports import ObjectStore
from ..schema_check import require
from .make_pool import MakePool


def finish_pool(
    pool: MakePool,
    store: ObjectStore,
    paths: RestorePaths,
    desired: Desired,
    sub_attribute: str | None,
    *,
    is_new: bool,
) -> dict[str, int]:
    """Do the last steps and compare; write what became of the pool, and return its numbers.

    Running it twice ends in the same files.
    """
    pool.finish(desired.wanted)
    new = pool.reader.everything(pool.deadline.near)
    record = pool.record
    added = [sub_attribute] if sub_attribute else []
    found = differences(desired.source, new, record.clients, record.todos, added, keeps=not is_new)
    ids = id_map(desired.source, new, record.clients)
    changes = cut_over(desired.source, new, record.clients, ids, _secrets_kept(desired.source, new, record))
    require("id_map", ids)
    require("cut_over", changes)
    _write(store, paths.id_map_key, ids)
    _write(store, paths.cut_over_key, changes)
    _write(store, paths.config_differences_key, [difference.to_json() for difference in found])
    finished: dict[str, Any] = {
        "user_pool_id": record.user_pool_id,
        "pool_name": record.pool_name,
        "clients": len(record.clients),
        "todo": [todo.for_pool(new.user_pool["Arn"]).to_state() for todo in record.todos],
        "not_compared": sorted((COPIED & desired.source.documents.keys()) - new.reached()),
        "gaps": sum(todo.why.is_gap for todo in record.todos),
        "explained": dict(Counter(difference.section for difference in found if difference.because)),
        "undeclared": dict(Counter(difference.section for difference in found if not difference.because)),
    }
    _write(store, paths.finished_configuration_key, finished)
    return {"todo": len(record.todos), "gaps": finished["gaps"]}


def _secrets_kept(old: Configuration, new: Configuration, record: PoolRecord) -> dict[str, bool]:
    """By old client id: whether the copy has the same secret. Clients without one are left out."""
    secrets = {client["ClientId"]: client.get("ClientSecret") for client in new.entries(SectionName.CLIENTS)}
    return {
        client["ClientId"]: bool(client.get("ClientSecret"))
        and secrets.get(record.clients.get(client["ClientId"], "")) == client["ClientSecret"]
        for client in old.entries(SectionName.CLIENTS)
        if client.get("ClientSecret") or old.mapping(SectionName.CLIENT_SECRETS).get(client["ClientId"])
    }


def _write(store: ObjectStore, key: str, document: Any) -> None:
    store.put(key, json.dumps(document, indent=1, ensure_ascii=False).encode())

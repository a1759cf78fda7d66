"""Starting a restore under its id, or going on with an earlier one that stopped."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..domain.snapshot import RestorePaths
from ..errors import InvalidRequest, Unexpected
from ..ports import ObjectStore

#: What a second run may have otherwise.
FREE = frozenset({"restore_id", "quota_share", "max_failed_percent"})


def load_selection(store: ObjectStore, paths: RestorePaths, scope: Mapping[str, Any]) -> dict[str, Any] | None:
    """Whom `only` names; None where it names nobody. `scope` is that of the request as it travels."""
    if not scope["selection"]:
        return None
    found = store.get(paths.selection_key)
    if found is None:
        raise Unexpected(f"{paths.selection_key} is gone: working files expire after 30 days. Start the restore again.")
    selection: dict[str, Any] = json.loads(found.content)
    return selection


def load_needed_groups(store: ObjectStore, paths: RestorePaths) -> frozenset[str]:
    """The groups that the selected users bring along; none where everybody is selected."""
    found = store.get(paths.needed_groups_key)
    return frozenset(json.loads(found.content)) if found else frozenset()


@dataclass(frozen=True, slots=True)
class Frozen:
    """A plan that is being applied. `state` is what the machine had of it: listings, progress, lanes."""

    started_at: str
    state: Mapping[str, Any]


def freeze(store: ObjectStore, paths: RestorePaths, frozen: Frozen) -> None:
    """Keep the finished plan: from here on, a second run with this id applies it and plans nothing."""
    store.put(paths.frozen_key, json.dumps({"started_at": frozen.started_at, "state": frozen.state}).encode())


def frozen_plan(store: ObjectStore, paths: RestorePaths) -> Frozen | None:
    """The plan of an earlier run with this id that has not ended.

    One that has ended, with whatever verdict, is planned anew: who is there is
    skipped, and who failed is tried again.
    """
    found, report = store.get(paths.frozen_key), store.get(paths.report_key)
    if found is None:
        return None
    document = json.loads(found.content)
    if report and json.loads(report.content)["window"]["started_at"] == document["started_at"]:
        return None
    return Frozen(document["started_at"], document["state"])


def is_frozen(store: ObjectStore, paths: RestorePaths, started_at: str) -> bool:
    """Whether the plan of the run that began then stands."""
    found = store.get(paths.frozen_key)
    return found is not None and json.loads(found.content)["started_at"] == started_at


def take_up(store: ObjectStore, paths: RestorePaths, request: Mapping[str, Any], again: bool) -> None:
    """Write down what this restore was asked for; with `again`, require that it is the same as the first time.

    Raises InvalidRequest. A state that runs twice writes the same twice.
    """
    content = json.dumps({name: value for name, value in request.items() if name not in FREE}, sort_keys=True).encode()
    if not again:
        store.put_if_absent(paths.request_key, content)
        return
    found = store.get(paths.request_key)
    if found is None:
        raise InvalidRequest(
            "restore_id",
            f"names no restore that lies in this stack's bucket: {paths.restore_id}. Leave it out to start a new one",
            '"restore_id": "20261122T030000Z-3f9a1c"',
        )
    if found.content != content:
        first, now = json.loads(found.content), json.loads(content)
        changed = ", ".join(sorted(name for name in {*first, *now} if first.get(name) != now.get(name)))
        raise InvalidRequest(
            "restore_id",
            f"belongs to a restore that was asked for otherwise: {changed} differ. Ask for the same (the snapshot by "
            f"its id, {first['snapshot']}), or leave restore_id out to start a new one",
            '"restore_id": "20261122T030000Z-3f9a1c"',
        )

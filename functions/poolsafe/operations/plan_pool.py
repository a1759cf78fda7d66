"""What will become of the pool itself, decided before the first write.

a new pool: the snapshot's configuration with the overrides, less what cannot be made; the rest is to do
a pool that is there: where it differs; changed only if asked for, and only after a dry run showed just that
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..domain.configuration.desired import Desired, planned_description, same_clients
from ..domain.configuration.differences import ConfigDifference, differences
from ..domain.configuration.forms import forms
from ..domain.configuration.model import LISTED, Configuration, SectionName
from ..domain.configuration.override import Override
from ..domain.configuration.record import PoolRecord
from ..domain.configuration.secrets import take_out
from ..domain.configuration.todo import Todo, domain_taken
from ..domain.configuration.wanted import Place
from ..domain.requests import RestoreRequest
from ..domain.restore.create_pool import CreatePool
from ..domain.snapshot import RestorePaths, shown_key
from ..errors import InvalidRequest, NotFound
from ..ports import Deadline, ObjectStore, ServiceApi
from .find_pool import find_pool
from .make_pool import save_record
from .read_configuration import ReadConfiguration
from .read_target import planned_target


@dataclass(frozen=True, slots=True)
class PlannedPool:
    """`described` is the target as DescribeUserPool tells it, or will; `plan` the part of plan.json about it.

    `target` is what a restore knows of a pool that is yet to be made; None where it was read from the pool.
    """

    described: dict[str, Any]
    exists: bool
    plan: dict[str, Any]
    target: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class PlanPool:
    """Plans one restore's configuration, and begins its record. `source` has the snapshot's secrets."""

    cognito: ServiceApi
    store: ObjectStore
    paths: RestorePaths
    account: str

    def new_pool(self, source: Configuration, create: CreatePool, sub_attribute: str | None) -> PlannedPool:
        """A pool to be made, or to be gone on with where this restore made it before. Raises InvalidRequest."""
        record = self._recorded()
        there = self._made_before(record) or find_pool(self.cognito, create.pool_name, self.paths.restore_id)
        changed = create.override.apply(source)
        taken = self._domains_taken(changed, there["Id"] if there else None)
        desired = Desired.of(source, create.override, Place(create.region, self.account), taken)
        own = there["Id"] if there else None
        if record is None or record.user_pool_id not in (None, own):
            # Nothing is made yet; or somebody deleted what was, and the next pool has nothing of it.
            record = PoolRecord(create.pool_name, create.region)
        save_record(self.store, self.paths, replace(record, user_pool_id=own, planned=desired.todos))
        plan = {
            "action": "create",
            "pool_name": create.pool_name,
            "region": create.region,
            "makes": {name.value: len(desired.wanted.entries(name)) for name in LISTED},
            "overrides": sorted(name for name, value in create.override.to_state().items() if value is not None),
            "todo": [todo.to_state() for todo in desired.todos],
        }
        described = there or planned_description(desired.wanted.user_pool, create.region, sub_attribute)
        return PlannedPool(described, there is not None, plan, planned_target(described, desired.wanted))

    def existing_pool(
        self, source: Configuration, reader: ReadConfiguration, request: RestoreRequest, deadline: Deadline
    ) -> PlannedPool:
        """A pool that is there, compared; it is changed only with `only_config`. Raises InvalidRequest."""
        target = reader.everything(deadline.near)
        pool = target.user_pool
        region, clients = reader.cognito.region, same_clients(source, target)
        todos: tuple[Todo, ...] = ()
        if request.only_config:
            taken = self._domains_taken(source, pool["Id"])
            todos = Desired.of(source, Override(), Place(region, self.account), taken).into(target).todos
            save_record(self.store, self.paths, PoolRecord(str(pool.get("Name")), region, pool["Id"], clients, todos))
        # Secrets differ from what `take_out` left, and are no setting.
        clean = replace(target, documents={name: take_out(document)[0] for name, document in target.documents.items()})
        found = differences(source, clean, clients, todos, keeps=request.only_config)
        if request.only_config:
            self._show_or_require_shown(request, found, todos, clean)
        plan = {
            "action": "overwrite" if request.only_config else "compare",
            "not_compared": sorted({name.value for name in SectionName} - target.reached()),
            "differences": [difference.to_json() for difference in found],
            "todo": [todo.to_state() for todo in todos],
        }
        return PlannedPool(dict(pool), True, plan)

    def _show_or_require_shown(
        self,
        request: RestoreRequest,
        found: Sequence[ConfigDifference],
        todos: Sequence[Todo],
        target: Configuration,
    ) -> None:
        """A dry run notes that it showed just this; a real run needs that note."""
        digest = _digest(request, found, todos, target)
        if request.dry_run:
            self.store.put(shown_key(digest), json.dumps({"restore_id": self.paths.restore_id}).encode())
        elif self.store.get(shown_key(digest)) is None:
            raise InvalidRequest(
                "only.sections",
                "names config, which overwrites settings of a pool that exists. Run the same request with dry_run "
                "first and look at the differences in its report; then start it again without. (Or the pool has "
                "changed since that dry run, and this would do something else)",
                '"dry_run": true',
            )

    def _domains_taken(self, source: Configuration, own_pool: str | None) -> tuple[Todo, ...]:
        """The domains that another pool of this account has. One of another account shows only when it is refused."""
        found = []
        for domain in source.entries(SectionName.DOMAINS):
            answer = self.cognito.call("DescribeUserPoolDomain", Domain=domain["Domain"])
            owner = (answer.get("DomainDescription") or {}).get("UserPoolId")
            if owner and owner != own_pool:
                found.append(domain_taken(domain["Domain"], owner))
        return tuple(found)

    def _made_before(self, record: PoolRecord | None) -> dict[str, Any] | None:
        """The pool that the record names, asked for by its id: a listing may lag behind. None where it is gone."""
        if record is None or record.user_pool_id is None:
            return None
        try:
            described: dict[str, Any] = self.cognito.call("DescribeUserPool", UserPoolId=record.user_pool_id)
        except NotFound:
            return None
        found: dict[str, Any] = described["UserPool"]
        return found

    def _recorded(self) -> PoolRecord | None:
        found = self.store.get(self.paths.pool_key)
        return PoolRecord.from_json(json.loads(found.content)) if found else None


def _digest(
    request: RestoreRequest, found: Sequence[ConfigDifference], todos: Sequence[Todo], target: Configuration
) -> str:
    """One digest for just this plan: the snapshot, the target as it is, and what would change."""
    told = {
        "snapshot": str(request.snapshot),
        "target": request.target_user_pool_id,
        "differences": [difference.to_json() for difference in found],
        "todo": [todo.to_state() for todo in todos],
        "now": forms(target, {}),
    }
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()

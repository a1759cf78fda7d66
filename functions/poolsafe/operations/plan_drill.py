"""Deciding what a drill restores: the newest COMPLETE snapshot, a sample of its users, and what that costs.

Nothing is made. The sample goes into the bucket, because names of people have no business in an execution's input.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..domain.configuration.model import SectionName
from ..domain.drill.paths import REGIONS, DrillPaths
from ..domain.drill.request import FOR_ALL, DrillRequest
from ..domain.drill.sample import Sample
from ..domain.drill.verdict import age_hours, bill, whole_hours
from ..domain.manifest import Manifest
from ..domain.quotas import Category
from ..domain.snapshot import LATEST, SnapshotRef, region_of
from ..errors import SnapshotDamaged
from ..ports import Clock, ObjectStore
from .load_configuration import load_configuration
from .open_snapshot import find_snapshot
from .reading import FormatOf, SnapshotReader


@dataclass(frozen=True, slots=True)
class PlanDrill:
    """For one pool. `rates` are what the restore may use, in requests per second."""

    store: ObjectStore
    clock: Clock
    format_of: FormatOf
    rates: Mapping[Category, float]

    def __call__(self, request: DrillRequest, user_pool_id: str, paths: DrillPaths) -> dict[str, Any]:
        """The plan, which is also written down. Raises SnapshotNotFound or SnapshotDamaged."""
        manifest = find_snapshot(self.store, SnapshotRef(user_pool_id, LATEST))
        sample = self._sample(manifest, request)
        chosen = [user.sub for user in sample.users()] if request.users == "sample" else None
        billed = sample.local if chosen is None else len(chosen)
        by_import = request.credentials == FOR_ALL
        tier = load_configuration(self.store, None, manifest).documents[SectionName.USER_POOL].get("UserPoolTier")
        plan = {
            "drill_id": paths.drill_id,
            "user_pool_id": user_pool_id,
            "snapshot": f"{manifest.user_pool_id}/{manifest.snapshot_id}",
            "recovery_point_hours": age_hours(manifest, self.clock.now()),
            "whole_pool_hours": round(whole_hours(manifest, sample.local, sample.disabled, self.rates, by_import), 4),
            "users": {
                "in_the_snapshot": manifest.counts.users,
                "local": sample.local,
                "federated": sample.federated,
                "taking_part": sample.local if chosen is None else len(chosen),
                "kinds": sample.kinds,
                "kinds_left_out": sample.kinds_left_out if chosen is not None else 0,
            },
            "bill": bill(billed, str(tier or "ESSENTIALS")),
            "restore": self._restore(request, manifest, paths, chosen),
        }
        if chosen:
            self.store.put(paths.sample_key, json.dumps(chosen).encode())
        self.store.put(f"{REGIONS}{region_of(user_pool_id)}", b"")
        self.store.put(paths.plan_key, json.dumps(plan, indent=1).encode())
        return plan

    def _sample(self, manifest: Manifest, request: DrillRequest) -> Sample:
        sample, reader = Sample(request.sample_size), SnapshotReader(self.store, manifest, self.format_of)
        try:
            for part in range(len(reader.keys("users"))):
                users = reader.users_of_part(part)
                groups = reader.groups_of(users)
                for user in users:
                    sample.look_at(user, groups.get(user.sub, ()))
        except (KeyError, OSError, ValueError):
            raise SnapshotDamaged(
                f"snapshot: {manifest.user_pool_id}/{manifest.snapshot_id} is damaged. VerifyStateMachine says where."
            ) from None
        return sample

    def _restore(
        self, request: DrillRequest, manifest: Manifest, paths: DrillPaths, chosen: list[str] | None
    ) -> dict[str, Any]:
        """The input of the restore. Federated users are left out: no API makes them, so nothing would be tried."""
        asked: dict[str, Any] = {
            "snapshot": f"{manifest.user_pool_id}/{manifest.snapshot_id}",
            "create_pool": {"pool_name": paths.pool_name, "scratch": True},
            "federated_users": "skip",
            "credentials": request.credentials,
            "quota_share": request.quota_share,
        }
        if chosen:
            asked["only"] = {"list": paths.sample_key}
        elif chosen is not None:
            asked["only"] = {"sections": ["config", "groups"]}
        return asked

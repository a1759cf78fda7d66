"""What every state of a comparison needs of its event: the request, where things lie, and the two sides."""

from __future__ import annotations

from dataclasses import dataclass

from poolsafe import bootstrap
from poolsafe.domain.compare.change import Side
from poolsafe.domain.compare.paths import ComparisonPaths
from poolsafe.domain.compare.records import Pools
from poolsafe.domain.compare.request import CompareRequest
from poolsafe.domain.configuration.model import Configuration
from poolsafe.domain.manifest import Manifest
from poolsafe.domain.snapshot import SnapshotRef
from poolsafe.entrypoint import Event, Invocation
from poolsafe.operations.compare_records import CompareRecords
from poolsafe.operations.compare_sides import ComparedSide, configuration_of, side_of_listing, side_of_snapshot
from poolsafe.operations.open_snapshot import read_manifest


@dataclass(frozen=True, slots=True)
class CompareJob:
    """One comparison, as its states see it. The manifest of a side is None where it is a pool itself."""

    application: bootstrap.Application
    request: CompareRequest
    paths: ComparisonPaths
    manifests: dict[Side, Manifest | None]
    sides: dict[Side, ComparedSide]

    @classmethod
    def of(cls, event: Event, invocation: Invocation) -> CompareJob:
        """Read `request`, `comparison_id` and, of a live pool, the progress of its listings."""
        application, request = invocation.application, CompareRequest.from_state(event["request"])
        paths, store = ComparisonPaths(event["comparison_id"]), application.store
        refs: dict[Side, SnapshotRef | None] = {Side.BEFORE: request.snapshot, Side.AFTER: request.with_snapshot}
        manifests = {side: None if ref is None else read_manifest(store, ref) for side, ref in refs.items()}
        sides = {
            side: side_of_snapshot(store, bootstrap.format_of, manifest)
            if manifest
            else side_of_listing(store, bootstrap.PARQUET, request.pool_after, paths.listing, event["listed"])
            for side, manifest in manifests.items()
        }
        return cls(application, request, paths, manifests, sides)

    @property
    def compare_records(self) -> CompareRecords:
        """Second factors are compared where both sides were asked for them; nobody of a live pool is."""
        asked = [one is not None and "mfa" in one.options.get("include", ()) for one in self.manifests.values()]
        pools = Pools(self.request.snapshot.user_pool_id, self.request.pool_after)
        return CompareRecords(
            self.application.store, bootstrap.PARQUET, self.paths, self.sides, pools, knows_mfa=all(asked)
        )

    def configuration(self, side: Side) -> Configuration:
        """The configuration of a side, without secrets."""
        return configuration_of(self.sides[side], self.manifests[side], self.paths.configuration_key)

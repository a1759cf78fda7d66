"""What every state of a restore needs of its event: request, paths, manifest, planner."""

from __future__ import annotations

from dataclasses import dataclass

from poolsafe import bootstrap
from poolsafe.domain.lane import ExportProgress
from poolsafe.domain.manifest import Manifest
from poolsafe.domain.records import Group
from poolsafe.domain.requests import RestoreRequest
from poolsafe.domain.restore.plan import Planner
from poolsafe.domain.snapshot import RestorePaths
from poolsafe.entrypoint import Event, Invocation
from poolsafe.operations.open_snapshot import read_manifest
from poolsafe.operations.parts import part_keys, read_keys
from poolsafe.operations.reading import SnapshotReader
from poolsafe.operations.take_up import load_selection


@dataclass(frozen=True, slots=True)
class RestoreJob:
    """One restore, as its states see it."""

    request: RestoreRequest
    paths: RestorePaths
    manifest: Manifest
    planner: Planner
    reader: SnapshotReader

    @classmethod
    def of(cls, event: Event, invocation: Invocation) -> RestoreJob:
        """Read `request`, `restore_id` and `sub_attribute` of the event, and what they point at."""
        application = invocation.application
        paths = RestorePaths(event["restore_id"])
        selection = load_selection(application.store, paths, event["request"]["scope"])
        request = RestoreRequest.from_state(event["request"], selection)
        manifest = read_manifest(application.store, request.snapshot)
        target = application.target(paths)
        planner = Planner(manifest.user_pool_id, target, event["sub_attribute"], request.wishes)
        return cls(request, paths, manifest, planner, SnapshotReader(application.store, manifest, bootstrap.format_of))

    def groups_there(self, listed: Event) -> dict[str, Group]:
        """The groups that the target had before this restore began; `listed` is the listing's progress."""
        keys = part_keys(self.paths.target_before, "groups", ExportProgress.of(listed), bootstrap.PARQUET)
        batches = read_keys(self.reader.store, bootstrap.PARQUET, keys, Group)
        return {group.group_name: group for batch in batches for group in batch}

"""What every state of an assessment needs of its event: the request, where things lie, and what to read."""

from __future__ import annotations

from dataclasses import dataclass

from poolsafe import bootstrap
from poolsafe.domain.assessment.paths import AssessmentPaths
from poolsafe.domain.configuration.model import Configuration
from poolsafe.domain.lane import ExportProgress
from poolsafe.domain.manifest import Manifest
from poolsafe.domain.requests import AssessRequest
from poolsafe.domain.snapshot import SnapshotRef
from poolsafe.entrypoint import Event, Invocation
from poolsafe.operations.assess import Assess, Material, kept_configuration
from poolsafe.operations.load_configuration import load_configuration
from poolsafe.operations.open_snapshot import read_manifest
from poolsafe.operations.parts import part_keys


@dataclass(frozen=True, slots=True)
class AssessJob:
    """One assessment, as its states see it. `manifest` is None where the pool itself is asked."""

    application: bootstrap.Application
    request: AssessRequest
    paths: AssessmentPaths
    manifest: Manifest | None
    assess: Assess

    @classmethod
    def of(cls, event: Event, invocation: Invocation) -> AssessJob:
        """Read `request`, `assessment_id` and, of a live pool, the progress of its listings."""
        application, request = invocation.application, AssessRequest.from_state(event["request"])
        paths = AssessmentPaths(event["assessment_id"])
        manifest = None if request.snapshot is None else read_manifest(application.store, request.snapshot)
        material = _of_snapshot(manifest) if manifest else _of_listing(paths, event)
        return cls(application, request, paths, manifest, Assess(application.store, bootstrap.format_of, material))

    def configuration(self) -> Configuration:
        """The configuration of the pool or of the snapshot, without secrets."""
        if self.manifest is not None:
            return load_configuration(self.application.store, None, self.manifest)
        return kept_configuration(self.application.store, self.paths.configuration_key)


def _of_snapshot(manifest: Manifest) -> Material:
    prefix = SnapshotRef(manifest.user_pool_id, manifest.snapshot_id).prefix
    users, memberships = ([prefix + file.path for file in manifest.files_of(kind)] for kind in ("users", "memberships"))
    return Material(users, memberships, manifest.counts.groups)


def _of_listing(paths: AssessmentPaths, event: Event) -> Material:
    users, memberships = (
        part_keys(paths.listing, kind, ExportProgress.of(event["listed"][kind]), bootstrap.PARQUET)
        for kind in ("users", "memberships")
    )
    return Material(users, memberships, ExportProgress.of(event["listed"]["groups"]).rows)

"""The configuration of a sealed snapshot, with or without its secrets."""

from __future__ import annotations

from ..domain.configuration.model import Configuration, SectionName, SectionStatus
from ..domain.manifest import Manifest
from ..domain.snapshot import SnapshotRef
from ..errors import InvalidRequest
from ..ports import ObjectStore
from .save_configuration import read_documents, with_secrets


def has_configuration(manifest: Manifest) -> bool:
    """Whether the pool itself is in the snapshot: those of earlier releases have none."""
    return any(
        section.name == SectionName.USER_POOL and section.status == SectionStatus.SAVED for section in manifest.sections
    )


def require_configuration(manifest: Manifest, field: str) -> None:
    """Refuse to make or change a pool from a snapshot that does not have one. Raises InvalidRequest."""
    if not has_configuration(manifest):
        raise InvalidRequest(
            field,
            f"needs the configuration, and snapshot {manifest.user_pool_id}/{manifest.snapshot_id} holds none: it was "
            "made by an earlier release. Take a newer snapshot, or make the pool yourself and name it",
            '"target_user_pool_id": "us-east-1_Target"',
        )


def load_configuration(store: ObjectStore, secrets: ObjectStore | None, manifest: Manifest) -> Configuration:
    """The configuration, with its secrets unless `secrets` is None. Raises SnapshotDamaged.

    Where none of their files is there at all, the snapshot was copied here without them, as into another Region, and is
    read as one that was made without: what lacks its secret is a to-do item, and people come back.
    """
    ref = SnapshotRef(manifest.user_pool_id, manifest.snapshot_id)
    documents = read_documents(store, ref, [file.path for file in manifest.files_of("config")])
    if secrets is not None and any(secrets.get(file.path) for file in manifest.secrets):
        documents = with_secrets(secrets, documents, manifest.secrets, str(ref))
    return Configuration(documents, manifest.sections)

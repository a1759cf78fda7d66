"""State ExportConfiguration: save the configuration section by section, until done or the deadline is near."""

from __future__ import annotations

from collections.abc import Iterator

from poolsafe import bootstrap
from poolsafe.domain.lane import ExportProgress
from poolsafe.domain.records import Group
from poolsafe.domain.requests import BackupRequest
from poolsafe.domain.snapshot import SnapshotRef
from poolsafe.entrypoint import Event, Invocation, state
from poolsafe.operations.parts import part_keys, read_keys
from poolsafe.operations.save_configuration import ConfigurationProgress, SaveConfiguration

#: A section is not handed over half-done, and one of a thousand clients takes 400 seconds at the documented quotas.
LONGEST_SECTION_SECONDS = 450


@state("backup", "ExportConfiguration", reserve_seconds=LONGEST_SECTION_SECONDS)
def handler(event: Event, invocation: Invocation) -> Event:
    application, request = invocation.application, BackupRequest.from_state(event["request"])
    ref = SnapshotRef(request.user_pool_id, event["snapshot_id"])
    save = SaveConfiguration(
        application.configuration(request.user_pool_id, request.quota_share),
        application.store,
        None if request.secrets == "redact" else application.secrets,
        ref,
        bootstrap.as_yaml,
        invocation.deadline,
    )

    def groups() -> Iterator[Group]:
        file_format = bootstrap.FORMATS[request.format]
        keys = part_keys(ref.prefix, "groups", ExportProgress.of(event["groups"]), file_format)
        for batch in read_keys(application.store, file_format, keys, Group):
            yield from batch

    return save.advance(ConfigurationProgress.of(event["progress"]), groups).to_state()

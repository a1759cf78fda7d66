"""Writing a pool's configuration into a snapshot: one file per section, secrets apart, and the pool as a template.

    for each section that is not done yet:
        read it, take its secrets out, write config/<section>.json
        write what was taken out as secrets/<pool>/<snapshot>/<section>.json, under a key of its own
    then: config/pool.template.yaml

Sections are small but slow: each client takes several calls. An invocation hands over between two sections.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ..domain.configuration.model import Configuration, Section, SectionName, SectionStatus
from ..domain.configuration.secrets import put_back, take_out
from ..domain.configuration.template import cloudformation_template
from ..domain.manifest import File
from ..domain.records import Group
from ..domain.snapshot import SnapshotRef
from ..errors import SnapshotDamaged
from ..ports import Deadline, ObjectStore
from .read_configuration import ReadConfiguration
from .unsealed import require_unsealed

#: Clients named in a warning: it travels between states, and a pool may have thousands.
MOST_NAMED = 10
TEMPLATE_PATH = "config/pool.template.yaml"


@dataclass(frozen=True, slots=True)
class ConfigurationProgress:
    """How far the saving is; what the seal needs of it. `files` are paths below the snapshot."""

    sections: tuple[Mapping[str, Any], ...] = ()
    files: tuple[str, ...] = ()
    secrets: tuple[Mapping[str, Any], ...] = ()
    warnings: tuple[str, ...] = ()
    done: bool = False

    @classmethod
    def of(cls, state: Mapping[str, Any]) -> ConfigurationProgress:
        lists = {name: tuple(value) for name, value in state.items() if name != "done"}
        return cls(**lists, done=state.get("done", False))

    def to_state(self) -> dict[str, Any]:
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}


@dataclass(frozen=True, slots=True)
class SaveConfiguration:
    """Saves one pool's configuration. `secret_store` is None where secrets are left out."""

    reader: ReadConfiguration
    store: ObjectStore
    secret_store: ObjectStore | None
    ref: SnapshotRef
    as_yaml: Callable[[Any], str]
    deadline: Deadline

    def advance(self, progress: ConfigurationProgress, groups: Callable[[], Iterable[Group]]) -> ConfigurationProgress:
        """Carry on after the sections that are done. `groups` are those of the pool, for the template."""
        sections, files, secrets = [*progress.sections], [*progress.files], [*progress.secrets]
        documents = read_documents(self.store, self.ref, files)
        for name in list(SectionName)[len(sections) :]:
            section, document = self.reader.section(name, documents)
            sections.append(section.to_state())
            if section.status == SectionStatus.SAVED:
                require_unsealed(self.store, self.ref.prefix)
                documents[name.value], taken = take_out(document)
                save_document(self.store, self.ref.prefix + name.path, documents[name.value])
                files.append(name.path)
                if taken and self.secret_store is not None:
                    secrets.append(asdict(self._save_secrets(self.secret_store, name, taken)))
            if self.deadline.near():
                return ConfigurationProgress(tuple(sections), tuple(files), tuple(secrets))
        configuration = Configuration(documents, tuple(Section(**section) for section in sections))
        template = self.as_yaml(cloudformation_template(configuration, list(groups())))
        require_unsealed(self.store, self.ref.prefix)
        put_with_digest(self.store, self.ref.prefix + TEMPLATE_PATH, template.encode())
        files.append(TEMPLATE_PATH)
        warnings: tuple[str, ...] = ()
        if self.secret_store is not None:
            kept = [File(**secret) for secret in secrets]
            warnings = secrets_not_told(with_secrets(self.secret_store, documents, kept, str(self.ref)))
        return ConfigurationProgress(tuple(sections), tuple(files), tuple(secrets), warnings, done=True)

    def _save_secrets(self, secret_store: ObjectStore, name: SectionName, taken: Mapping[str, str]) -> File:
        content = _as_bytes(taken)
        key = f"{self.ref.secrets_prefix}{name.value}.json"
        secret_store.put(key, content)
        return File(key, len(content), hashlib.sha256(content).hexdigest())


def secrets_not_told(documents: Mapping[str, Any]) -> tuple[str, ...]:
    """A warning where clients have more secrets than Cognito tells, which is at most one [API DescribeUserPoolClient].

    `documents` have their secrets.
    """
    told = {client["ClientId"] for client in documents.get(SectionName.CLIENTS) or () if client.get("ClientSecret")}
    inventory: Mapping[str, Any] = documents.get(SectionName.CLIENT_SECRETS) or {}
    short = [client_id for client_id, known in sorted(inventory.items()) if len(known) > int(client_id in told)]
    if not short:
        return ()
    named = ", ".join(short[:MOST_NAMED]) + (", ..." if len(short) > MOST_NAMED else "")
    return (f"Of {len(short)} app clients Cognito told fewer secrets than they have: {named}.",)


def read_documents(store: ObjectStore, ref: SnapshotRef, files: Iterable[str]) -> dict[str, Any]:
    """The documents of a snapshot's configuration by section, without their secrets."""
    wanted = {name.path: name.value for name in SectionName}
    found = {wanted[path]: store.get(ref.prefix + path) for path in files if path in wanted}
    return {name: json.loads(stored.content) for name, stored in found.items() if stored is not None}


def with_secrets(
    secret_store: ObjectStore, documents: Mapping[str, Any], secrets: Iterable[File], where: str
) -> dict[str, Any]:
    """The same documents with their secrets put back. Raises SnapshotDamaged for a file that is not the one sealed."""
    whole = dict(documents)
    for file in secrets:
        found = secret_store.get(file.path)
        if found is None or hashlib.sha256(found.content).hexdigest() != file.sha256:
            raise SnapshotDamaged(
                f"snapshot: {where} is damaged: {file.path} is gone or is not what its manifest says. Nothing was "
                "restored from it. Restore an earlier version of this object: the bucket keeps versions."
            )
        name = file.path.rpartition("/")[2].removesuffix(".json")
        whole[name] = put_back(whole[name], json.loads(found.content))
    return whole


def save_document(store: ObjectStore, key: str, document: Any) -> None:
    """Write a document as JSON, with what the seal will compare it with."""
    put_with_digest(store, key, _as_bytes(document))


def put_with_digest(store: ObjectStore, key: str, content: bytes) -> None:
    store.put(key, content, {"sha256": hashlib.sha256(content).hexdigest()})


def _as_bytes(document: Any) -> bytes:
    return json.dumps(document, indent=1, ensure_ascii=False).encode()

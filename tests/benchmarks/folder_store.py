"""A bucket in a folder: what lies there is not in the memory of the process that is measured."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from poolsafe.ports import StoredObject


@dataclass(frozen=True, slots=True)
class FolderStore:
    """The ObjectStore port over `root`. Metadata lies beside an object, in a folder of its own."""

    root: Path

    def put(
        self, key: str, content: bytes, metadata: Mapping[str, str] | None = None, content_type: str | None = None
    ) -> None:
        self._path("objects", key).write_bytes(content)
        self._path("metadata", key).write_text(json.dumps(dict(metadata or {})), "utf-8")

    def put_if_absent(self, key: str, content: bytes) -> bool:
        if self._path("objects", key).exists():
            return False
        self.put(key, content)
        return True

    def get(self, key: str) -> StoredObject | None:
        path = self._path("objects", key)
        if not path.exists():
            return None
        return StoredObject(path.read_bytes(), json.loads(self._path("metadata", key).read_text("utf-8")))

    def keys(self, prefix: str) -> list[str]:
        root = self.root / "objects"
        found = (root / prefix).parent.rglob("*")
        keys = (path.relative_to(root).as_posix() for path in found if path.is_file())
        return sorted(key for key in keys if key.startswith(prefix))

    def first_key(self, prefix: str, start: str | None = None) -> str | None:
        return next((key for key in self.keys(prefix) if key >= (start or "")), None)

    def last_write(self, prefix: str) -> datetime | None:
        return None

    def delete(self, key: str) -> None:
        self._path("objects", key).unlink(missing_ok=True)

    def folders(self, prefix: str) -> list[str]:
        folder = self.root / "objects" / prefix
        return sorted(path.name for path in folder.iterdir() if path.is_dir()) if folder.exists() else []

    def url(self, key: str) -> str:
        return f"file:{key}"

    def link(self, key: str, other: str) -> None:
        """The same object under another key, without another copy of it."""
        for kind in ("objects", "metadata"):
            path = self._path(kind, other)
            path.unlink(missing_ok=True)
            path.hardlink_to(self._path(kind, key))

    def _path(self, kind: str, key: str) -> Path:
        path = self.root / kind / key
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

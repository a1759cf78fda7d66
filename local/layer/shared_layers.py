"""Function processes share one copy of each Lambda layer instead of unpacking 140 MB apiece.

On Lambda a layer is mounted read-only under /opt; the emulator unpacks it anew for every process it starts, which would
cost more time than all the rest of a demonstration. Here each archive is unpacked once, by its hash, into a folder that
outlives the server, and the processes get links into it. What they share is also the compiled bytecode.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import threading
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

FOLDER_VARIABLE = "POOLSAFE_LAYER_FOLDER"
_one_at_a_time = threading.Lock()


def share_extracted_layers() -> None:
    """Takes the place of the archive class where the emulator starts function processes."""
    from ministack.core import lambda_runtime

    shared = {"ZipFile": _SharedArchive, "BadZipFile": zipfile.BadZipFile, "LargeZipFile": zipfile.LargeZipFile}
    lambda_runtime.zipfile = SimpleNamespace(**{**vars(zipfile), **shared})


class _SharedArchive(zipfile.ZipFile):
    """An archive that, if it is a layer's, unpacks into the shared folder and leaves links."""

    def extractall(self, path: Any = None, members: Any = None, pwd: bytes | None = None) -> None:
        if not Path(path).name.startswith("layer_"):
            super().extractall(path, members, pwd)
            return
        for entry in self._unpacked().iterdir():
            os.symlink(entry, Path(path) / entry.name)

    def _unpacked(self) -> Path:
        archive = Path(str(self.filename))
        folder = Path(os.environ[FOLDER_VARIABLE]) / hashlib.sha256(archive.read_bytes()).hexdigest()
        with _one_at_a_time:
            if not folder.exists():
                unfinished = folder.with_suffix(f".{os.getpid()}")
                super().extractall(unfinished)
                try:
                    unfinished.rename(folder)
                except OSError:  # another server was quicker
                    shutil.rmtree(unfinished)
        return folder

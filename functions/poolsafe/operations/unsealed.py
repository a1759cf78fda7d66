"""Nothing is written into a snapshot that is sealed.

An invocation that Step Functions gave up for lost and repeated may outlive its run, which has sealed what it wrote. A
moment remains between the look and the write; what is written in it, a verification finds.
"""

from __future__ import annotations

from ..domain.snapshot import MANIFEST
from ..errors import SealRefused
from ..ports import ObjectStore


def require_unsealed(store: ObjectStore, prefix: str) -> None:
    """Raise SealRefused where the snapshot below `prefix` has its manifest. Other folders never have one."""
    if store.first_key(prefix + MANIFEST) is not None:
        raise SealRefused(
            f"{prefix} was sealed while this invocation still worked: another one has done its work. That snapshot is "
            "untouched, and nothing is left to do."
        )

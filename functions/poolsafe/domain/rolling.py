"""Which snapshots are read whole on which day, so that each is once in every so many: pure.

A snapshot's day is a digest of its name, so that the work of a day is about the same, whatever is added and removed.
"""

from __future__ import annotations

import hashlib
from datetime import datetime

from .snapshot import SnapshotRef

#: Every snapshot is read once in so many days: within every month.
DAYS = 28


def is_due(ref: SnapshotRef, moment: datetime, days: int = DAYS) -> bool:
    """Whether that snapshot is read on the day of that moment (UTC)."""
    own = int.from_bytes(hashlib.sha256(str(ref).encode()).digest()[:8])
    return own % days == moment.toordinal() % days

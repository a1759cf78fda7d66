"""Where what is known about single snapshots lies, beside them: a snapshot itself is never written again.

holds/<pool>/<snapshot>.json               somebody wants it kept
brakes/<pool>/<snapshot>.json              it lost too much since the one before, and whether somebody has looked
readers/<pool>/<snapshot>/<restore>.json   a restore reads it
removals/<pool>/<snapshot>.json            it is about to go
"""

from __future__ import annotations

import re

from ..snapshot import SnapshotRef

#: The files that Poolsafe writes into a snapshot. What somebody else has put there stays.
OURS = re.compile(r"manifest\.json|(?:users|groups|memberships)/\d+-\d+\.(?:parquet|jsonl\.gz)|config/[\w.-]+")
SECRETS = re.compile(r"[\w.-]+\.json")


def hold_key(ref: SnapshotRef) -> str:
    return f"holds/{ref}.json"


def brake_key(ref: SnapshotRef) -> str:
    return f"brakes/{ref}.json"


def brakes_of(user_pool_id: str) -> str:
    return f"brakes/{user_pool_id}/"


def readers_of(ref: SnapshotRef) -> str:
    return f"readers/{ref}/"


def reader_key(ref: SnapshotRef, restore_id: str) -> str:
    return f"{readers_of(ref)}{restore_id}.json"


def removal_key(ref: SnapshotRef) -> str:
    return f"removals/{ref}.json"


def snapshot_of(key: str) -> SnapshotRef:
    """The snapshot that a key of `brakes/` or `holds/` is about."""
    pool, _, name = key.partition("/")[2].partition("/")
    return SnapshotRef(pool, name.removesuffix(".json"))

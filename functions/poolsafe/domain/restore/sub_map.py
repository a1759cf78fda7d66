"""Old `sub` to new: what applications that stored it need after a restore."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SubMapping:
    """One row of `sub_map.parquet`."""

    username: str
    old: str
    new: str

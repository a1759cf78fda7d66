"""How far the listing of a pool's users is, and of their memberships beside them: they share one quota."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from .lane import ExportProgress


@dataclass(frozen=True, slots=True)
class Listing:
    """The progress of both, and what the shards are measured by.

    `shards` is how many chains list the users, 0 before any has begun. `probe`
    are the fingerprints of users who were seen without a filter and in no shard
    yet; `doubt` is why the shards were not believed, empty where they were, or
    where there were none.
    """

    users: ExportProgress = field(default_factory=ExportProgress)
    memberships: ExportProgress = field(default_factory=ExportProgress)
    shards: int = 0
    estimated: int = 0
    probe: tuple[str, ...] = ()
    doubt: str = ""
    done: bool = False

    @classmethod
    def of(cls, state: Mapping[str, Any]) -> Listing:
        """Of what arrives from the state before; empty at first."""
        users, memberships = (ExportProgress.of(state.get(kind, {})) for kind in ("users", "memberships"))
        values = {**state, "users": users, "memberships": memberships, "probe": tuple(state.get("probe", ()))}
        return cls(**values)

    def to_state(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def warnings(self) -> list[str]:
        """What whoever reads of the run should know of its listing."""
        told = "Users were listed in one chain after all, because shards were not to be trusted"
        return [f"{told}: {self.doubt}."] if self.doubt else []

    def in_one_chain(self, doubt: str) -> Listing:
        """The users from the beginning, without shards; what was written of them is overwritten or not sealed."""
        return replace(self, users=ExportProgress(), shards=1, probe=(), doubt=doubt, done=False)

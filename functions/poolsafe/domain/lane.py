"""The progress of a lane: the small document that travels between its Lambdas.

A lane works until done or until its deadline nears, commits parts, and hands
its progress to the next invocation. It holds counts, part numbers and cursors;
never a user's data. Its size does not depend on the pool's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from .manifest import chain_digest
from .paging import Chain


@dataclass(frozen=True, slots=True)
class Walk:
    """One walk under way through the pages of a listing. `number` says of which shard, or of which group."""

    number: int
    chain: Chain = field(default_factory=Chain)

    @classmethod
    def of(cls, state: Mapping[str, Any]) -> Walk:
        return cls(state["number"], Chain(**state["chain"]))


@dataclass(frozen=True, slots=True)
class ExportProgress:
    """How far the export of one kind of records is.

    Part numbers 0 to `parts - 1` are committed; `digest` chains their SHA-256,
    so that the seal can tell whether what lies in the bucket is what this
    chain of invocations wrote. `begun` is how many walks have begun, of shards
    or of groups in their order; `walks` are those of them that have not ended.
    """

    lane: int = 0
    begun: int = 0
    walks: tuple[Walk, ...] = ()
    parts: int = 0
    rows: int = 0
    digest: str = ""
    duplicates: int = 0
    groups_gone: int = 0
    unreadable: int = 0
    statuses: Mapping[str, int] = field(default_factory=dict)
    restarts: int = 0
    done: bool = False

    @classmethod
    def of(cls, state: Mapping[str, Any]) -> ExportProgress:
        return cls(**{**state, "walks": tuple(map(Walk.of, state.get("walks", ())))})

    def to_state(self) -> dict[str, Any]:
        return asdict(self)

    def at(self, begun: int, walks: Iterable[Walk], of: int) -> ExportProgress:
        """The same, further on: so many walks have begun, of so many that there are, and these have not ended."""
        under_way = tuple(sorted(walks, key=lambda walk: walk.number))
        return replace(self, begun=begun, walks=under_way, done=begun == of and not under_way)

    def committed(self, rows: int, sha256: str) -> ExportProgress:
        """One more part lies in the bucket."""
        return replace(self, parts=self.parts + 1, rows=self.rows + rows, digest=chain_digest(self.digest, [sha256]))

    def restarted(self) -> ExportProgress:
        """From the beginning: parts already written are overwritten or, past the new end, not sealed."""
        return ExportProgress(lane=self.lane, restarts=self.restarts + 1)


def part_path(kind: str, lane: int, part: int, extension: str) -> str:
    """`users/00-00003.parquet`: the same part always has the same name, so a part written twice is one part."""
    return f"{kind}/{lane:02d}-{part:05d}.{extension}"

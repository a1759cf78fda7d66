"""The input of the nightly machine, after its JSON Schema: typed, with defaults, and free of contradictions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ...errors import InvalidRequest
from ..requests import require_pool_id

#: How many backups run at a time (`MaxConcurrency` of the machine): each gets its part of the quotas.
AT_ONCE = 3


@dataclass(frozen=True, slots=True)
class NightlyRequest:
    """Pools by their ids, by a tag (`key=value`), or all of the Region. `scheduled_at` names the night."""

    user_pool_ids: tuple[str, ...] = ()
    tag: str | None = None
    all: bool = False
    scheduled_at: str | None = None
    quota_share: float = 0.5

    @classmethod
    def of(cls, document: Mapping[str, Any], regions: frozenset[str]) -> NightlyRequest:
        """Type a document that fits `schemas/nightly.request.json`."""
        values = dict(document)
        ways = [name for name in ("user_pool_ids", "tag", "all") if name in values]
        if len(ways) != 1:
            said = f"and {ways[1]} are both given; say which" if ways else "is missing, or tag, or all"
            raise InvalidRequest(ways[0] if ways else "user_pool_ids", said, '"user_pool_ids": ["us-east-1_AbCdEfGhI"]')
        ids = [require_pool_id("user_pool_ids", one, regions) for one in values.get("user_pool_ids", ())]
        # Each once: a second backup of a pool would wait for the first, and find it done.
        values["user_pool_ids"] = tuple(dict.fromkeys(ids))
        if "tag" in values and not all(values["tag"].partition("=")):
            raise InvalidRequest("tag", "is not '<key>=<value>'", '"tag": "poolsafe:backup=true"')
        return cls(**values)

    def to_state(self) -> dict[str, Any]:
        return {**asdict(self), "user_pool_ids": list(self.user_pool_ids)}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> NightlyRequest:
        return cls(**{**state, "user_pool_ids": tuple(state["user_pool_ids"])})

    def wants(self, tags: Mapping[str, str]) -> bool:
        """Whether a pool with these tags is meant."""
        if self.tag is None:
            return self.all
        key, _, value = self.tag.partition("=")
        return tags.get(key) == value

    def share_of(self, pools: int) -> float:
        """The share of the quotas that one backup may use, when so many pools are backed up."""
        return self.quota_share / max(1, min(AT_ONCE, pools))

"""What the trigger has to know of a migration, written once when it is attached and read by every warm function."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from ..target import TargetPool


class OnMfa(StrEnum):
    """What a challenge of the source means. It proves the password, and no second factor."""

    #: Carried over, and has to choose a new password through a verified address.
    RESET = "reset"
    #: Carried over with the typed password. Whoever knows it alone gets in, and can enrol a factor of their own.
    TRUST_PASSWORD = "trust-password"  # noqa: S105 - no password
    #: Stays behind. The source is asked about the user first, so that it sends no code.
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class MigrationSettings:
    """`migrations/<target>/settings.json`.

    `source` and `target` are what `operations/read_target.py` tells of the two pools. `source_role_arn` is the role to
    assume where the source belongs to another account; its external id counts as a secret, and is in the stack alone.
    `dropped` are attributes that are left behind on purpose.
    """

    source_user_pool_id: str
    source_client_id: str
    target_user_pool_id: str
    source: Mapping[str, Any]
    target: Mapping[str, Any]
    sub_attribute: str
    on_mfa: OnMfa = OnMfa.RESET
    dropped: tuple[str, ...] = ()
    source_role_arn: str | None = None
    is_attached: bool = True

    def to_json(self) -> bytes:
        return json.dumps(asdict(self), indent=1, ensure_ascii=False, default=str).encode()

    @classmethod
    def from_json(cls, content: bytes) -> MigrationSettings:
        document = json.loads(content)
        return cls(**{**document, "on_mfa": OnMfa(document["on_mfa"]), "dropped": tuple(document["dropped"])})

    @property
    def source_pool(self) -> TargetPool:
        return TargetPool.from_document(self.source)

    @property
    def target_pool(self) -> TargetPool:
        return TargetPool.from_document(self.target)


@dataclass(frozen=True, slots=True)
class MigrationPaths:
    """What a migration leaves behind, by its target."""

    target_user_pool_id: str

    @property
    def prefix(self) -> str:
        return f"migrations/{self.target_user_pool_id}/"

    @property
    def settings_key(self) -> str:
        return f"{self.prefix}settings.json"

    @property
    def points(self) -> str:
        """One object for each look at how far it is."""
        return f"{self.prefix}points/"

    def point_key(self, run_id: str) -> str:
        return f"{self.points}{run_id}.json"

    def report_key(self, run_id: str) -> str:
        return f"{self.prefix}{run_id}/report.json"

    def html_key(self, run_id: str) -> str:
        return f"{self.prefix}{run_id}/report.html"

    def ending_key(self, run_id: str) -> str:
        """What the end of a migration found, on its way into the report: it grows with the source's app clients."""
        return f"working/{run_id}/ending.json"

    def listing(self, run_id: str, pool: str) -> str:
        """The listing of `source` or `target`, needed only while a run goes on."""
        return f"working/{run_id}/{pool}/"

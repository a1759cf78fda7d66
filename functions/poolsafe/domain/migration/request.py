"""The input of the migration machine, after its JSON Schema: typed, with defaults, and free of contradictions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from ...errors import InvalidRequest
from ..requests import require_pool_id
from .attachment import Trigger
from .settings import OnMfa


class Action(StrEnum):
    """What a run of the machine does."""

    ATTACH = "attach"
    DETACH = "detach"
    STATUS = "status"
    FINISH = "finish"


#: By action, the fields that mean something in it, beside `action` and `target_user_pool_id`.
FIELDS: Mapping[Action, frozenset[str]] = {
    Action.ATTACH: frozenset(
        {
            *("source_user_pool_id", "source_client_id", "source_role_arn"),
            *("triggers", "on_mfa", "drop_attributes", "quota_share"),
        }
    ),
    Action.DETACH: frozenset({"triggers", "quota_share"}),
    Action.STATUS: frozenset({"source_user_pool_id", "quota_share"}),
    Action.FINISH: frozenset(
        {
            *("source_user_pool_id", "quota_share", "credentials", "credentials_fallback", "send_messages"),
            *("max_failed_percent", "dry_run"),
        }
    ),
}
#: What `finish` hands to the restore machine as it stands.
FOR_RESTORE = ("credentials", "credentials_fallback", "send_messages", "max_failed_percent", "dry_run")


@dataclass(frozen=True, slots=True)
class MigrationRequest:
    """`restore` are the fields that `finish` hands on."""

    action: Action
    target_user_pool_id: str
    source_user_pool_id: str | None = None
    source_client_id: str | None = None
    source_role_arn: str | None = None
    triggers: tuple[Trigger, ...] = tuple(Trigger)
    on_mfa: OnMfa = OnMfa.RESET
    drop_attributes: tuple[str, ...] = ()
    quota_share: float = 0.5
    restore: Mapping[str, Any] | None = None

    @classmethod
    def of(cls, document: Mapping[str, Any], regions: frozenset[str]) -> MigrationRequest:
        """Type a document that fits `schemas/migration.request.json`."""
        action = Action(document["action"])
        foreign = sorted(document.keys() - FIELDS[action] - {"action", "target_user_pool_id"})
        if foreign:
            raise InvalidRequest(
                foreign[0], f"means nothing with the action {action.value}; leave it out", f'"action": "{action.value}"'
            )
        values: dict[str, Any] = {"triggers": tuple(Trigger), **document}
        for name in ("target_user_pool_id", "source_user_pool_id"):
            if name in values:
                values[name] = require_pool_id(name, values[name], regions)
        values["restore"] = {name: values.pop(name) for name in FOR_RESTORE if name in values}
        request = _typed(values)
        request._require_consistent()
        return request

    def _require_consistent(self) -> None:
        moves = self.action is not Action.ATTACH or Trigger.USER_MIGRATION in self.triggers
        if self.action is not Action.DETACH and moves and self.source_user_pool_id is None:
            raise InvalidRequest("source_user_pool_id", "is missing: the pool that people come from", '"us-east-1_Old"')
        if self.source_user_pool_id == self.target_user_pool_id:
            raise InvalidRequest("source_user_pool_id", "is the target itself", '"us-east-1_Old"')
        if self.action is Action.ATTACH and moves and self.source_client_id is None:
            raise InvalidRequest(
                "source_client_id",
                "is missing: an app client of the source with the flow ALLOW_ADMIN_USER_PASSWORD_AUTH, which the "
                "trigger asks whether a password is right",
                '"1h57kf5cpq17"',
            )

    @property
    def moves_users(self) -> bool:
        """Whether it attaches the trigger that moves people."""
        return self.action is Action.ATTACH and Trigger.USER_MIGRATION in self.triggers

    @property
    def lists_source(self) -> bool:
        """Whether `attach` can look at the source's users: those of another account, no machine of this one lists."""
        return self.moves_users and self.source_role_arn is None

    def to_state(self) -> dict[str, Any]:
        return {**asdict(self), "triggers": list(self.triggers), "drop_attributes": list(self.drop_attributes)}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> MigrationRequest:
        return _typed(state)


def _typed(values: Mapping[str, Any]) -> MigrationRequest:
    made = dict(values)
    made["action"] = Action(made["action"])
    made["on_mfa"] = OnMfa(made.get("on_mfa", OnMfa.RESET))
    made["triggers"] = tuple(map(Trigger, made["triggers"]))
    made["drop_attributes"] = tuple(made.get("drop_attributes", ()))
    return MigrationRequest(**made)

"""Keeping what a federated user's first sign-in has to give back."""

from __future__ import annotations

from dataclasses import dataclass

from ..domain.first_sign_in.deferred import DeferredUser, deferred_key
from ..domain.restore.planned_user import PlannedUser
from ..ports import ObjectStore


@dataclass(frozen=True, slots=True)
class DeferUsers:
    """Writes one record per user; the same again when a state runs twice."""

    store: ObjectStore
    user_pool_id: str

    def __call__(self, planned: PlannedUser) -> None:
        username = planned.sign_in_name or planned.username
        record = DeferredUser(username, planned.sub, planned.enabled, planned.groups, planned.attributes)
        self.store.put(deferred_key(self.user_pool_id, username), record.to_json())

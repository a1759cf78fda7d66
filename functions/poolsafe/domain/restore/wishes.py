"""What the request says about users: how they get passwords, what happens to those who are there, and who is meant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from .credentials import Credential, Fallback
from .scope import Part, Scope


class OnConflict(StrEnum):
    """The values of `on_conflict`."""

    SKIP = "skip"
    UPDATE = "update"
    FAIL = "fail"


class Federated(StrEnum):
    """The values of `federated_users`."""

    DEFER = "defer"
    LINK = "link"
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class Wishes:
    """The choices of one restore, with the defaults of `schemas/restore.request.json`.

    `role_map` has new ARNs of groups' roles, `provider_map` new names of identity providers, each by the old.
    """

    credentials: Credential = Credential.RESET
    credentials_fallback: Fallback = Fallback.TEMPORARY
    on_conflict: OnConflict = OnConflict.SKIP
    federated_users: Federated = Federated.DEFER
    role_map: Mapping[str, str] = field(default_factory=dict)
    provider_map: Mapping[str, str] = field(default_factory=dict)
    scope: Scope = field(default_factory=Scope)

    @property
    def updates_users(self) -> bool:
        """Whether somebody who is there is made like the snapshot."""
        return self.on_conflict is OnConflict.UPDATE and self.scope.has(Part.USERS)

    @property
    def joins_existing(self) -> bool:
        """Whether somebody who is there gets the groups they lack: updating asks for it, and memberships alone do."""
        asked = self.on_conflict is OnConflict.UPDATE or not self.scope.has(Part.USERS)
        return asked and self.scope.has(Part.MEMBERSHIPS)

    @property
    def sets_mfa_of_existing(self) -> bool:
        """Whether somebody who is there gets the second factors of the snapshot: only where nothing else is asked."""
        return self.scope.has(Part.MFA) and not self.scope.has(Part.USERS)

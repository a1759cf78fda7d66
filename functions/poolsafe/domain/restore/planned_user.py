"""One row of the plan: what a restore will do with a user, and all that doing it needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from ..identities import Identity
from .credentials import Credential


class Action(StrEnum):
    """What the restore will do with a user."""

    CREATE = "create"
    UPDATE = "update"
    SKIP = "skip"
    DEFER = "defer"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class PlannedUser:
    """One row of the plan: all that applying it needs.

    `existing_sub` and `existing_username` are set where the target has the
    user. Where it is updated, `attributes` and `groups` are what it lacks.
    `sign_in_name` is what the user is created with; of one who is deferred, the
    name that the profile will have. `preferred_username` is set late, because as an alias nobody unconfirmed may
    have one. `link_providers` and `link_user_ids` go together.
    """

    username: str
    sub: str
    action: Action
    reason: str | None = None
    sign_in_name: str | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    groups: tuple[str, ...] = ()
    service_groups: tuple[str, ...] = ()
    enabled: bool = True
    existing_sub: str | None = None
    existing_username: str | None = None
    credential: str | None = None
    credential_reason: str | None = None
    preferred_username: str | None = None
    mfa_methods: tuple[str, ...] = ()
    preferred_mfa: str | None = None
    link_providers: tuple[str, ...] = ()
    link_user_ids: tuple[str, ...] = ()

    @property
    def links(self) -> tuple[Identity, ...]:
        """The identities that are to be linked."""
        return tuple(map(Identity, self.link_providers, self.link_user_ids))

    @property
    def is_only_imported(self) -> bool:
        """Whether Cognito's import does all there is to do for the user: a call about them would bill them."""
        more = self.groups or self.link_providers or self.mfa_methods or not self.enabled
        return self.action is Action.CREATE and self.credential == Credential.IMPORT_JOB and not more

    @property
    def needs_confirming(self) -> bool:
        """Whether there is something that only a confirmed user can have.

        A second factor [API AdminSetUserMFAPreference] or a preferred username
        (aws-amplify/amplify-js#1669); links, since one to an unconfirmed user was
        seen to fail (aws-amplify/amplify-js#497). Who is to wait with a temporary
        password is confirmed for a moment then.
        """
        return bool(self.mfa_methods or self.preferred_username or self.link_providers)

"""How a target may differ from the snapshot that was restored into it.

Every difference is either declared, because Cognito takes some things back
from nobody, or it fails the verification. A user that was there before is not
touched; where the name is another's, or a group, a link or a password is
lacking, or the user is enabled or disabled against the snapshot, that makes the
restore PARTIAL. Declared is a closed list:

    sub                  always new; the old one is in the sub map
    created_at           always new, as is modified_at
    status               a restored user has the status of its credential, whatever it was
    original_sub         added by the restore, on purpose
    username             a pool that signs in by e-mail or phone makes its own; others may lower it
    links                identities whose provider the target lacks, or beyond five
    mfa                  second factors that no administrator can set, as nobody's TOTP secret can be
    case                 a case-insensitive pool lowers what it shows
    form                 the same said otherwise by Cognito's import: a date of birth, an address not verified
    preferred_username   an alias, which nobody can have before they accept their invitation
    not_taken            a value that Cognito takes from nobody: a malformed date of birth
    kept                 of a user who was there: what updating leaves alone
    service_made_group   memberships of `<pool id>_<provider>` groups
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Declared(StrEnum):
    """Differences that Cognito makes unavoidable."""

    SUB = "sub"
    CREATED_AT = "created_at"
    STATUS = "status"
    ORIGINAL_SUB = "original_sub"
    USERNAME = "username"
    LINKS = "links"
    MFA = "mfa"
    CASE = "case"
    FORM = "form"
    PREFERRED_USERNAME = "preferred_username"
    NOT_TAKEN = "not_taken"
    KEPT = "kept"
    SERVICE_MADE_GROUP = "service_made_group"


class Skipped(StrEnum):
    """Differences of users that were there before and were not touched: no failure of this run, and not COMPLETE."""

    DIFFERS = "skipped_differs"


class Undeclared(StrEnum):
    """Differences that must not be: each fails the verification."""

    MISSING = "missing"
    NO_OUTCOME = "no_outcome"
    ATTRIBUTE = "attribute"
    ENABLED = "enabled"
    STATUS = "status_wrong"
    MFA = "mfa_missing"
    LINK_MISSING = "link_missing"
    ORIGINAL_SUB = "original_sub_wrong"
    MEMBERSHIP_MISSING = "membership_missing"
    MEMBERSHIP_EXTRA = "membership_extra"
    GROUP_MISSING = "group_missing"
    GROUP_CHANGED = "group_changed"


#: What differs where that is more than an attribute.
WHOLE_USER = "user"


@dataclass(frozen=True, slots=True)
class Difference:
    """One row of `differences/*.parquet`. `field` names an attribute or group member; values are never told."""

    difference: Declared | Skipped | Undeclared
    username: str | None = None
    sub: str | None = None
    group_name: str | None = None
    field: str | None = None

    @property
    def fails(self) -> bool:
        """Whether it fails the verification."""
        return isinstance(self.difference, Undeclared)

    @property
    def may_be_a_lag(self) -> bool:
        """Whether a listing that lags could be why: it says so of what it tells, not of what the restore decided."""
        return self.fails or (self.difference is Skipped.DIFFERS and self.field == WHOLE_USER)

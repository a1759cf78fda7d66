"""One thing that differs between two sides: a row of `comparisons/<comparison id>/differences/*.parquet`.

The old side is before, the new one after. Only these rows hold values and names; everything else tells counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Side(StrEnum):
    """The two that are compared."""

    BEFORE = "before"
    AFTER = "after"


class Kind(StrEnum):
    """What is compared, in this order."""

    USERS = "users"
    GROUPS = "groups"
    MEMBERSHIPS = "memberships"
    SETTINGS = "settings"


class How(StrEnum):
    """Only after, only before, or on both sides and not the same."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


#: How something that is on one side alone is said to differ.
ALONE = {Side.BEFORE: How.REMOVED, Side.AFTER: How.ADDED}


@dataclass(frozen=True, slots=True)
class Change:
    """`name` is the username, the group's name, or `<section>/<thing>` of a setting; `field` what of it differs.

    Of something that is on one side alone, `field` is None; but a membership is named by its group, and tells the
    username, and a setting that is a value of its own tells its path. `before` and `after` are text, JSON where the
    value is none.
    """

    kind: Kind
    change: How
    name: str
    sub: str | None = None
    field: str | None = None
    before: str | None = None
    after: str | None = None

"""What AWS published of its own solution SO0126 (Cognito User Profiles Export Reference Architecture): the chapters
"Design considerations" and "Cost" of its implementation guide, at ten calls of Cognito a second. Not measured here."""

from __future__ import annotations

from typing import NamedTuple

SOURCE = (
    "https://docs.aws.amazon.com/solutions/latest/cognito-user-profiles-export-reference-architecture/"
    "design-considerations.html"
)


class Published(NamedTuple):
    """Minutes that an export and an import took; `groups` is the memberships of each user."""

    users: int
    groups: int
    export_minutes: float
    import_minutes: float


SO0126 = (
    Published(10_000, 0, 2.62, 8.13),
    Published(100_000, 0, 21.82, 56.31),
    Published(100_000, 1, 40.26, 290.24),
    Published(500_000, 0, 146.52, 247.63),
    Published(500_000, 1, 181.46, 1_313.31),
)
#: Dollars a month with 500,000 users, by the same guide.
SO0126_DOLLARS = 90

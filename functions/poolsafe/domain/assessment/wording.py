"""Numbers as people read them."""

from __future__ import annotations


def number(count: int, one: str, many: str = "") -> str:
    """`1 user`, `2,000 users`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def users(count: int) -> str:
    return number(count, "user")


def duration(hours: float) -> str:
    """`3 minutes`, `2.5 hours`, `4.2 days`."""
    if hours < 1:
        return number(max(1, round(hours * 60)), "minute")
    return f"{hours:,.1f} hours" if hours < 48 else f"{hours / 24:,.1f} days"


def inside(title: str) -> str:
    """A title as it stands inside a sentence: `Password policy` in small letters, `MFA` as it is."""
    return title if title[1:2].isupper() else title[:1].lower() + title[1:]

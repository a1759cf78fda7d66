"""When the source can go, and what still points at it: from its configuration, and from who is still missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from ..assessment.wording import users
from ..configuration.model import Configuration, SectionName
from .comparison import Point

#: Of a client that says nothing [API CreateUserPoolClient, RefreshTokenValidity]: days.
DEFAULT_REFRESH_DAYS = 30
UNITS = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86_400}


def refresh_tokens_end(clients: Sequence[Mapping[str, Any]], moment: datetime) -> datetime:
    """When the last refresh token that the source has given out is worth nothing any more."""
    return moment + timedelta(seconds=max((_refresh_seconds(client) for client in clients), default=0))


def _refresh_seconds(client: Mapping[str, Any]) -> int:
    # 0 means the default [API CreateUserPoolClient].
    unit = (client.get("TokenValidityUnits") or {}).get("RefreshToken", "days")
    return int(client.get("RefreshTokenValidity") or DEFAULT_REFRESH_DAYS) * UNITS[unit]


def ending(source: Configuration, point: Point, moment: datetime, *, is_detached: bool) -> dict[str, Any]:
    """The report's `ending`: whether the source may be deleted, from when on, and the list of what names it."""
    clients = source.entries(SectionName.CLIENTS)
    missing = [f"Not in the target yet: {users(point.not_yet)} of the source."] * bool(point.not_yet)
    if not is_detached:
        missing.append("The target still asks the source at sign-in: the migration trigger is attached.")
    return {
        "is_complete": not missing,
        "missing": missing,
        "source_can_go_at": None if missing else refresh_tokens_end(clients, moment).isoformat(timespec="seconds"),
        "waiting": point.waiting,
        "points_at_source": _pointing(source),
    }


def _pointing(source: Configuration) -> list[dict[str, str]]:
    """What is known to name the old pool. Who verifies its tokens, no call tells."""
    pool = source.user_pool
    found = [
        ("app client", client["ClientId"], "Whatever still signs in with it loses its users' sessions.")
        for client in source.entries(SectionName.CLIENTS)
    ]
    found += [
        ("domain", domain["Domain"], "Sign-in pages and callback URLs that name it end with the pool.")
        for domain in source.entries(SectionName.DOMAINS)
        if domain.get("Domain")
    ]
    found += [
        (
            "identity provider",
            provider["ProviderName"],
            "Its redirect or ACS URL names the old domain: register the new one there.",
        )
        for provider in source.entries(SectionName.IDENTITY_PROVIDERS)
    ]
    found += [
        ("trigger", f"{name}: {arn}", "The function's resource policy lets the old pool in: take that out.")
        for name, arn in sorted((pool.get("LambdaConfig") or {}).items())
        if isinstance(arn, str)
    ]
    found += [
        (entry["kind"], str(entry["arn"]), "It is bound to the old pool.")
        for entry in source.entries(SectionName.EXTERNAL)
        if entry.get("kind") == "web_acl"
    ]
    if pool.get("DeletionProtection") == "ACTIVE":
        found.append(("deletion protection", "ACTIVE", "Switch it off first, on the day you delete the pool."))
    return [{"kind": kind, "name": name, "means": means} for kind, name, means in found]

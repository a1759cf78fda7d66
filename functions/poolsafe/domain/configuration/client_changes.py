"""What the owners of applications change at a cut-over, by app client."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .model import Configuration, SectionName
from .template_clients import is_confidential
from .to_change import Who, item

#: Where a client sends users back to; names as in DescribeUserPoolClient.
RETURN_URLS = ("CallbackURLs", "LogoutURLs", "DefaultRedirectURI")


def client_changes(
    old: Configuration, new: Configuration, id_map: Mapping[str, Any], secrets_kept: Mapping[str, bool]
) -> Iterator[dict[str, Any]]:
    """The items of every client, and of every application; `secrets_kept` by old client id."""
    made = {client["ClientId"]: client for client in new.entries(SectionName.CLIENTS)}
    described = {client["ClientId"]: client for client in old.entries(SectionName.CLIENTS)}
    for client in id_map["clients"]:
        about = f"app client {client['name'] or client['old']}"
        if client["new"] is None:
            yield item(
                Who.POOL_ADMINISTRATOR,
                about,
                client["old"],
                None,
                "Make this app client in the new pool: it is not there.",
            )
            continue
        before, after = described[client["old"]], made.get(client["new"]) or {}
        yield item(
            Who.APPLICATION_OWNER,
            f"{about}: client id",
            client["old"],
            client["new"],
            "Use the new client id, and accept it as audience (aud, client_id) wherever its tokens are checked.",
        )
        if is_confidential(old, before):
            yield _secret(about, secrets_kept.get(client["old"], False))
        if before.get("AllowedOAuthFlowsUserPoolClient"):
            yield from _hosted_ui(about, id_map["hosted_ui"])
        if any(before.get(name) for name in RETURN_URLS):
            yield _return_urls(about, before, after)
    yield item(
        Who.APPLICATION_OWNER,
        "every application: user pool id",
        **id_map["user_pool_id"],
        do="Use the new user pool id wherever an SDK, a script or a setting has the old one.",
    )


def _secret(about: str, kept: bool) -> dict[str, Any]:
    """Neither secret is told here, kept or not."""
    return item(
        Who.APPLICATION_OWNER,
        f"{about}: client secret",
        None,
        None,
        "Keep the client secret: the new client has the same."
        if kept
        else "Give the application the new client's secret (aws cognito-idp describe-user-pool-client).",
    )


def _hosted_ui(about: str, hosted_ui: Mapping[str, str | None]) -> Iterator[dict[str, Any]]:
    if hosted_ui["old"] != hosted_ui["new"]:
        yield item(
            Who.APPLICATION_OWNER,
            f"{about}: sign-in pages and OAuth endpoints",
            **hosted_ui,
            do="Send users to the new address to sign in and out, and ask it for tokens.",
        )


def _return_urls(about: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    differ = any(_as_told(before, name) != _as_told(after, name) for name in RETURN_URLS)
    return item(
        Who.POOL_ADMINISTRATOR if differ else Who.APPLICATION_OWNER,
        f"{about}: callback and sign-out URLs",
        None,
        None,
        "Set the new client's callback and sign-out URLs to the old client's: they differ."
        if differ
        else "Leave the callback and sign-out URLs as they are: the new client has the same.",
    )


def _as_told(client: Mapping[str, Any], name: str) -> Any:
    told = client.get(name) or ""
    return sorted(told) if isinstance(told, list) else told

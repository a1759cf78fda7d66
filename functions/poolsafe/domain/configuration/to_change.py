"""One line of the cut-over list: who changes what, from which value to which."""

from __future__ import annotations

from enum import StrEnum
from typing import Any


class Who(StrEnum):
    """Whose work it is."""

    IDENTITY_PROVIDER_ADMINISTRATOR = "identity_provider_administrator"
    APPLICATION_OWNER = "application_owner"
    #: Of whatever checks a token: APIs, load balancers, gateways, identity pools.
    TOKEN_VERIFIER_OWNER = "token_verifier_owner"  # noqa: S105
    DNS_ADMINISTRATOR = "dns_administrator"
    POOL_ADMINISTRATOR = "pool_administrator"
    USERS = "users"


def item(who: Who, about: str, old: str | None, new: str | None, do: str) -> dict[str, Any]:
    """`old` and `new` are null where there is no value, or where it is none to write down. `do` is one sentence."""
    return {"who": who.value, "about": about, "old": old, "new": new, "do": do}

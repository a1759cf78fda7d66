"""What a person has to do because Poolsafe, or nobody, can: each with what it is about, why, and how."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

from ...errors import Rejected
from .model import SectionName


class Why(StrEnum):
    """Why something was not copied as it was."""

    SECTION_NOT_SAVED = "section_not_saved"
    SECRET_NOT_KNOWN = "secret_not_known"  # noqa: S105
    SECOND_SECRET = "second_secret"  # noqa: S105
    PROVIDER_NOT_MADE = "provider_not_made"
    DOMAIN_TAKEN = "domain_taken"
    OTHER_ACCOUNT = "other_account"
    OTHER_REGION = "other_region"
    NEEDS_PERMISSION = "needs_permission"
    NEEDS_KEY_POLICY = "needs_key_policy"
    NEEDS_DNS = "needs_dns"
    IMMUTABLE = "immutable"
    NOT_COPIED = "not_copied"
    REFUSED = "refused"

    @property
    def is_gap(self) -> bool:
        """Whether the new pool lacks something; otherwise a person has to do something outside it."""
        return self not in (Why.NEEDS_PERMISSION, Why.NEEDS_KEY_POLICY, Why.NEEDS_DNS)


#: Stands in a command for what is known once the pool is made.
ARN_OF_NEW_POOL = "<ARN of the new pool>"


@dataclass(frozen=True, slots=True)
class Todo:
    """One item. `name` is what it is about within the section; `code` is the service's, where it refused."""

    section: str
    name: str
    why: Why
    do: str
    code: str | None = None

    def for_pool(self, arn: str) -> Todo:
        """The same, with the new pool's ARN where a command needs it."""
        return replace(self, do=self.do.replace(ARN_OF_NEW_POOL, arn))

    def to_state(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of(cls, state: Mapping[str, Any]) -> Todo:
        return cls(**{**state, "why": Why(state["why"])})


def domain_taken(domain: str, owner: str) -> Todo:
    """A domain belongs to one pool [API CreateUserPoolDomain]. Custom ones are host names; a prefix has no dot."""
    instead = "" if "." in domain else " Or take another prefix now: create_pool.override.domain."
    return Todo(
        SectionName.DOMAINS,
        domain,
        Why.DOMAIN_TAKEN,
        f"The domain {domain} belongs to {owner}. Delete it there when nobody signs in through it any more, then "
        f"create it in the new pool.{instead}",
    )


def secret_refused(client_id: str, client_name: str, error: Rejected) -> Todo:
    """Cognito would not take the old secret of a client, and made one."""
    return Todo(
        SectionName.CLIENTS,
        client_id,
        Why.SECRET_NOT_KNOWN,
        f"Give the application of client {client_name} the new client's secret: Cognito did not take the old one.",
        error.code,
    )


def left_out(section: SectionName, name: str, operation: str, code: str) -> Todo:
    """Cognito took the call without this member alone."""
    return Todo(
        section.value,
        name,
        Why.REFUSED,
        f"Set {name} by hand as the snapshot has it: {operation} was refused with it, and went through without.",
        code,
    )


def refused(section: SectionName, name: str, error: Rejected) -> Todo:
    """Cognito would not take it."""
    if section is SectionName.DOMAINS:
        return replace(domain_taken(name, "another pool, perhaps of another account"), code=error.code)
    needs = " It needs a domain." if section is SectionName.UI_CUSTOMIZATION else ""
    return Todo(
        section.value,
        name,
        Why.REFUSED,
        f"{error.operation} was refused with {error.code}.{needs} Set {section.value} / {name} by hand as the "
        f"snapshot's {section.path} has it.",
        error.code,
    )

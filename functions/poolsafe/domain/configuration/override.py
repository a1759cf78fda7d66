"""Changing on purpose, in a new pool, what no pool changes later: sign-in names, letter case, required attributes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from ...errors import InvalidRequest
from .model import Configuration, SectionName
from .scratch import as_scratch


@dataclass(frozen=True, slots=True)
class Override:
    """`create_pool.override` of a restore. None leaves the snapshot's value. `domain` is another prefix.

    `scratch` is for a pool to try a restore with: it has nothing that reaches beyond itself (`scratch.py`).
    """

    case_sensitive: bool | None = None
    username_attributes: tuple[str, ...] | None = None
    alias_attributes: tuple[str, ...] | None = None
    required_attributes: tuple[str, ...] | None = None
    domain: str | None = None
    scratch: bool | None = None

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Override:
        """Type a document that fits the request's schema. Raises InvalidRequest when it contradicts itself."""
        values: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in document.items()}
        override = cls(**values)
        if override.username_attributes and override.alias_attributes:
            raise InvalidRequest(
                "create_pool.override",
                "asks for username_attributes and alias_attributes; a pool has one or the other",
                '{"username_attributes": ["email"], "alias_attributes": []}',
            )
        return override

    def to_state(self) -> dict[str, Any]:
        return {name: list(v) if isinstance(v, tuple) else v for name, v in asdict(self).items()}

    def apply(self, source: Configuration) -> Configuration:
        """The configuration with the changes. Raises InvalidRequest where they contradict it."""
        pool = dict(source.user_pool)
        if self.case_sensitive is not None:
            pool["UsernameConfiguration"] = {"CaseSensitive": self.case_sensitive}
        for field, member in (("username_attributes", "UsernameAttributes"), ("alias_attributes", "AliasAttributes")):
            if (value := getattr(self, field)) is not None:
                pool[member] = list(value)
        if pool.get("UsernameAttributes") and pool.get("AliasAttributes"):
            asked, other = (
                ("username_attributes", "alias_attributes")
                if self.username_attributes
                else ("alias_attributes", "username_attributes")
            )
            raise InvalidRequest(
                f"create_pool.override.{asked}",
                f"does not go with the {other} of the snapshot's pool; a pool has one or the other. To give those up, "
                "say so",
                f'{{"{asked}": ["email"], "{other}": []}}',
            )
        if self.required_attributes is not None:
            pool["SchemaAttributes"] = self._required(pool)
        documents = {**source.documents, SectionName.USER_POOL: pool}
        if self.domain is not None:
            documents[SectionName.DOMAINS] = self._domains(source)
        changed = replace(source, documents=documents)
        return as_scratch(changed) if self.scratch else changed

    def _required(self, pool: Mapping[str, Any]) -> list[Any]:
        schema = list(pool.get("SchemaAttributes") or ())
        wanted = set(self.required_attributes or ())
        known = {told["Name"] for told in schema if not told["Name"].startswith(("custom:", "dev:"))}
        if unknown := sorted(wanted - known):
            raise InvalidRequest(
                "create_pool.override.required_attributes",
                f"names {', '.join(unknown)}; only standard attributes can be required",
                '["email"]',
            )
        return [
            {**told, "Required": told["Name"] in wanted} if told["Name"] in known and told["Name"] != "sub" else told
            for told in schema
        ]

    def _domains(self, source: Configuration) -> list[Mapping[str, Any]]:
        """The prefix domain under its new name; a custom domain stays what it is."""
        domains = source.entries(SectionName.DOMAINS)
        own = [domain for domain in domains if _is_custom(domain)]
        prefix: Mapping[str, Any] = next((domain for domain in domains if not _is_custom(domain)), {})
        return [{**prefix, "Domain": self.domain}, *own]


def _is_custom(domain: Mapping[str, Any]) -> bool:
    return bool((domain.get("CustomDomainConfig") or {}).get("CertificateArn"))

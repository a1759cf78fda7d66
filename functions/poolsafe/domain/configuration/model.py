"""What a snapshot holds of a pool's configuration: one document per section, as the service told it.

A document is the answer of Cognito's own read operation, verbatim but for its
secrets (`secrets.py`), with times as ISO 8601 strings:

    user_pool            DescribeUserPool's UserPool
    mfa                  GetUserPoolMfaConfig
    clients              list of DescribeUserPoolClient's UserPoolClient
    client_secrets       ListUserPoolClientSecrets by client id: ids and dates, never values
    identity_providers   list of DescribeIdentityProvider's IdentityProvider
    resource_servers     list of ListResourceServers' entries
    domains              list of DescribeUserPoolDomain's DomainDescription
    ui_customization     list of GetUICustomization's UICustomization; ImageFile is the logo in Base64
    branding             list of DescribeManagedLoginBrandingByClient's, each with its ClientId; assets in Base64
    terms                list of DescribeTerms' Terms
    log_delivery         GetLogDeliveryConfiguration's LogDeliveryConfiguration
    sessions             GetUserPoolSessionConfiguration, then GetUserPoolClientSessionConfiguration of each client
    risk                 list of DescribeRiskConfiguration's: the pool's own has no ClientId
    tags                 ListTagsForResource's Tags
    replicas             list of ListUserPoolReplicas' entries
    signing_certificate  GetSigningCertificate
    external             what the pool refers to outside Cognito (`external.py`)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any


class SectionName(StrEnum):
    """The sections, in the order in which they are read. A section's file is `config/<name>.json`."""

    USER_POOL = "user_pool"
    MFA = "mfa"
    CLIENTS = "clients"
    CLIENT_SECRETS = "client_secrets"
    IDENTITY_PROVIDERS = "identity_providers"
    RESOURCE_SERVERS = "resource_servers"
    DOMAINS = "domains"
    UI_CUSTOMIZATION = "ui_customization"
    BRANDING = "branding"
    TERMS = "terms"
    LOG_DELIVERY = "log_delivery"
    SESSIONS = "sessions"
    RISK = "risk"
    TAGS = "tags"
    REPLICAS = "replicas"
    SIGNING_CERTIFICATE = "signing_certificate"
    EXTERNAL = "external"

    @property
    def path(self) -> str:
        """Where a snapshot has it, relative to the snapshot."""
        return f"config/{self.value}.json"


#: Sections whose entries are things of their own, each there or not.
LISTED = (
    SectionName.CLIENTS,
    SectionName.IDENTITY_PROVIDERS,
    SectionName.RESOURCE_SERVERS,
    SectionName.DOMAINS,
    SectionName.UI_CUSTOMIZATION,
    SectionName.BRANDING,
    SectionName.TERMS,
    SectionName.SESSIONS,
    SectionName.RISK,
)


class SectionStatus(StrEnum):
    """How the reading of a section ended."""

    SAVED = "saved"
    #: The pool's plan, its settings or the Region do not offer it: there is nothing to save.
    NOT_OFFERED = "not_offered"
    #: The boto3 in use has no such operation: there may be something to save, and nobody can tell.
    NOT_KNOWN = "not_known"
    #: The service refused for a reason that Poolsafe does not know: the snapshot is PARTIAL.
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Section:
    """One section as the manifest has it. `error` is the service's code where there is no document."""

    name: str
    status: str
    error: str | None = None

    def to_state(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Configuration:
    """The documents of one pool, by section name; those that are not SAVED have none."""

    documents: Mapping[str, Any]
    sections: tuple[Section, ...] = field(default=())

    @property
    def user_pool(self) -> Mapping[str, Any]:
        document: Mapping[str, Any] = self.documents[SectionName.USER_POOL]
        return document

    def mapping(self, name: SectionName) -> Mapping[str, Any]:
        """A section that is one object; empty where it was not saved."""
        document: Mapping[str, Any] = self.documents.get(name) or {}
        return document

    def entries(self, name: SectionName) -> list[Mapping[str, Any]]:
        """A section that is a list; empty where it was not saved."""
        return list(self.documents.get(name) or ())

    def reached(self) -> set[str]:
        """The sections of which something is known: what they hold, or the service's word that there is nothing."""
        known = (SectionStatus.SAVED, SectionStatus.NOT_OFFERED)
        return {*self.documents, *(section.name for section in self.sections if section.status in known)}

    def lacks(self, statuses: Iterable[SectionStatus]) -> list[Section]:
        """The sections that ended in one of these."""
        wanted = set(statuses)
        return [section for section in self.sections if section.status in wanted]

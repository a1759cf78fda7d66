"""Reading a pool's configuration, section by section.

for each section, in order:
    call its operations; what the service answers is the document
    an operation that the boto3 in use lacks        -> NOT_KNOWN
    a code that says the pool does not have it      -> NOT_OFFERED
    any other code, and no answer                   -> FAILED, and the next section

Without the pool itself there is nothing: errors of that section are raised.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..domain.configuration.external import pointers
from ..domain.configuration.model import Configuration, Section, SectionName, SectionStatus
from ..domain.paging import Chain
from ..domain.snapshot import region_of
from ..errors import AccessDenied, NotFound, PoolNotFound, Rejected, ServiceUnavailable
from ..ports import ServiceApi, Web

Documents = Mapping[str, Any]

#: What SetUICustomization takes [API SetUICustomization].
MAX_LOGO_BYTES = 131_072
#: Codes by which the service says that a pool of this plan, with these settings or in this Region has no such thing.
NOT_OFFERED = frozenset(
    {
        "FeatureUnavailableInTierException",
        "OperationNotEnabledException",
        "UnknownOperationException",
        "UserPoolAddOnNotEnabledException",
    }
)
#: Time ran out before this section.
NOT_REACHED = "NotReached"
#: WAF's way of saying that nothing is associated, or that it does not serve this kind of resource here.
NO_WEB_ACL = frozenset({"WAFNonexistentItemException", "WAFUnsupportedResourceTypeException"})


@dataclass(frozen=True, slots=True)
class ReadConfiguration:
    """Reads one pool. `waf` is AWS WAF in the pool's Region."""

    cognito: ServiceApi
    waf: ServiceApi
    web: Web
    user_pool_id: str

    def everything(self, must_stop: Callable[[], bool] = lambda: False) -> Configuration:
        """All sections, in one go; those that are not reached before it must stop are FAILED and NOT_REACHED."""
        documents: dict[str, Any] = {}
        sections: list[Section] = []
        for name in SectionName:
            if sections and must_stop():
                sections.append(Section(name.value, SectionStatus.FAILED, NOT_REACHED))
                continue
            section, document = self.section(name, documents)
            sections.append(section)
            if section.status == SectionStatus.SAVED:
                documents[name.value] = document
        return Configuration(documents, tuple(sections))

    def section(self, name: SectionName, documents: Documents) -> tuple[Section, Any]:
        """One section, and its document where it was SAVED. `documents` has the sections before it."""
        read, needed = _READERS[name]
        if not all(self.cognito.knows(operation) for operation in needed):
            return Section(name.value, SectionStatus.NOT_KNOWN), None
        try:
            return Section(name.value, SectionStatus.SAVED), read(self, documents)
        except (Rejected, AccessDenied, ServiceUnavailable) as error:
            if name is SectionName.USER_POOL:
                raise _as_pool_not_found(error, self.user_pool_id) from None
            code = error.code if isinstance(error, Rejected) else type(error).__name__
            status = SectionStatus.NOT_OFFERED if code in NOT_OFFERED else SectionStatus.FAILED
            return Section(name.value, status, code), None

    def _ask(self, operation: str, **members: Any) -> dict[str, Any]:
        return self.cognito.call(operation, UserPoolId=self.user_pool_id, **members)

    def _all(self, operation: str, entries: str, **members: Any) -> list[Any]:
        """Every page of a listing."""
        found: list[Any] = []
        chain = Chain()
        while not chain.finished:
            token = {"NextToken": chain.token} if chain.token else {}
            answer = self._ask(operation, **members, **token)
            found += answer.get(entries, ())
            chain = chain.follow(answer.get("NextToken") or None)
        return found

    def _of_each_client(self, documents: Documents, read: Callable[[str], Any]) -> dict[str, Any]:
        """What a call tells of each client; a client that has none of it is left out."""
        found = {}
        for client in documents.get(SectionName.CLIENTS) or ():
            try:
                found[client["ClientId"]] = read(client["ClientId"])
            except NotFound:
                continue
        return found

    def _pool_and_clients(self, documents: Documents, operation: str, member: str) -> list[dict[str, Any]]:
        """What a call tells of the pool, and of each client that has its own: others are told that of the pool
        [API GetUICustomization]."""
        clients = self._of_each_client(documents, lambda client_id: self._ask(operation, ClientId=client_id)[member])
        own = (told for client_id, told in clients.items() if told.get("ClientId") == client_id)
        return [self._ask(operation)[member], *own]

    def provider_names(self) -> list[str]:
        """The names of the pool's identity providers."""
        return [entry["ProviderName"] for entry in self._all("ListIdentityProviders", "Providers", MaxResults=60)]

    def user_pool(self, documents: Documents) -> Any:
        return self._ask("DescribeUserPool")["UserPool"]

    def mfa(self, documents: Documents) -> Any:
        return self._ask("GetUserPoolMfaConfig")

    def clients(self, documents: Documents) -> Any:
        listed = self._all("ListUserPoolClients", "UserPoolClients", MaxResults=60)
        ids = sorted({client["ClientId"] for client in listed})
        found = (self._unless_gone("DescribeUserPoolClient", "UserPoolClient", ClientId=name) for name in ids)
        return [client for client in found if client is not None]

    def client_secrets(self, documents: Documents) -> Any:
        def inventory(client_id: str) -> list[dict[str, Any]]:
            told = self._all("ListUserPoolClientSecrets", "ClientSecrets", ClientId=client_id)
            return [{name: value for name, value in secret.items() if name != "ClientSecretValue"} for secret in told]

        return self._of_each_client(documents, inventory)

    def identity_providers(self, documents: Documents) -> Any:
        found = (
            self._unless_gone("DescribeIdentityProvider", "IdentityProvider", ProviderName=name)
            for name in sorted(set(self.provider_names()))
        )
        return [provider for provider in found if provider is not None]

    def resource_servers(self, documents: Documents) -> Any:
        return self._all("ListResourceServers", "ResourceServers", MaxResults=50)

    def domains(self, documents: Documents) -> Any:
        pool = documents[SectionName.USER_POOL]
        names = [name for name in (pool.get("Domain"), pool.get("CustomDomain")) if name]
        # The operation takes no pool: a domain is unique by itself.
        found = (self.cognito.call("DescribeUserPoolDomain", Domain=name).get("DomainDescription") for name in names)
        return [domain for domain in found if domain]

    def ui_customization(self, documents: Documents) -> Any:
        found = self._pool_and_clients(documents, "GetUICustomization", "UICustomization")
        return [self._logo(told) for told in found if told.get("CSS") or told.get("ImageUrl")]

    def _logo(self, told: dict[str, Any]) -> dict[str, Any]:
        if not told.get("ImageUrl"):
            return told
        content = self.web.fetch(told["ImageUrl"], MAX_LOGO_BYTES)
        return {**told, "ImageFile": base64.b64encode(content).decode()}

    def branding(self, documents: Documents) -> Any:
        def style(client_id: str) -> dict[str, Any]:
            told = self._ask("DescribeManagedLoginBrandingByClient", ClientId=client_id, ReturnMergedResources=False)
            return {"ClientId": client_id, **told["ManagedLoginBranding"]}

        return list(self._of_each_client(documents, style).values())

    def terms(self, documents: Documents) -> Any:
        listed = self._all("ListTerms", "Terms", MaxResults=60)
        found = (self._unless_gone("DescribeTerms", "Terms", TermsId=entry["TermsId"]) for entry in listed)
        return [terms for terms in found if terms is not None]

    def log_delivery(self, documents: Documents) -> Any:
        return self._ask("GetLogDeliveryConfiguration")["LogDeliveryConfiguration"]

    def sessions(self, documents: Documents) -> Any:
        def of_client(client_id: str) -> dict[str, Any]:
            return self._ask("GetUserPoolClientSessionConfiguration", ClientId=client_id)

        return [self._ask("GetUserPoolSessionConfiguration"), *self._of_each_client(documents, of_client).values()]

    def risk(self, documents: Documents) -> Any:
        found = self._pool_and_clients(documents, "DescribeRiskConfiguration", "RiskConfiguration")
        return [told for told in found if told.keys() - {"UserPoolId", "ClientId", "LastModifiedDate"}]

    def tags(self, documents: Documents) -> Any:
        arn = documents[SectionName.USER_POOL]["Arn"]
        return self.cognito.call("ListTagsForResource", ResourceArn=arn).get("Tags", {})

    def replicas(self, documents: Documents) -> Any:
        return self._all("ListUserPoolReplicas", "UserPoolReplicas")

    def signing_certificate(self, documents: Documents) -> Any:
        return self._ask("GetSigningCertificate")

    def external(self, documents: Documents) -> Any:
        return pointers(documents, self._web_acl(documents[SectionName.USER_POOL]["Arn"]))

    def _web_acl(self, arn: str) -> str | None:
        try:
            acl: str | None = (self.waf.call("GetWebACLForResource", ResourceArn=arn).get("WebACL") or {}).get("ARN")
        except Rejected as error:
            if error.code not in NO_WEB_ACL:
                raise
            return None
        return acl

    def _unless_gone(self, operation: str, entry: str, **members: Any) -> Any:
        """None for what was deleted between its listing and this call."""
        try:
            return self._ask(operation, **members)[entry]
        except NotFound:
            return None


def _as_pool_not_found(error: Exception, user_pool_id: str) -> Exception:
    if isinstance(error, NotFound):
        return PoolNotFound(f"{user_pool_id} does not exist in {region_of(user_pool_id)} of this account.")
    return error


Reader = Callable[[ReadConfiguration, Documents], Any]
#: How each section is read, and the operations of Cognito's that takes.
_READERS: Mapping[SectionName, tuple[Reader, tuple[str, ...]]] = {
    SectionName.USER_POOL: (ReadConfiguration.user_pool, ("DescribeUserPool",)),
    SectionName.MFA: (ReadConfiguration.mfa, ("GetUserPoolMfaConfig",)),
    SectionName.CLIENTS: (ReadConfiguration.clients, ("ListUserPoolClients", "DescribeUserPoolClient")),
    SectionName.CLIENT_SECRETS: (ReadConfiguration.client_secrets, ("ListUserPoolClientSecrets",)),
    SectionName.IDENTITY_PROVIDERS: (
        ReadConfiguration.identity_providers,
        ("ListIdentityProviders", "DescribeIdentityProvider"),
    ),
    SectionName.RESOURCE_SERVERS: (ReadConfiguration.resource_servers, ("ListResourceServers",)),
    SectionName.DOMAINS: (ReadConfiguration.domains, ("DescribeUserPoolDomain",)),
    SectionName.UI_CUSTOMIZATION: (ReadConfiguration.ui_customization, ("GetUICustomization",)),
    SectionName.BRANDING: (ReadConfiguration.branding, ("DescribeManagedLoginBrandingByClient",)),
    SectionName.TERMS: (ReadConfiguration.terms, ("ListTerms", "DescribeTerms")),
    SectionName.LOG_DELIVERY: (ReadConfiguration.log_delivery, ("GetLogDeliveryConfiguration",)),
    SectionName.SESSIONS: (
        ReadConfiguration.sessions,
        ("GetUserPoolSessionConfiguration", "GetUserPoolClientSessionConfiguration"),
    ),
    SectionName.RISK: (ReadConfiguration.risk, ("DescribeRiskConfiguration",)),
    SectionName.TAGS: (ReadConfiguration.tags, ("ListTagsForResource",)),
    SectionName.REPLICAS: (ReadConfiguration.replicas, ("ListUserPoolReplicas",)),
    SectionName.SIGNING_CERTIFICATE: (ReadConfiguration.signing_certificate, ("GetSigningCertificate",)),
    SectionName.EXTERNAL: (ReadConfiguration.external, ()),
}

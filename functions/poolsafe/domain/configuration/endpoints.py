"""Where a user pool is met on the network: all of it follows from its id, its issuer type and its domains.

Sources: [API IssuerConfigurationType] for both forms of the issuer, [DG federation-endpoints] for what lies under the
issuer and under the domain, the GovCloud user guide's page on Amazon Cognito for `auth-fips`.
ASSUMED, for no page says it: that GovCloud's issuers have the usual form, although its API is called at a FIPS host;
that `UPDATED` keeps its form in every partition; and all of China, where AWS offers no user pools today: endpoints end
in `amazonaws.com.cn` there [CN endpoints], so the issuer would too, and the domain stays `amazoncognito.com`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..snapshot import region_of
from .model import Configuration, SectionName

UPDATED = "UPDATED"


def dns_suffix(region: str) -> str:
    """What the host names of AWS's own endpoints end in."""
    return "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"


def issuer_of(user_pool: Mapping[str, Any]) -> str:
    """The `iss` of the pool's tokens."""
    region = region_of(user_pool["Id"])
    updated = (user_pool.get("IssuerConfiguration") or {}).get("Type") == UPDATED
    host = "issuer-cognito-idp" if updated else "cognito-idp"
    return f"https://{host}.{region}.{dns_suffix(region)}/{user_pool['Id']}"


def jwks_uri(issuer: str) -> str:
    return f"{issuer}/.well-known/jwks.json"


def openid_configuration(issuer: str) -> str:
    return f"{issuer}/.well-known/openid-configuration"


def prefix_domain_suffix(region: str) -> str:
    """What follows the prefix in the host name of a prefix domain."""
    return f".{'auth-fips' if region.startswith('us-gov-') else 'auth'}.{region}.amazoncognito.com"


def redirect_uri(hosted_ui: str) -> str:
    """Where an OIDC or social provider sends users back to."""
    return f"{hosted_ui}/oauth2/idpresponse"


def acs_url(hosted_ui: str) -> str:
    """Where a SAML provider posts its assertions [DG saml2-idpresponse-endpoint]."""
    return f"{hosted_ui}/saml2/idpresponse"


def slo_url(hosted_ui: str) -> str:
    """Where a SAML provider sends people back to after sign-out [DG cognito-user-pools-saml-idp-sign-out]."""
    return f"{hosted_ui}/saml2/logout"


def identity_pool_provider(user_pool_id: str) -> str:
    """The pool as an identity pool names it [API CognitoIdentityProvider]. ASSUMED: for either type of issuer."""
    region = region_of(user_pool_id)
    return f"cognito-idp.{region}.{dns_suffix(region)}/{user_pool_id}"


def entity_id(user_pool_id: str) -> str:
    """The audience that a SAML provider's assertions are for."""
    return f"urn:amazon:cognito:sp:{user_pool_id}"


def provider_group(user_pool_id: str, provider: str) -> str:
    """The group that Cognito itself puts a provider's users in [DG cognito-user-pools-user-groups]."""
    return f"{user_pool_id}_{provider}"


@dataclass(frozen=True, slots=True)
class Domains:
    """A pool's domains, as DescribeUserPool names them: a prefix without its host, a custom one in full.

    A pool may have one of each, and answers at both.
    """

    region: str
    prefix: str | None
    custom: str | None
    described: Mapping[str, Mapping[str, Any]]

    @classmethod
    def of(cls, configuration: Configuration) -> Domains:
        """From DescribeUserPool, and from the domains' own section where that has more."""
        described = {entry["Domain"]: entry for entry in configuration.entries(SectionName.DOMAINS)}
        pool = configuration.user_pool
        names = dict.fromkeys(name for name in (pool.get("Domain"), pool.get("CustomDomain"), *described) if name)
        return cls(
            region=region_of(pool["Id"]),
            # A prefix has no dot [API CreateUserPoolDomain], a domain of one's own always has.
            prefix=next((name for name in names if "." not in name), None),
            custom=next((name for name in names if "." in name), None),
            described=described,
        )

    @property
    def prefix_host(self) -> str | None:
        return f"{self.prefix}{prefix_domain_suffix(self.region)}" if self.prefix else None

    @property
    def hosted_uis(self) -> dict[str, str | None]:
        """The base URL of each kind of domain, None where the pool has none of the kind."""
        return {
            "prefix": f"https://{self.prefix_host}" if self.prefix else None,
            "custom": f"https://{self.custom}" if self.custom else None,
        }

    @property
    def hosted_ui(self) -> str | None:
        """The one that people see: the custom domain where there is one."""
        urls = self.hosted_uis
        return urls["custom"] or urls["prefix"]

    @property
    def alias_target(self) -> str | None:
        """The CloudFront host that the custom domain's DNS record points at."""
        described = self.described.get(self.custom or "") or {}
        target: str | None = described.get("CloudFrontDistribution") if self.custom else None
        return target or None

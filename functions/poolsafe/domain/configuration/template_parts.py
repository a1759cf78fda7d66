"""What stands in a template beside the pool: its domains, resource servers, providers and groups.

The app clients have a module of their own, `template_clients.py`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..records import Group
from .cloudformation_properties import (
    DOMAIN,
    GROUP,
    PROVIDER,
    RESOURCE_SERVER,
    Known,
    known_only,
    literal_map,
    without,
)
from .endpoints import Domains
from .logical_ids import logical_id
from .model import Configuration, SectionName
from .secrets import SECRET_MEMBERS
from .user_pool_resource import DOMAIN_PREFIX, POOL

CERTIFICATE = "CustomDomainCertificateArn"

#: The member of ProviderDetails that a provider of this type cannot be made without [API CreateIdentityProvider].
SECRET_OF_PROVIDER = {
    **dict.fromkeys(("OIDC", "Google", "Facebook", "LoginWithAmazon"), "client_secret"),
    "SignInWithApple": "private_key",
}
#: What DescribeIdentityProvider tells in ProviderDetails and CreateIdentityProvider does not take.
READ_ONLY_DETAILS = (
    *("attributes_url_add_attributes", "ActiveEncryptionCertificate", "SLORedirectBindingURI", "SSORedirectBindingURI"),
)


@dataclass(frozen=True, slots=True)
class Part:
    """One resource, with the parameters, conditions and outputs that only it needs."""

    kind: str
    name: str
    logical_id: str
    resource: dict[str, Any]
    parameters: dict[str, Any] = field(default_factory=dict)
    conditions: dict[str, Any] = field(default_factory=dict)
    outputs: dict[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def pool_id() -> dict[str, str]:
    """A new one each time: YAML writes one dict in two places as an alias, which CloudFormation does not read."""
    return {"Ref": POOL}


def secret(description: str) -> dict[str, Any]:
    """A parameter that CloudFormation shows to nobody, and that has to be given."""
    return {"Type": "String", "NoEcho": True, "MinLength": 1, "Description": description}


def resource_servers(configuration: Configuration) -> Iterator[Part]:
    for server in configuration.entries(SectionName.RESOURCE_SERVERS):
        identifier = server["Identifier"]
        yield part(
            "ResourceServer",
            identifier,
            {**server, "UserPoolId": pool_id(), "Name": server.get("Name") or identifier},
            RESOURCE_SERVER,
        )


def identity_providers(configuration: Configuration, missing: Collection[str]) -> Iterator[Part]:
    """`missing` are the attributes that the template's pool does not have."""
    for provider in configuration.entries(SectionName.IDENTITY_PROVIDERS):
        name = provider["ProviderName"]
        mapping, refused = literal_map(without(provider.get("AttributeMapping") or {}, missing))
        details, refused_too = literal_map(_details(provider))
        parameters = {}
        if member := SECRET_OF_PROVIDER.get(provider["ProviderType"]):
            parameter = f"SecretOf{logical_id('Provider', name)}"
            parameters[parameter] = secret(f"The {member} of the identity provider {name}.")
            details = {**details, member: {"Ref": parameter}}  # type: ignore[dict-item]
        yield part(
            "Provider",
            name,
            {
                **without(provider, ("CreationDate", "LastModifiedDate")),
                "UserPoolId": pool_id(),
                "ProviderDetails": details,
                "AttributeMapping": mapping,
            },
            PROVIDER,
            parameters=parameters,
            notes=tuple(f"The member {key} of the provider {name} is left out." for key in refused + refused_too),
        )


def _details(provider: Mapping[str, Any]) -> dict[str, Any]:
    details = without(provider.get("ProviderDetails") or {}, (*READ_ONLY_DETAILS, *SECRET_MEMBERS))
    # One of the two is the source of the other, and only one is taken; the URL stays true when certificates change.
    return without(details, ("MetadataFile",) if details.get("MetadataURL") else ())


def domains(configuration: Configuration) -> Iterator[Part]:
    """A domain belongs to one pool: what names it, or what it costs to move it, is a parameter."""
    found = Domains.of(configuration)
    if found.prefix:
        version = (found.described.get(found.prefix) or {}).get("ManagedLoginVersion")
        yield part(
            "Domain",
            found.prefix,
            {"Domain": {"Ref": DOMAIN_PREFIX}, "UserPoolId": pool_id(), "ManagedLoginVersion": version},
            DOMAIN,
            logical="PrefixDomain",
            parameters={
                DOMAIN_PREFIX: {
                    "Type": "String",
                    "Default": found.prefix,
                    "Description": "The prefix domain. It belongs to one pool: take another while the old pool has it.",
                }
            },
        )
    if found.custom:
        yield _custom_domain(found.custom, found.described.get(found.custom) or {})


def _custom_domain(name: str, described: Mapping[str, Any]) -> Part:
    config = described.get("CustomDomainConfig") or {}
    certificate = config.get("CertificateArn")
    return part(
        "Domain",
        name,
        {
            "Domain": name,
            "UserPoolId": pool_id(),
            "ManagedLoginVersion": described.get("ManagedLoginVersion"),
            "CustomDomainConfig": {**config, "CertificateArn": {"Ref": CERTIFICATE}},
        },
        DOMAIN,
        logical="CustomDomain",
        parameters={
            CERTIFICATE: {
                "Type": "String",
                **({"Default": certificate} if certificate else {}),
                "Description": "The certificate of the custom domain, of ACM in us-east-1.",
            }
        },
        notes=(
            f"The custom domain {name} has to be deleted from the old pool before the stack is made, and its DNS "
            "record has to follow.",
        ),
    )


def own_groups(configuration: Configuration, found: Sequence[Group]) -> Iterator[Part]:
    """The groups but those that Cognito makes itself, as `<pool id>_<provider>`."""
    own = f"{configuration.user_pool['Id']}_"
    for group in found:
        if not group.group_name.startswith(own):
            yield part(
                "Group",
                group.group_name,
                {
                    "GroupName": group.group_name,
                    "UserPoolId": pool_id(),
                    "Description": group.description,
                    "Precedence": group.precedence,
                    "RoleArn": group.role_arn,
                },
                GROUP,
            )


#: AWS::Cognito::UserPool<this>, by the kind that logical ids begin with.
TYPES = {"Provider": "IdentityProvider", "ResourceServer": "ResourceServer", "Domain": "Domain", "Client": "Client"}


def part(
    kind: str,
    name: str,
    properties: Mapping[str, Any],
    known: Known,
    *,
    logical: str | None = None,
    after: Iterable[str] = (),
    parameters: dict[str, Any] | None = None,
    conditions: dict[str, Any] | None = None,
    outputs: dict[str, Any] | None = None,
    notes: tuple[str, ...] = (),
) -> Part:
    kept, unknown = known_only(properties, known)
    earlier = sorted(set(after))
    return Part(
        kind=kind,
        name=name,
        logical_id=logical or logical_id(kind, name),
        resource={
            "Type": f"AWS::Cognito::UserPool{TYPES.get(kind, kind)}",
            **({"DependsOn": earlier} if earlier else {}),
            "Properties": kept,
        },
        parameters=parameters or {},
        conditions=conditions or {},
        outputs=outputs or {},
        notes=(*notes, *(f"CloudFormation does not know {member} of {kind} {name}." for member in unknown)),
    )

"""The configuration a new pool can have: the snapshot's, less what cannot be made there, each with its to-do item."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from .external import CUSTOM_SENDERS, SAID_TWICE, triggers
from .members import PROVIDER_SECRET
from .model import Configuration, SectionName, SectionStatus
from .todo import ARN_OF_NEW_POOL, Todo, Why

#: Sections without which something of the pool does not come back.
COPIED = frozenset(SectionName) - {
    SectionName.CLIENT_SECRETS,
    SectionName.SIGNING_CERTIFICATE,
    SectionName.EXTERNAL,
    SectionName.REPLICAS,
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where the new pool is: `us-east-1`, `123456789012`."""

    region: str
    account: str

    def why_not(self, arn: str) -> Why | None:
        """What keeps a pool of this place from using that resource."""
        _, _, _, region, account, *_ = [*arn.split(":"), "", "", "", "", "", ""]
        if account and account != self.account:
            return Why.OTHER_ACCOUNT
        return Why.OTHER_REGION if region and region != self.region else None


def wanted(source: Configuration, place: Place) -> tuple[Configuration, list[Todo]]:
    """What can be made of `source` at `place`, and what a person has to do for the rest. `source` has its secrets."""
    todos: list[Todo] = []
    documents = dict(source.documents)
    documents[SectionName.USER_POOL] = _pool(source, place, todos)
    documents[SectionName.IDENTITY_PROVIDERS] = _providers(source, todos)
    made = {provider["ProviderName"] for provider in documents[SectionName.IDENTITY_PROVIDERS]}
    documents[SectionName.CLIENTS] = _clients(source, made, todos)
    _not_saved(source, todos)
    _outside(source, place, todos)
    return replace(source, documents=documents), todos


def _pool(source: Configuration, place: Place, todos: list[Todo]) -> dict[str, Any]:
    pool = dict(source.user_pool)
    pool["LambdaConfig"] = _lambda_config(pool.get("LambdaConfig") or {}, place, todos)
    role = (pool.get("SmsConfiguration") or {}).get("SnsCallerArn")
    if role and place.why_not(role):
        del pool["SmsConfiguration"]
        todos.append(
            Todo(
                SectionName.USER_POOL,
                "SmsConfiguration",
                Why.OTHER_ACCOUNT,
                f"Make a role in account {place.account} that Cognito may assume and that may publish to Amazon SNS, "
                f"as {role} does, and set it as the pool's SMS role.",
            )
        )
    key = (pool.get("KeyConfiguration") or {}).get("KmsKeyArn")
    if key and (why := place.why_not(key)):
        del pool["KeyConfiguration"]
        todos.append(
            Todo(
                SectionName.USER_POOL,
                "KeyConfiguration",
                why,
                f"Choose a key of account {place.account} in {place.region} for the pool; {key} cannot serve it.",
            )
        )
    elif key:
        todos.append(
            Todo(
                SectionName.USER_POOL,
                "KeyConfiguration",
                Why.NEEDS_KEY_POLICY,
                f"Name the new pool's ARN in the policy of {key}: conditions of a key policy name pools one by one.",
            )
        )
    return pool


def _lambda_config(config: Mapping[str, Any], place: Place, todos: list[Todo]) -> dict[str, Any]:
    kept = dict(config)
    key = config.get("KMSKeyID")
    for name, arn in triggers(config):
        why = place.why_not(arn)
        if why is None and name in CUSTOM_SENDERS and key:
            why = place.why_not(key)
        if why is None:
            todos.append(
                Todo(
                    SectionName.USER_POOL,
                    f"LambdaConfig.{name}",
                    Why.NEEDS_PERMISSION,
                    "Until the new pool may invoke it, sign-in fails: aws lambda add-permission --function-name "
                    f"{arn} --statement-id poolsafe-{name} --action lambda:InvokeFunction --principal "
                    f"cognito-idp.amazonaws.com --source-arn {ARN_OF_NEW_POOL}",
                )
            )
            continue
        kept.pop(name)
        for old, new in SAID_TWICE.items():
            if new == name:
                kept.pop(old, None)
        todos.append(
            Todo(
                SectionName.USER_POOL,
                f"LambdaConfig.{name}",
                why,
                f"Deploy the trigger {arn} in account {place.account}, {place.region}, and attach it to the new pool.",
            )
        )
    if not any(kept.get(name) for name in CUSTOM_SENDERS):
        kept.pop("KMSKeyID", None)
    return kept


def _providers(source: Configuration, todos: list[Todo]) -> list[Mapping[str, Any]]:
    made = []
    for provider in source.entries(SectionName.IDENTITY_PROVIDERS):
        secret = PROVIDER_SECRET.get(provider["ProviderType"])
        if secret and not (provider.get("ProviderDetails") or {}).get(secret):
            todos.append(
                Todo(
                    SectionName.IDENTITY_PROVIDERS,
                    provider["ProviderName"],
                    Why.SECRET_NOT_KNOWN,
                    f"Create the provider {provider['ProviderName']} ({provider['ProviderType']}) in the new pool with "
                    f"its {secret}, which the snapshot does not have, and add it to the app clients that use it.",
                )
            )
        else:
            made.append(provider)
    return made


def _clients(source: Configuration, providers: set[str], todos: list[Todo]) -> list[Mapping[str, Any]]:
    clients = []
    known: Mapping[str, Any] = source.mapping(SectionName.CLIENT_SECRETS)
    for client in source.entries(SectionName.CLIENTS):
        supported = client.get("SupportedIdentityProviders") or []
        kept = [name for name in supported if name == "COGNITO" or name in providers]
        for missing in sorted(set(supported) - set(kept)):
            todos.append(
                Todo(
                    SectionName.CLIENTS,
                    client["ClientId"],
                    Why.PROVIDER_NOT_MADE,
                    f"Add the provider {missing} to app client {client.get('ClientName')} once it is there.",
                )
            )
        secrets = len(known.get(client["ClientId"], ()))
        if secrets and not client.get("ClientSecret"):
            client = {**client, "GenerateSecret": True}
            todos.append(
                Todo(
                    SectionName.CLIENTS,
                    client["ClientId"],
                    Why.SECRET_NOT_KNOWN,
                    f"Give the application of client {client.get('ClientName')} the new client's secret: the old one "
                    "is not with the snapshot, so Cognito made a new one.",
                )
            )
        elif secrets > 1:
            todos.append(
                Todo(
                    SectionName.CLIENTS,
                    client["ClientId"],
                    Why.SECOND_SECRET,
                    f"App client {client.get('ClientName')} had two secrets and Cognito tells one: where an "
                    "application uses the other, give it the one of the new client.",
                )
            )
        clients.append({**client, "SupportedIdentityProviders": kept} if supported else client)
    return clients


def _not_saved(source: Configuration, todos: list[Todo]) -> None:
    for section in source.lacks((SectionStatus.FAILED, SectionStatus.NOT_KNOWN)):
        if section.name in COPIED:
            todos.append(
                Todo(
                    section.name,
                    section.name,
                    Why.SECTION_NOT_SAVED,
                    f"Set {section.name} by hand: it could not be read when the snapshot was made.",
                    section.error,
                )
            )


def _outside(source: Configuration, place: Place, todos: list[Todo]) -> None:
    for replica in source.entries(SectionName.REPLICAS):
        if replica.get("Role") == "PRIMARY":
            continue
        todos.append(
            Todo(
                SectionName.REPLICAS,
                str(replica.get("RegionName")),
                Why.NOT_COPIED,
                f"Replicate the new pool to {replica.get('RegionName')} (aws cognito-idp create-user-pool-replica) "
                "when its users are back.",
            )
        )
    for pointer in source.entries(SectionName.EXTERNAL):
        if pointer["kind"] == "web_acl" and (why := place.why_not(pointer["arn"])):
            todos.append(
                Todo(
                    SectionName.EXTERNAL,
                    "web_acl",
                    why,
                    f"Associate a web ACL like {pointer['arn']} with the new pool.",
                )
            )
    for domain in source.entries(SectionName.DOMAINS):
        certificate = (domain.get("CustomDomainConfig") or {}).get("CertificateArn")
        if certificate:
            todos.append(
                Todo(
                    SectionName.DOMAINS,
                    domain["Domain"],
                    Why.NEEDS_DNS,
                    f"Point {domain['Domain']} in DNS at the new pool's CloudFront distribution.",
                )
            )

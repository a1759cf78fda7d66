"""The calls that bring a pool's configuration to what is wanted: pure, and made anew from what is there.

For each section, wanted forms are compared with those that the pool has now
(`forms.py`). What is missing is created, what differs is updated as a whole,
what is more is left. A run that died is carried on by asking again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .attribute_schema import MAX_ADDED, Attribute, is_custom, special_attributes
from .forms import Form, Forms, alike
from .model import Configuration, SectionName
from .pool import finishing, own_tags, settings, sign_in

#: Before the users: what their attributes, sign-in and groups rest upon comes first [facts: order of restoring].
MAKING = (
    SectionName.USER_POOL,
    SectionName.DOMAINS,
    SectionName.RESOURCE_SERVERS,
    SectionName.IDENTITY_PROVIDERS,
    SectionName.CLIENTS,
    SectionName.MFA,
    SectionName.UI_CUSTOMIZATION,
    SectionName.BRANDING,
    SectionName.TERMS,
    SectionName.SESSIONS,
    SectionName.RISK,
    SectionName.LOG_DELIVERY,
)


@dataclass(frozen=True, slots=True)
class Step:
    """One call. `members` are without the pool's id; `name` is what it is about within the section."""

    section: SectionName
    name: str
    operation: str
    members: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Verbs:
    """The operations of a section whose things have names, and the members that an update does not take.

    `of_client` is the operation for what belongs to one client, where that is another.
    """

    create: str
    update: str
    fixed: tuple[str, ...] = ()
    of_client: str | None = None


VERBS: Mapping[SectionName, Verbs] = {
    SectionName.DOMAINS: Verbs("CreateUserPoolDomain", "UpdateUserPoolDomain"),
    SectionName.RESOURCE_SERVERS: Verbs("CreateResourceServer", "UpdateResourceServer"),
    SectionName.IDENTITY_PROVIDERS: Verbs("CreateIdentityProvider", "UpdateIdentityProvider", ("ProviderType",)),
    SectionName.MFA: Verbs("SetUserPoolMfaConfig", "SetUserPoolMfaConfig"),
    SectionName.UI_CUSTOMIZATION: Verbs("SetUICustomization", "SetUICustomization"),
    SectionName.BRANDING: Verbs("CreateManagedLoginBranding", "UpdateManagedLoginBranding", ("ClientId",)),
    SectionName.TERMS: Verbs("CreateTerms", "UpdateTerms", ("ClientId",)),
    SectionName.SESSIONS: Verbs(
        "SetUserPoolSessionConfiguration",
        "SetUserPoolSessionConfiguration",
        of_client="SetUserPoolClientSessionConfiguration",
    ),
    SectionName.RISK: Verbs("SetRiskConfiguration", "SetRiskConfiguration"),
    SectionName.LOG_DELIVERY: Verbs("SetLogDeliveryConfiguration", "SetLogDeliveryConfiguration"),
}


def section_steps(section: SectionName, wanted: Forms, current: Forms, ids: Mapping[str, Form]) -> Iterator[Step]:
    """The steps of a section whose things have names. `ids` are the members by which an update names its thing."""
    verbs = VERBS[section]
    for name, form in wanted.items():
        there = current.get(name)
        if not form or (there is not None and alike(form, there)):
            continue
        if verbs.of_client and "ClientId" in form:
            yield Step(section, name, verbs.of_client, form)
        elif not there:
            yield Step(section, name, verbs.create, form)
        else:
            changed = {member: value for member, value in form.items() if member not in verbs.fixed}
            yield Step(section, name, verbs.update, {**changed, **ids.get(name, {})})


def update_ids(section: SectionName, current: Configuration, forms: Forms) -> dict[str, Form]:
    """Cognito's ids of what a section has, by the same names as its forms."""
    member = {SectionName.BRANDING: "ManagedLoginBrandingId", SectionName.TERMS: "TermsId"}.get(section)
    if member is None:
        return {}
    return {
        name: {member: entry[member]}
        for name, entry in zip(forms, current.entries(section), strict=True)
        if entry.get(member)
    }


def pool_steps(wanted: Mapping[str, Any], current: Mapping[str, Any], added: Mapping[str, Attribute]) -> Iterator[Step]:
    """Before the users: missing attributes, and the settings. Triggers, protection and tags stay what they are.

    `added` are attributes beyond those wanted, by their full names.
    """
    there = {told["Name"] for told in current.get("SchemaAttributes") or ()}
    custom = {name: entry for name, entry in special_attributes(wanted).items() if is_custom(name)}
    missing = [entry for name, entry in {**custom, **added}.items() if name not in there]
    for start in range(0, len(missing), MAX_ADDED):
        some = missing[start : start + MAX_ADDED]
        yield Step(SectionName.USER_POOL, "schema", "AddCustomAttributes", {"CustomAttributes": some})
    if not alike(settings(wanted), settings(current)):
        kept = finishing(current, current.get("LambdaConfig") or {})
        yield _update(settings(wanted), kept, current)


def last_steps(wanted: Mapping[str, Any], current: Mapping[str, Any], tags: Mapping[str, str]) -> Iterator[Step]:
    """After the users: triggers, protection, and the tags that are there already with those that are wanted."""
    last = finishing(wanted, wanted.get("LambdaConfig") or {})
    last["UserPoolTags"] = own_tags({**(current.get("UserPoolTags") or {}), **tags})
    there = finishing(current, current.get("LambdaConfig") or {})
    if not (alike(last, there) and alike(settings(wanted), settings(current))):
        yield _update(settings(wanted), last, current)


def immutable_differences(wanted: Mapping[str, Any], current: Mapping[str, Any]) -> list[str]:
    """Names of what differs and only a new pool could change: settings, and attributes by their names."""
    wants, has = sign_in(wanted), sign_in(current)
    found = [name for name in wants if not alike(wants[name], has[name])]
    there = {told["Name"]: told for told in current.get("SchemaAttributes") or ()}
    both = ((told, there[told["Name"]]) for told in wanted.get("SchemaAttributes") or () if told["Name"] in there)
    return [*found, *(told["Name"] for told, other in both if not alike(_kind(told), _kind(other)))]


def _kind(told: Mapping[str, Any]) -> Form:
    names = ("AttributeDataType", "Mutable", "Required", "StringAttributeConstraints", "NumberAttributeConstraints")
    return {name: told.get(name) for name in names}


def _update(changed: Form, last: Form, current: Mapping[str, Any]) -> Step:
    """The whole object: UpdateUserPool resets what is left out. What it says of MFA and the name is what is there."""
    kept = {"MfaConfiguration": current.get("MfaConfiguration") or "OFF"}
    if current.get("Name"):
        kept["PoolName"] = current["Name"]
    return Step(SectionName.USER_POOL, "settings", "UpdateUserPool", {**changed, **last, **kept})

"""A CloudFormation template that makes a pool configured like this one, for those who keep their pools as code.

It is not how Poolsafe restores: it makes no users, cannot give a client the
secret that it had, and holds only what CloudFormation has resource types for
and this module uses. `Metadata.Poolsafe` says what a template lacks, what it
never has, and what is left to do. Whoever deploys it gives the secrets, as
NoEcho parameters: no secret is ever in a template.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..records import Group
from .cloudformation_properties import inert
from .model import Configuration
from .template_clients import clients, given, optional_secret
from .template_parts import Part, domains, identity_providers, own_groups, resource_servers
from .user_pool_resource import HAS_SMS_EXTERNAL_ID, POOL, SMS_EXTERNAL_ID, UserPoolResource, user_pool_resource

#: What one template may have [CFN cloudformation-limits].
MOST_RESOURCES = 500
MOST_PARAMETERS = 200
MOST_OUTPUTS = 200
#: It may have 1 MB; the rest is for the Metadata and for what YAML needs beyond JSON: folded lines, indented.
MOST_BYTES = 750_000
#: How many names of what was left out are said; all that was left out is counted.
NAMES_SAID = 20
#: cfn-lint's rule that `${...}` belongs in Fn::Sub. Here it is somebody's text, which CloudFormation leaves alone.
SUBSTITUTION_WITHOUT_SUB = "E1029"

NEVER_HELD = (
    *("users", "passwords", "memberships of groups", "client ids and client secrets"),
    *(
        "managed login branding",
        "UI customization",
        "terms documents",
        "risk configuration",
        "log delivery",
        "sessions",
    ),
    *("the WAF web ACL", "replicas and the failover of domains"),
)
NOTES = (
    "App clients get new ids, and those that had a secret a new secret (GenerateSecret): CloudFormation takes neither.",
    "Identity providers have to be told the new pool's entity id, assertion consumer service URL and redirect URI.",
)


def cloudformation_template(configuration: Configuration, groups: Sequence[Group]) -> dict[str, Any]:
    """The template, to be written as JSON or YAML.

    What goes beyond a template's limits is left out and said: first all the
    groups, because some of them would look like all, then app clients, then
    whatever else does not fit.
    """
    pool = user_pool_resource(configuration)
    draft = _Draft()
    draft.add(_pool_part(configuration, pool))
    draft.add_each(domains(configuration))
    servers = draft.add_each(resource_servers(configuration))
    providers = draft.add_each(identity_providers(configuration, pool.schema.left_out))
    draft.add_each(clients(configuration, pool.schema.left_out, providers, servers))
    draft.add_all(list(own_groups(configuration, groups)))
    return _written(configuration, pool, draft)


@dataclass(slots=True)
class _Draft:
    """A template being filled, within its limits."""

    resources: dict[str, Any] = field(default_factory=dict)
    parameters: dict[str, Any] = field(default_factory=dict)
    conditions: dict[str, Any] = field(default_factory=dict)
    outputs: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    left_out: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    bytes: int = 0

    def add_each(self, parts: Iterable[Part]) -> dict[str, Part]:
        """Those that fit, by name."""
        return {part.name: part for part in parts if self.add(part)}

    def add_all(self, parts: Sequence[Part]) -> None:
        """All of them or none."""
        if self._fits(parts):
            for part in parts:
                self.add(part)
        else:
            for part in parts:
                self.left_out[part.kind].append(part.name)

    def add(self, part: Part) -> bool:
        """Whether it fitted."""
        if not self._fits([part]):
            self.left_out[part.kind].append(part.name)
            return False
        resource = inert(part.resource)
        if resource != part.resource:
            self.notes.append(f"{part.logical_id} holds a dynamic reference in its text, which is broken here.")
        if "${" in json.dumps(resource["Properties"]):
            resource["Metadata"] = {"cfn-lint": {"config": {"ignore_checks": [SUBSTITUTION_WITHOUT_SUB]}}}
        self.resources[part.logical_id] = resource
        self.parameters |= inert(part.parameters)
        self.conditions |= part.conditions
        self.bytes += _size(part)
        self.notes += part.notes
        if len(self.outputs) + len(part.outputs) <= MOST_OUTPUTS:
            self.outputs |= part.outputs
        else:
            self.left_out["Output"] += part.outputs
        return True

    def _fits(self, parts: Sequence[Part]) -> bool:
        return (
            len(self.resources) + len(parts) <= MOST_RESOURCES
            and len(self.parameters) + sum(len(part.parameters) for part in parts) <= MOST_PARAMETERS
            and self.bytes + sum(map(_size, parts)) <= MOST_BYTES
        )


def _size(part: Part) -> int:
    """The bytes of a part, indented as it will be."""
    sections = (part.parameters, part.conditions, part.outputs, part.notes)
    return len(json.dumps({"": {part.logical_id: part.resource}, "others": sections}, indent=2))


def _pool_part(configuration: Configuration, pool: UserPoolResource) -> Part:
    sms_id = optional_secret("The external id of the role that sends SMS, where its trust policy asks for one.")
    name = configuration.user_pool.get("Name") or configuration.user_pool["Id"]
    return Part(
        kind=POOL,
        name=name,
        logical_id=POOL,
        resource={
            "Type": "AWS::Cognito::UserPool",
            # A stack that is deleted or rolled back must not take the users with it.
            "DeletionPolicy": "Retain",
            "UpdateReplacePolicy": "Retain",
            "Properties": pool.properties,
        },
        parameters={SMS_EXTERNAL_ID: sms_id} if pool.sends_sms else {},
        conditions={HAS_SMS_EXTERNAL_ID: given(SMS_EXTERNAL_ID)} if pool.sends_sms else {},
        outputs={"UserPoolId": {"Description": "The id of the new user pool.", "Value": {"Ref": POOL}}},
        notes=(*pool.notes, *(f"CloudFormation does not know {member} of the pool." for member in pool.unknown)),
    )


def _written(configuration: Configuration, pool: UserPoolResource, draft: _Draft) -> dict[str, Any]:
    old = configuration.user_pool["Id"]
    optional = {"Parameters": draft.parameters, "Conditions": draft.conditions}
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": f"A user pool configured like {old}, made by Poolsafe. App clients get new ids and secrets; "
        "Metadata says what is left out and what is left to do.",
        "Metadata": {
            "Poolsafe": {
                "UserPoolId": old,
                "LeftOut": _left_out(pool, draft),
                "NeverHeld": list(NEVER_HELD),
                "Notes": [*NOTES, *draft.notes],
            }
        },
        **{section: content for section, content in optional.items() if content},
        "Resources": draft.resources,
        "Outputs": draft.outputs,
    }


def _left_out(pool: UserPoolResource, draft: _Draft) -> list[dict[str, Any]]:
    beyond = "The template would have too many resources, parameters, outputs or bytes."
    entries = [(kind, names, beyond) for kind, names in draft.left_out.items()]
    for reason in dict.fromkeys(pool.schema.left_out.values()):
        names = [name for name, why in pool.schema.left_out.items() if why == reason]
        entries.append(("Attribute", names, f"It {reason}; clients and mappings here do without."))
    return [
        {"Kind": kind, "Count": len(names), "Names": names[:NAMES_SAID], "Why": why} for kind, names, why in entries
    ]

"""What differs between two configurations, path by path, with the values: no form holds a secret (`secrets.py`).

What is compared is what Cognito takes (`configuration/forms.py`): no ids of the pool, no dates. Of the same pool, what
no pool takes from another is compared too: which secrets its clients have, its replicas, its signing certificate.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from ..configuration.desired import same_clients
from ..configuration.differences import OWN_TAGS
from ..configuration.forms import Forms, forms, normal
from ..configuration.model import LISTED, Configuration, SectionName
from ..configuration.secrets import take_out
from .change import Change, How, Kind

#: Sections that are no copy's, by what their one thing is called.
OF_ONE_POOL = (SectionName.CLIENT_SECRETS, SectionName.REPLICAS, SectionName.SIGNING_CERTIFICATE)
#: Of what lies outside, the only thing that no other section tells.
WEB_ACL = "web_acl"


def setting_changes(before: Configuration, after: Configuration) -> Iterator[Change]:
    """Every setting that differs, section by section, in order; those of `not_compared` are left out."""
    if SectionName.USER_POOL not in before.documents or SectionName.USER_POOL not in after.documents:
        return
    before, after = _without_secrets(before), _without_secrets(after)
    clients = same_clients(before, after)
    had, has = _sections(before, clients), _sections(after, {})
    skipped = set(not_compared(before, after))
    if not _are_one(before, after):
        skipped |= {name.value for name in OF_ONE_POOL}
    for section in SectionName:
        if section.value in skipped:
            continue
        one, other = had.get(section, {}), has.get(section, {})
        for thing in sorted({*one, *other}):
            yield from _thing(section, thing, normal(one.get(thing) or {}), normal(other.get(thing) or {}))


def not_compared(before: Configuration, after: Configuration) -> list[str]:
    """The sections that one side does not know, for whatever reason."""
    known = before.reached() & after.reached() if _have_pools(before, after) else set()
    wanted = (name for name in SectionName if _are_one(before, after) or name not in OF_ONE_POOL)
    return [name.value for name in wanted if name.value not in known]


def _are_one(before: Configuration, after: Configuration) -> bool:
    """Whether both are of the same pool."""
    return _have_pools(before, after) and before.user_pool.get("Id") == after.user_pool.get("Id")


def _have_pools(*configurations: Configuration) -> bool:
    return all(SectionName.USER_POOL in one.documents for one in configurations)


def _without_secrets(configuration: Configuration) -> Configuration:
    """They are taken out when a document is saved; that none gets into a file of values is worth looking twice."""
    documents = {name: take_out(document)[0] for name, document in configuration.documents.items()}
    return Configuration(documents, configuration.sections)


def _sections(configuration: Configuration, clients: Mapping[str, str]) -> dict[SectionName, Forms]:
    found = forms(configuration, clients)
    tags = found[SectionName.TAGS]["tags"]
    found[SectionName.TAGS]["tags"] = {name: value for name, value in tags.items() if not name.startswith(OWN_TAGS)}
    outside = configuration.documents.get(SectionName.EXTERNAL) or ()
    arns = [pointer["arn"] for pointer in outside if pointer["kind"] == WEB_ACL]
    found[SectionName.EXTERNAL] = {WEB_ACL: {"arn": arns}}
    for section in OF_ONE_POOL:
        found[section] = {section.value: {section.value: configuration.documents.get(section)}}
    return found


def _thing(section: SectionName, thing: str, one: Any, other: Any) -> Iterator[Change]:
    name = f"{section.value}/{thing}"
    if section in LISTED and bool(one) != bool(other):
        how = How.REMOVED if one else How.ADDED
        yield Change(Kind.SETTINGS, how, name, None, None, _text(one or None), _text(other or None))
        return
    for path, left, right in _paths("", one, other):
        how = How.ADDED if left is None else How.REMOVED if right is None else How.CHANGED
        yield Change(Kind.SETTINGS, how, name, None, path, _text(left), _text(right))


def _paths(path: str, one: Any, other: Any) -> Iterator[tuple[str, Any, Any]]:
    """The ends of the paths at which two documents differ; a list is one value."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        for member in sorted({*one, *other}):
            yield from _paths(f"{path}.{member}" if path else member, one.get(member), other.get(member))
    elif one != other:
        yield path, one, other


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, sort_keys=True)

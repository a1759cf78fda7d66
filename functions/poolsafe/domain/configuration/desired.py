"""What a pool is to be: the snapshot's configuration, changed on purpose, less what cannot be made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from .attribute_schema import original_sub_attribute
from .model import Configuration, SectionName
from .override import Override
from .steps import immutable_differences
from .todo import Todo, Why
from .wanted import Place, wanted


@dataclass(frozen=True, slots=True)
class Desired:
    """`source` is the snapshot's configuration with the overrides; `wanted` what of it can be made at its place."""

    source: Configuration
    wanted: Configuration
    todos: tuple[Todo, ...]

    @classmethod
    def of(cls, source: Configuration, override: Override, place: Place, taken: tuple[Todo, ...] = ()) -> Desired:
        """`taken` are to-do items of domains that belong to another pool. Raises InvalidRequest for the override."""
        changed = override.apply(source)
        possible, todos = wanted(changed, place)
        names = {todo.name for todo in taken}
        kept = [domain for domain in possible.entries(SectionName.DOMAINS) if domain["Domain"] not in names]
        possible = replace(possible, documents={**possible.documents, SectionName.DOMAINS: kept})
        todos = [todo for todo in todos if todo.name not in names or todo.why is not Why.NEEDS_DNS]
        return cls(changed, possible, (*todos, *taken))

    def into(self, target: Configuration) -> Desired:
        """The same for a pool that exists: what only a new pool could change is to be done, if at all, with one."""
        immutable = (
            Todo(
                SectionName.USER_POOL,
                name,
                Why.IMMUTABLE,
                f"{name} cannot change in a pool that exists. Make a new one (create_pool), or leave it.",
            )
            for name in immutable_differences(self.wanted.user_pool, target.user_pool)
        )
        pending = tuple(todo for todo in self.todos if not _is_done(todo, self.wanted, target))
        return replace(self, todos=(*pending, *immutable))


def _is_done(todo: Todo, wanted: Configuration, target: Configuration) -> bool:
    """Whether the target has been set up for this already: it has the very trigger, key or domain."""
    member, _, inner = todo.name.partition(".")
    if todo.why is Why.NEEDS_DNS:
        return todo.name in {domain["Domain"] for domain in target.entries(SectionName.DOMAINS)}
    if todo.why not in (Why.NEEDS_PERMISSION, Why.NEEDS_KEY_POLICY):
        return False
    has, wants = (pool.get(member) or {} for pool in (target.user_pool, wanted.user_pool))
    return bool(has.get(inner) == wants.get(inner) if inner else has == wants)


def planned_description(pool: Mapping[str, Any], region: str, sub_attribute: str | None) -> dict[str, Any]:
    """DescribeUserPool of a pool that is not there yet: what the plan of its users needs."""
    schema = list(pool.get("SchemaAttributes") or ())
    if sub_attribute is not None and sub_attribute not in {told["Name"] for told in schema}:
        schema.append({**original_sub_attribute(sub_attribute), "Name": sub_attribute})
    return {**pool, "Id": f"{region}_New", "SchemaAttributes": schema}


def same_clients(source: Configuration, target: Configuration) -> dict[str, str]:
    """Old client ids to those of the target: the very same, or the only one of that name on either side."""
    there = {client["ClientId"] for client in target.entries(SectionName.CLIENTS)}
    old_names, new_names = _unique_names(source), _unique_names(target)
    found = {}
    for client in source.entries(SectionName.CLIENTS):
        name = client.get("ClientName")
        if client["ClientId"] in there:
            found[client["ClientId"]] = client["ClientId"]
        elif name in new_names and name in old_names:
            found[client["ClientId"]] = new_names[name]
    return found


def _unique_names(configuration: Configuration) -> dict[str | None, str]:
    clients = configuration.entries(SectionName.CLIENTS)
    names = [client.get("ClientName") for client in clients]
    unique = (client for client in clients if names.count(client.get("ClientName")) == 1)
    return {client.get("ClientName"): client["ClientId"] for client in unique}

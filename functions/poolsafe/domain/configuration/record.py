"""What a restore has made of a pool so far: `restores/<restore id>/pool.json`.

It is written after every thing that Cognito names itself, so that a run that
was killed, or that met a quota, goes on with the pool it made and makes no
second one. It holds ids and to-do items, never a secret.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from .model import SectionName
from .todo import Todo

#: The tag that tells which restore made a pool: written with CreateUserPool itself, so no pool is ever without it.
MARK = "poolsafe:restore-id"


@dataclass(frozen=True, slots=True)
class PoolRecord:
    """`user_pool_id` is None until there is a pool. `clients` maps old client ids to new ones.

    `planned` are to-do items known beforehand, `met` those of calls that were
    refused; `done` the sections that are as wanted.
    """

    pool_name: str
    region: str
    user_pool_id: str | None = None
    clients: Mapping[str, str] = field(default_factory=dict)
    planned: tuple[Todo, ...] = ()
    met: tuple[Todo, ...] = ()
    done: tuple[str, ...] = ()

    @property
    def todos(self) -> tuple[Todo, ...]:
        return (*self.planned, *self.met)

    def refused(self, section: SectionName, name: str) -> bool:
        """Whether that was tried before and refused."""
        return any((todo.section, todo.name) == (section.value, name) for todo in self.met)

    def with_met(self, items: Iterable[Todo]) -> PoolRecord:
        """The same with more to-do items, each once."""
        new = [item for item in items if not self.refused(SectionName(item.section), item.name)]
        return replace(self, met=(*self.met, *new))

    def to_json(self) -> dict[str, Any]:
        return {
            "pool_name": self.pool_name,
            "region": self.region,
            "user_pool_id": self.user_pool_id,
            "clients": dict(self.clients),
            "sections_done": list(self.done),
            "todo": [todo.to_state() for todo in self.planned],
            "todo_met": [todo.to_state() for todo in self.met],
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> PoolRecord:
        return cls(
            pool_name=document["pool_name"],
            region=document["region"],
            user_pool_id=document["user_pool_id"],
            clients=document["clients"],
            planned=tuple(map(Todo.of, document["todo"])),
            met=tuple(map(Todo.of, document["todo_met"])),
            done=tuple(document["sections_done"]),
        )

"""What differs between two configurations, setting by setting: the proof of a copy, and the plan for a live pool."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from .forms import forms, normal
from .model import LISTED, Configuration, SectionName
from .todo import Todo, Why

#: In place of a setting: the thing is only in the old configuration, or only in the new.
MISSING, EXTRA = "(missing)", "(extra)"
#: Tags that mark a pool as made by a restore; the copy has them and the original has not.
OWN_TAGS = "poolsafe:"
#: Why an overwritten pool has more than the snapshot: what is its own is left, for nothing is ever deleted.
KEPT = "kept"
#: What an item about a client explains; any other explains all of what it is about. No secret is compared.
EXPLAINED: Mapping[tuple[SectionName, Why], tuple[str, ...]] = {
    (SectionName.CLIENTS, Why.PROVIDER_NOT_MADE): ("SupportedIdentityProviders",),
    (SectionName.CLIENTS, Why.SECRET_NOT_KNOWN): (),
    (SectionName.CLIENTS, Why.SECOND_SECRET): (),
}
#: Of these, each member is a thing of its own; elsewhere the whole of what has a name is one.
OPEN_ENDED = ((SectionName.USER_POOL, "schema"), (SectionName.TAGS, "tags"))


@dataclass(frozen=True, slots=True)
class ConfigDifference:
    """One setting that differs, or one thing that is only on one side. Values are never told: some are secrets.

    `because` is why it may: the reason of a to-do item, or `kept`; None where nobody knows why.
    """

    section: str
    name: str
    member: str
    because: str | None = None

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def differences(
    old: Configuration,
    new: Configuration,
    clients: Mapping[str, str],
    todos: Iterable[Todo],
    added: Iterable[str] = (),
    *,
    keeps: bool = False,
) -> list[ConfigDifference]:
    """Where `new` is not what `old` is. `clients` maps old client ids to new; `added` are attributes put in on purpose.

    What a to-do item speaks of is explained by it. Sections that are not saved on the one side, or were not reached on
    the other, are not compared. `keeps` is for a pool that was there before: what it alone has is explained.
    """
    open_items = list(todos)
    ids = {new_id: old_id for old_id, new_id in clients.items()}
    had, has = forms(old, clients), forms(new, {})
    found = []
    for section, things in had.items():
        if section not in old.documents or section not in new.reached():
            continue
        for name in sorted({*things, *has[section]}):
            for member in _members(section, things.get(name), has[section].get(name), set(added)):
                told = ids.get(name, name)
                because = _because(section, {name, told}, member, open_items)
                if keeps and because is None and _is_its_own(section, name, member, things.get(name)):
                    because = KEPT
                found.append(ConfigDifference(section.value, told, member, because))
    return found


def _members(section: SectionName, left: Any, right: Any, added: set[str]) -> Iterator[str]:
    one, other = normal(left or {}), normal(right or {})
    if section in LISTED and bool(one) != bool(other):
        yield MISSING if one else EXTRA
        return
    for member in sorted({*one, *other}):
        if one.get(member) == other.get(member):
            continue
        if section is SectionName.TAGS and member.startswith(OWN_TAGS):
            continue
        if member in added and member not in one:
            continue
        yield member


def _is_its_own(section: SectionName, name: str, member: str, thing: Any) -> bool:
    """Whether the old pool has nothing of the kind, and overwriting leaves it. Triggers are one setting."""
    had = normal(thing or {})
    if (section, name) == (SectionName.USER_POOL, "triggers"):
        return False
    return not had or ((section, name) in OPEN_ENDED and member not in had)


def _because(section: SectionName, names: set[str], member: str, todos: list[Todo]) -> str | None:
    """The reason of the first item that speaks of the section, of the thing, or of the setting in it.

    Only an item that says something is lacking explains a lack: one that asks for a
    permission or a DNS entry speaks of what is there.
    """
    spoken_of = {section.value, member, member.partition(".")[0], *names}
    for todo in todos:
        if todo.section == section.value and todo.why.is_gap and todo.name in spoken_of:
            explained = EXPLAINED.get((section, todo.why))
            if explained is None or member in explained:
                return todo.why.value
    return None

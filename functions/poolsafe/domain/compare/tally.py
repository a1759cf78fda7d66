"""How many things differ, by kind, and of what is changed which fields: numbers and names of fields, of nobody."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .change import Change, How, Kind

#: How things of each kind can differ: a membership is there or not.
HOWS: Mapping[Kind, tuple[How, ...]] = {
    Kind.USERS: tuple(How),
    Kind.GROUPS: tuple(How),
    Kind.MEMBERSHIPS: (How.ADDED, How.REMOVED),
    Kind.SETTINGS: tuple(How),
}


@dataclass(slots=True)
class Tally:
    """`counts` has `(kind, how)`, `fields` has `(kind, field)`."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    fields: Counter[tuple[str, str]] = field(default_factory=Counter)

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Tally:
        return cls(_flat(state.get("counts", {})), _flat(state.get("fields", {})))

    def to_state(self) -> dict[str, Any]:
        return {"counts": _nested(self.counts), "fields": _nested(self.fields)}

    def add(self, changes: Iterable[Change]) -> None:
        """What differs of one record."""
        listed = list(changes)
        if listed:
            self.counts[listed[0].kind.value, listed[0].change.value] += 1
        for one in listed:
            if one.change is How.CHANGED and one.field is not None:
                self.fields[one.kind.value, one.field] += 1

    def numbers(self) -> dict[str, dict[str, int]]:
        """All counts, those that are 0 too."""
        return {kind.value: {how.value: self.counts[kind.value, how.value] for how in HOWS[kind]} for kind in Kind}

    def fields_of(self, kind: Kind) -> dict[str, int]:
        """How many records of a kind changed in each field, the most frequent first."""
        of_kind = {name: count for (of, name), count in self.fields.items() if of == kind}
        return dict(sorted(of_kind.items(), key=lambda item: (-item[1], item[0])))


def _flat(nested: Mapping[str, Mapping[str, int]]) -> Counter[tuple[str, str]]:
    return Counter({(kind, name): count for kind, of_kind in nested.items() for name, count in of_kind.items()})


def _nested(flat: Mapping[tuple[str, str], int]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for (kind, name), count in sorted(flat.items()):
        found.setdefault(kind, {})[name] = count
    return found

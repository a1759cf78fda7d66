"""Whether the target pool can take the source's users: what its immutable settings have otherwise.

Both documents are DescribeUserPool's `UserPool`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..target import SET_BY_COGNITO, TargetPool


def target_report(source: Mapping[str, Any], target: Mapping[str, Any]) -> dict[str, Any]:
    """`can_take` is false when a difference makes users fail or lose data whatever is done to the target."""
    differences = [
        {"setting": setting, "source": was, "target": now, "blocks": blocks, "meaning": meaning}
        for setting, was, now, blocks, meaning in _differences(source, target)
    ]
    return {
        "user_pool_id": target["Id"],
        "can_take": not any(one["blocks"] for one in differences),
        "differences": differences,
    }


Row = tuple[str, str, str, bool, str]


def _differences(source: Mapping[str, Any], target: Mapping[str, Any]) -> Iterator[Row]:
    had, has = TargetPool.of(source), TargetPool.of(target)
    yield from _sign_in(source, target)
    if had.case_sensitive != has.case_sensitive:
        yield (
            "Case sensitivity", _case(had.case_sensitive), _case(has.case_sensitive), False,
            "Names that differ by case alone collide." if had.case_sensitive else "Users must type the exact case.",
        )  # fmt: skip
    for name in sorted(had.attribute_names - has.attribute_names - SET_BY_COGNITO):
        yield "Attribute", name, "missing", False, "Add it to the target before the restore (AddCustomAttributes)."
    for name in sorted(has.required - had.required):
        yield "Required attribute", f"{name} optional", f"{name} required", True, "Users without it cannot be created."
    yield from _attributes(source, target)


def _sign_in(source: Mapping[str, Any], target: Mapping[str, Any]) -> Iterator[Row]:
    for member, title, meaning in (
        ("UsernameAttributes", "Username attributes", "Users are named otherwise; those without the attribute fail."),
        ("AliasAttributes", "Aliases", "People sign in with other names than they are used to."),
    ):
        had, has = (sorted(pool.get(member) or ()) for pool in (source, target))
        if had != has:
            # A pool that asks for an address takes nobody without one; users of a pool that did may not all have it.
            blocks = member == "UsernameAttributes" and bool(has) and not (had and set(had) <= set(has))
            yield title, ", ".join(had) or "none", ", ".join(has) or "none", blocks, meaning


def _attributes(source: Mapping[str, Any], target: Mapping[str, Any]) -> Iterator[Row]:
    had, has = ({one["Name"]: one for one in pool.get("SchemaAttributes") or ()} for pool in (source, target))
    for name in sorted(had.keys() & has.keys() - SET_BY_COGNITO):
        types = [pool[name].get("AttributeDataType") for pool in (had, has)]
        if types[0] != types[1]:
            yield f"Type of {name}", str(types[0]), str(types[1]), True, "Values of the one may not fit the other."
        longest = [_longest(pool[name]) for pool in (had, has)]
        if longest[1] is not None and (longest[0] is None or longest[1] < longest[0]):
            yield (
                f"Length of {name}", str(longest[0] or "no limit"), str(longest[1]), False,
                "Users with a longer value cannot be created.",
            )  # fmt: skip
        mutable = [bool(pool[name].get("Mutable", True)) for pool in (had, has)]
        if mutable[0] != mutable[1]:
            yield (
                f"Mutability of {name}", _mutable(mutable[0]), _mutable(mutable[1]), False,
                "What is written at the restore stays." if mutable[0] else "Whoever may write it can change it.",
            )  # fmt: skip


def _longest(attribute: Mapping[str, Any]) -> int | None:
    longest = (attribute.get("StringAttributeConstraints") or {}).get("MaxLength")
    return None if longest is None else int(longest)


def _case(sensitive: bool) -> str:
    return "case-sensitive" if sensitive else "case-insensitive"


def _mutable(mutable: bool) -> str:
    return "mutable" if mutable else "immutable"

"""What is wrong with how the bucket is set up: purely, from what S3 tells of it.

The template sets it up well; somebody who adds a rule by hand to save money can lose every backup a month later.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

#: What must never expire by itself.
KEPT = ("snapshots/", "secrets/")
#: Storage classes that a restore cannot read at once.
NOT_AT_ONCE = ("GLACIER", "DEEP_ARCHIVE")


def bucket_risks(rules: Iterable[Mapping[str, Any]], versioning: str | None, recover_days: int) -> Iterator[str]:
    """Sentences, one for each risk. `rules` are those of GetBucketLifecycleConfiguration, `versioning` its status."""
    if versioning != "Enabled":
        yield "The bucket keeps no versions: what is overwritten or removed is gone. Enable versioning."
    for rule in rules:
        if rule.get("Status") == "Enabled" and _reaches_snapshots(rule):
            yield from _of_rule(rule, recover_days)


def _of_rule(rule: Mapping[str, Any], recover_days: int) -> Iterator[str]:
    name = f"The lifecycle rule {rule.get('ID') or 'without a name'}"
    if {"Days", "Date"} & (rule.get("Expiration") or {}).keys():
        yield f"{name} expires snapshots. Remove it, or narrow its prefix: RetentionStateMachine decides what goes."
    kept = (rule.get("NoncurrentVersionExpiration") or {}).get("NoncurrentDays")
    if kept is not None and kept < recover_days:
        yield f"{name} forgets removed snapshots after {kept} days, and RecoverDays says {recover_days}."
    classes = {move.get("StorageClass") for move in rule.get("Transitions") or ()}
    if slow := sorted(classes & {*NOT_AT_ONCE}):
        yield f"{name} moves snapshots to {', '.join(slow)}, where no restore can read them at once."


def _reaches_snapshots(rule: Mapping[str, Any]) -> bool:
    """Whether a rule's prefix, wherever it is written, has anything of `KEPT` in it."""
    told = rule.get("Filter") or {}
    prefix = str((told.get("And") or {}).get("Prefix") or told.get("Prefix") or rule.get("Prefix") or "")
    return any(prefix.startswith(kept) or kept.startswith(prefix) for kept in KEPT)

"""State CompareRecords: compare users, groups and memberships file by file, until done or the deadline is near."""

from __future__ import annotations

from compare.job import CompareJob
from poolsafe.entrypoint import Event, Invocation, state
from poolsafe.operations.compare_records import CompareProgress


@state("compare", "CompareRecords", reserve_seconds=240)
def handler(event: Event, invocation: Invocation) -> Event:
    compare = CompareJob.of(event, invocation).compare_records
    return compare(CompareProgress(**event["progress"]), invocation.deadline).to_state()

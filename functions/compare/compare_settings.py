"""State CompareSettings: compare the pools' configurations, setting by setting."""

from __future__ import annotations

from compare.job import CompareJob
from poolsafe import bootstrap
from poolsafe.domain.compare.change import Side
from poolsafe.entrypoint import Event, Invocation, state
from poolsafe.operations.compare_settings import compare_settings


@state("compare", "CompareSettings")
def handler(event: Event, invocation: Invocation) -> Event:
    job = CompareJob.of(event, invocation)
    before, after = job.configuration(Side.BEFORE), job.configuration(Side.AFTER)
    return compare_settings(job.application.store, bootstrap.PARQUET, job.paths, before, after)

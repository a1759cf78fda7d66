"""An export of any size on the simulated clock: the real operation, one Lambda after the other."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import cast

from local.layer.operation_categories import DOCUMENTED as QUOTAS
from local.layer.page_manners import PageManners
from local.layer.request_quotas import RequestQuotas
from poolsafe.adapters.governed import GovernedUserPool, Governor
from poolsafe.domain.lane import ExportProgress
from poolsafe.domain.listing import Listing
from poolsafe.domain.quotas import DOCUMENTED, Category, share
from poolsafe.domain.quotas_told import leaving_room
from poolsafe.domain.shards import walks_at
from poolsafe.entrypoint import RESERVE_SECONDS
from poolsafe.operations.export import Export
from poolsafe.operations.parts import part_keys
from poolsafe.ports import Deadline, UserPool
from tests.benchmarks.simulated.clock import SimulatedClock
from tests.benchmarks.simulated.lane import State, walk
from tests.benchmarks.simulated.production import Production
from tests.benchmarks.simulated.run import Run, export_limit
from tests.benchmarks.simulated.service import Client, Service
from tests.benchmarks.simulated.source import SOURCE_ID, LeanPool, NumbersFormat, SimulatedSource, pairs
from tests.benchmarks.simulated.workers import SimulatedWorkers
from tests.fakes import MemoryStore

PREFIX = f"snapshots/{SOURCE_ID}/20261127T030000Z-5eed01/"
#: Of others, beside an export; and beside one that asks for each user's second factors.
PRODUCTION_CALL, PRODUCTION_READS = "ListUsers", "AdminGetUser"


def nothing_happens(clock: SimulatedClock, what: object) -> None:
    """The `meanwhile` and the `bucket` of an undisturbed run."""


@dataclass(frozen=True, slots=True)
class Case:
    """What to export: `users`, each in one of `groups` groups. `production` is others' share of UserList's quota, or of
    UserRead's where `include_mfa`; with `watching`, the run begins by asking CloudWatch how much they use.

    `meanwhile` is called with the clock and how many invocations there were, between two of them, `bucket` with the
    clock and the operation before each request to S3. `believed` are
    quotas that we take for those in force, `in_force` those that are.
    """

    users: int
    groups: int
    quota_share: float
    model: str = "window"
    production: float = 0.0
    watching: bool = False
    seed: int = 1
    manners: PageManners = field(default_factory=PageManners)
    estimate_factor: float = 1.0
    latency_ms: tuple[float, float] = (100.0, 600.0)
    timeout: float = 900.0
    meanwhile: Callable[[SimulatedClock, int], None] = nothing_happens
    bucket: Callable[[SimulatedClock, str], None] = nothing_happens
    include_mfa: bool = False
    believed: Mapping[Category, float] = field(default_factory=dict)
    in_force: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Exported:
    """How a run went, and how far the listing says it is."""

    run: Run
    listing: Listing


def export(case: Case) -> Run:
    return exported(case).run


def exported(case: Case) -> Exported:
    """Export everybody; how long it took, and whether everybody is in it once. Raises what the operation raises."""
    begun = time.process_time()
    clock = SimulatedClock()
    service = Service(clock, RequestQuotas({**QUOTAS, **case.in_force}, model=case.model), case.seed, case.latency_ms)
    people = LeanPool(
        case.seed,
        case.users,
        case.groups,
        1 if case.groups else 0,
        estimate_factor=case.estimate_factor,
        manners=case.manners,
    )
    store, file_format = MemoryStore(before=partial(case.bucket, clock)), NumbersFormat(people)
    others_call, quota_name = (
        (PRODUCTION_READS, Category.USER_READ) if case.include_mfa else (PRODUCTION_CALL, Category.USER_LIST)
    )
    others = Production(service, others_call, QUOTAS[quota_name] * case.production) if case.production else None
    governors: list[Governor] = []
    believed = {**DOCUMENTED, **case.believed}

    def opened(deadline: Deadline) -> Export:
        governor = Governor(share(believed, case.quota_share, 1), clock)
        governors.append(governor)
        client = Client(service, SOURCE_ID, governor.throttled)
        simulated = SimulatedSource(client, clock.monotonic, people)
        # The rest of the port is not for an export.
        pool = GovernedUserPool(cast("UserPool", simulated), governor)
        walks = walks_at(governor.rate(Category.USER_LIST))
        return Export(pool, store, file_format, PREFIX, deadline, partial(SimulatedWorkers, clock), walks)

    def list_groups(state: State, deadline: Deadline) -> State:
        return opened(deadline).groups(ExportProgress.of(state)).to_state()

    def list_users(state: State, deadline: Deadline) -> State:
        listed = opened(deadline).users(
            Listing.of(state), groups if case.groups else None, include_mfa=case.include_mfa
        )
        return listed.to_state()

    groups = ExportProgress.of(walk(clock, list_groups, ExportProgress().to_state(), RESERVE_SECONDS).state)
    governors.clear()
    if others:
        others.start()
        busiest = others.busiest_minute()
        if case.watching:
            believed[quota_name] = leaving_room(believed[quota_name], case.quota_share, busiest)
        others.forget()
    walked = walk(
        clock, list_users, Listing().to_state(), RESERVE_SECONDS, case.timeout, partial(case.meanwhile, clock)
    )
    if others:
        others.stop()
    listing = Listing.of(walked.state)
    run = Run(
        users=case.users,
        groups=case.groups,
        quota_share=case.quota_share,
        model=case.model,
        seconds=walked.seconds,
        limit=export_limit(case.users, case.groups, case.quota_share),
        calls=sum(governor.requests for governor in governors),
        throttled=sum(governor.throttles for governor in governors),
        wrong=_wrong(store, file_format, listing, case),
        invocations=walked.invocations,
        cpu_seconds=time.process_time() - begun,
        production=others.throttled_share if others else None,
    )
    return Exported(run, listing)


def _wrong(store: MemoryStore, file_format: NumbersFormat, listing: Listing, case: Case) -> dict[str, int]:
    """How many users and memberships are not in the files exactly once; empty if all is well."""
    wrong = Counter[str]()
    for kind, progress in (("users", listing.users), ("memberships", listing.memberships)):
        found = bytearray(case.users)
        for key in part_keys(PREFIX, kind, progress, file_format):
            for number, group in pairs(store.objects[key].content):
                found[number] += 1
                wrong["memberships of another group"] += kind == "memberships" and group != number % case.groups
        once = found.count(1)
        lost = found.count(0) if kind == "users" or case.groups else 0
        wrong[f"{kind} lost"] = lost
        wrong[f"{kind} doubled"] = case.users - once - found.count(0)
    return {what: number for what, number in wrong.items() if number}

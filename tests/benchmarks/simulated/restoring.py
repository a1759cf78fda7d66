"""A restore of any size on the simulated clock: the real lane and the real pipeline, one Lambda after the other.

The plan is there, as the states before leave it; what is simulated is RestoreUsers. Passwords are not random here: a
million of them cost CPU time, which is not what is measured.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from local.layer.operation_categories import DOCUMENTED as QUOTAS
from local.layer.request_quotas import RequestQuotas
from poolsafe.adapters.governed import GovernedUserPool, Governor
from poolsafe.adapters.parquet import ParquetFormat
from poolsafe.domain.lane import ExportProgress
from poolsafe.domain.lanes import RESTORING
from poolsafe.domain.quotas import DOCUMENTED, Category, share
from poolsafe.domain.quotas_told import leaving_room
from poolsafe.domain.restore.pipeline import workers_for
from poolsafe.domain.restore.planned_user import PlannedUser
from poolsafe.domain.snapshot import RestorePaths
from poolsafe.domain.target import TargetPool
from poolsafe.operations.defer_users import DeferUsers
from poolsafe.operations.parts import PartWriter
from poolsafe.operations.plan_restore import PLANNED_ROWS
from poolsafe.operations.restore_lane import RestoreLane, RestoreProgress
from poolsafe.operations.restore_users import RestoreUser
from poolsafe.ports import Deadline, UserPool
from restore.restore_users import RESERVE_SECONDS
from tests.benchmarks.simulated.clock import START, SimulatedClock
from tests.benchmarks.simulated.lane import State, walk
from tests.benchmarks.simulated.production import Production
from tests.benchmarks.simulated.run import Run, restore_limit
from tests.benchmarks.simulated.service import Client, Service
from tests.benchmarks.simulated.target import DESCRIBED, MARK, TARGET_ID, Accounts, SimulatedTarget, planned
from tests.benchmarks.simulated.workers import SimulatedWorkers
from tests.fakes import MemoryStore

PARQUET = ParquetFormat()
PATHS = RestorePaths("20261127T030000Z-5eed01")
#: Of others, beside a restore: a profile update is in the category that memberships need.
PRODUCTION_CALL = "AdminUpdateUserAttributes"


@dataclass(frozen=True, slots=True)
class Case:
    """What to restore: `users`, each in one of `groups` groups. `production` is others' share of UserUpdate's quota;
    with `watching`, the run begins by asking CloudWatch how much they use. `believed`
    are quotas that we take for those in force."""

    users: int
    groups: int
    quota_share: float
    model: str = "window"
    production: float = 0.0
    watching: bool = False
    latency_ms: tuple[float, float] = (100.0, 600.0)
    timeout: float = 900.0
    believed: Mapping[Category, float] = field(default_factory=dict)


def restore(case: Case) -> Run:
    """Restore everybody; how long it took, and whether everybody came back once. Raises what the lane raises."""
    begun = time.process_time()
    clock = SimulatedClock()
    service = Service(clock, RequestQuotas(QUOTAS, model=case.model), latency_ms=case.latency_ms)
    store = MemoryStore()
    plan = _planned(store, case)
    accounts = Accounts(case.users, case.groups)
    others = Production(service, PRODUCTION_CALL, QUOTAS["UserUpdate"] * case.production) if case.production else None
    believed = {**DOCUMENTED, **case.believed}
    if others:
        others.start()
        busiest = others.busiest_minute()
        if case.watching:
            quota = believed[Category.USER_UPDATE]
            believed[Category.USER_UPDATE] = leaving_room(quota, case.quota_share, busiest)
        others.forget()
    governors: list[Governor] = []

    def invoke(state: State, deadline: Deadline) -> State:
        rates = share(believed, case.quota_share, 1)
        governor = Governor(rates, clock)
        governors.append(governor)
        simulated = SimulatedTarget(Client(service, TARGET_ID, governor.throttled), service, accounts)
        # The rest of the port is not for restoring users who have but a password and a group.
        pool = GovernedUserPool(cast("UserPool", simulated), governor)
        number = itertools.count()
        restore = RestoreUser(
            pool,
            TargetPool.of(DESCRIBED),
            lambda: f"Unguessable-{next(number):08d}",
            DeferUsers(store, TARGET_ID),
            MARK,
            START,
        )
        lane = RestoreLane(
            store,
            store.with_secrets,
            PARQUET,
            deadline,
            SimulatedWorkers(clock, workers_for(rates)),
            lambda: min(map(governor.rate, RESTORING)),
            PATHS,
            TARGET_ID,
            START.isoformat(),
            lambda _: {},
        )
        progress = lane.resumed(plan, 1, RestoreProgress(**state))
        return lane.advance(restore, plan, 1, progress).to_state()

    walked = walk(clock, invoke, RestoreProgress().to_state(), RESERVE_SECONDS, case.timeout)
    if others:
        others.stop()
    return Run(
        users=case.users,
        groups=case.groups,
        quota_share=case.quota_share,
        model=case.model,
        seconds=walked.seconds,
        limit=restore_limit(case.users, case.groups, case.quota_share),
        calls=sum(governor.requests for governor in governors),
        throttled=sum(governor.throttles for governor in governors),
        wrong={**accounts.wrong(), **_wrong_outcomes(store, case)},
        invocations=walked.invocations,
        cpu_seconds=time.process_time() - begun,
        production=others.throttled_share if others else None,
    )


def _planned(store: MemoryStore, case: Case) -> ExportProgress:
    """The files of the plan, as PlanRestore writes them."""
    writer = PartWriter(store, PARQUET, PATHS.planned_users, "users", PlannedUser, ExportProgress(), PLANNED_ROWS)
    for number in range(case.users):
        writer.add([planned(number, case.groups)])
    return writer.commit()


def _wrong_outcomes(store: MemoryStore, case: Case) -> dict[str, int]:
    """Whether the bucket tells of each user, and of each membership, exactly once that it was created."""
    tables = [
        pq.read_table(pa.BufferReader(store.objects[key].content), columns=["kind", "outcome", "sub"])
        for key in store.keys(PATHS.outcomes)
    ]
    table = pa.concat_tables(tables)
    wrong = {}
    for kind, wanted in (("user", case.users), ("membership", case.users if case.groups else 0)):
        created = table.filter((pc.field("kind") == kind) & (pc.field("outcome") == "created"))
        distinct = len(pc.unique(created["sub"]))
        told = {f"{kind} outcomes lost": wanted - distinct, f"{kind} outcomes doubled": len(created) - distinct}
        wrong.update({what: number for what, number in told.items() if number})
    return wrong

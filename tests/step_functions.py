"""The real state machines in this process: `statemachine/*.json`, the real handlers, and fakes underneath.

Knows the part of Amazon States Language that the definitions use. Nobody waits; Retry is obeyed by error name, and a
redrive goes on at the state that failed. Payloads travel as JSON text, as they do on AWS.
"""

from __future__ import annotations

import importlib
import json
import logging
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any
from unittest.mock import patch

from poolsafe import bootstrap
from poolsafe.adapters.governed import GovernedApi, GovernedUserPool, Governor
from poolsafe.domain.manifest import Manifest
from poolsafe.domain.quotas import DOCUMENTED
from poolsafe.domain.snapshot import SnapshotRef, region_of
from poolsafe.errors import PoolNotFound
from poolsafe.operations.open_snapshot import read_manifest
from poolsafe.ports import Deadline
from poolsafe.settings import Settings
from tests.fake_cognito import ACCOUNT, FakeCognito, FakeService, FakeWaf, FakeWeb
from tests.fake_quotas import FakeCloudWatch, FakeLimits, FakeServiceQuotas
from tests.fakes import FakeUserPool, Killed, MemoryStore
from tests.pipeline import LATEST, Machines

#: Read once: botocore's list of them takes longer than a whole run over fakes.
REGIONS = bootstrap.regions()
DEFINITIONS = Path(__file__).parents[1] / "statemachine"
FUNCTION = re.compile(r"\$\{(?P<job>[A-Z][a-z]+)(?P<state>\w+)Function\}")
IMPORT_ROLE = f"arn:aws:iam::{ACCOUNT}:role/import"
SECRETS_KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/secrets"
MAX_PAYLOAD = 256 * 1024

State = dict[str, Any]


class ExecutionFailed(Exception):
    """A Task ended with an error that its Retry does not name, or too often; the console shows the same two texts."""

    def __init__(self, error: str, cause: str) -> None:
        super().__init__(f"{error}: {cause}")
        self.error = error
        self.cause = cause


#: Milliseconds that are fewer than any state keeps for its end, and more than it takes.
NEAR = 50_000


@dataclass
class LambdaContext:
    """The context of an invocation. Once the deadline is near, it is near until the invocation ends, and never past."""

    deadline: Deadline
    aws_request_id: str = "request-1"
    milliseconds: int = 900_000

    def get_remaining_time_in_millis(self) -> int:
        if self.milliseconds > NEAR and self.deadline.near():
            self.milliseconds = NEAR
        return self.milliseconds


@dataclass
class Execution:
    """One execution of one state machine.

    `payloads` has the input and output of each invocation, by state, `events` what the account's bus was told.
    """

    definition: State
    context: State
    deadline: Deadline
    payloads: list[tuple[str, Any, Any]] = field(default_factory=list)
    events: list[Any] = field(default_factory=list)
    retries: Counter[str] = field(default_factory=Counter)
    #: What a Wait does: the clock moves on, and nobody waits.
    wait: Callable[[float], None] = lambda seconds: None
    _at: dict[int | None, tuple[str, Any]] = field(default_factory=dict)

    def run(self, data: Any) -> Any:
        return self._walk(self.definition, self.definition["StartAt"], data, self.context)

    def redrive(self) -> Any:
        """Go on where the execution failed; in a Map, with each lane where it stood."""
        return self._walk(self.definition, *self._at[None], self.context)

    def _walk(self, machine: State, name: str, data: Any, context: State, lane: int | None = None) -> Any:
        while True:
            self._at[lane] = name, data
            state = machine["States"][name]
            if state["Type"] == "Choice":
                taken = (choice["Next"] for choice in state["Choices"] if _is_taken(choice, data, context))
                name = next(taken, state["Default"])
                continue
            if state["Type"] == "Wait":
                self.wait(state.get("Seconds") or _at(state["SecondsPath"], data, context))
                name = state["Next"]
                continue
            if state["Type"] == "Succeed":
                return data
            data = self._result(name, state, data, context)
            if state.get("End"):
                return data
            name = state["Next"]

    def _result(self, name: str, state: State, data: Any, context: State) -> Any:
        if state["Type"] == "Pass":
            result = _filled(state["Parameters"], data, context) if "Parameters" in state else data
        elif state["Type"] == "Map":
            items = enumerate(_at(state["ItemsPath"], data, context))
            result = [self._lane(state, data, context, lane, item) for lane, item in items]
            # Where they stood counts for a redrive of this Map, and not when it is entered again.
            self._at = {None: self._at[None]}
        elif state["Resource"].endswith(":events:putEvents"):
            entries = _filled(state["Parameters"]["Entries"][0], data, context)
            self.events.append(entries)
            result = {"FailedEntryCount": 0}
        else:
            result = {"Payload": self._invoke(name, state, _filled(state["Parameters"], data, context))}
        if "ResultSelector" in state:
            result = _filled(state["ResultSelector"], result, context)
        if "ResultPath" in state:
            path = state["ResultPath"]
            result = data if path is None else {**data, path[2:]: result}
        return _at(state.get("OutputPath", "$"), result, context)

    def _lane(self, state: State, data: Any, context: State, lane: int, item: Any) -> Any:
        inner = {**context, "Map": {"Item": {"Value": item}}}
        machine = state["ItemProcessor"]
        start = machine["StartAt"], _filled(state["ItemSelector"], data, inner)
        name, stood = self._at.get(lane, start)
        return self._walk(machine, name, stood, inner, lane)

    def _invoke(self, name: str, state: State, parameters: State) -> Any:
        handler = handler_of(parameters["FunctionName"])
        attempts: Counter[int] = Counter()
        while True:
            try:
                answer = self._call(handler, parameters["Payload"])
                self.payloads.append((name, parameters["Payload"], answer))
                return answer
            except ExecutionFailed as failure:
                retriers = enumerate(state.get("Retry", ()))
                number, retrier = next(((n, r) for n, r in retriers if _names(r, failure.error)), (0, None))
                if retrier is None or attempts[number] == retrier["MaxAttempts"]:
                    raise
                attempts[number] += 1
                self.retries[failure.error] += 1

    def _call(self, handler: Callable[[Any, Any], Any], payload: Any) -> Any:
        try:
            return _as_json(handler(_as_json(payload), LambdaContext(self.deadline)))
        except Killed as killed:
            killed.life.revive()
            raise ExecutionFailed("Lambda.Unknown", "The process exited before completing the request.") from None
        except Exception as error:
            cause = json.dumps({"errorMessage": str(error), "errorType": type(error).__name__})
            raise ExecutionFailed(type(error).__name__, cause) from error


def handler_of(function_name: str) -> Callable[[Any, Any], Any]:
    """`${BackupExportUsersFunction}` is `handler` of `backup/export_users.py`."""
    found = FUNCTION.fullmatch(function_name)
    assert found is not None, function_name
    module = re.sub(r"(?<!^)(?=[A-Z])", "_", found["state"]).lower()
    handler: Callable[[Any, Any], Any] = importlib.import_module(f"{found['job'].lower()}.{module}").handler
    return handler


def _is_taken(choice: State, data: Any, context: State) -> bool:
    found = _at(choice["Variable"], data, context)
    if "NumericGreaterThan" in choice:
        return bool(found > choice["NumericGreaterThan"])
    return found is choice["BooleanEquals"]


def _names(rule: State, error: str) -> bool:
    return error in rule["ErrorEquals"] or "States.ALL" in rule["ErrorEquals"]


def _filled(template: Any, data: Any, context: State) -> Any:
    if not isinstance(template, dict):
        return template
    return {
        name.removesuffix(".$"): _at(value, data, context) if name.endswith(".$") else _filled(value, data, context)
        for name, value in template.items()
    }


def _at(path: str, data: Any, context: State) -> Any:
    if array := re.fullmatch(r"States\.ArrayLength\((.+)\)", path):
        return len(_at(array[1], data, context))
    found, steps = (context, path[2:]) if path.startswith("$$") else (data, path[1:])
    for step in filter(None, steps.split(".")):
        found = found[step]
    return found


def _as_json(payload: Any) -> Any:
    text = json.dumps(payload)
    assert len(text.encode()) < MAX_PAYLOAD
    return json.loads(text)


@dataclass(frozen=True)
class FakeApplication(bootstrap.Application):
    """The adapters of a warm function, over fakes: governed pools by id, the control plane by Region, and a bucket."""

    pools: dict[str, FakeUserPool] = field(default_factory=dict)
    cognitos: dict[str, FakeCognito] = field(default_factory=dict)
    wafs: dict[str, FakeWaf] = field(default_factory=dict)
    internet: FakeWeb = field(default_factory=FakeWeb)
    telling: Mapping[str, FakeService] = field(default_factory=dict)

    def user_pool(
        self,
        user_pool_id: str,
        quota_share: float,
        lanes: int = 1,
        role: bootstrap.Role | None = None,
        quotas: Mapping[str, float] | None = None,
    ) -> tuple[GovernedUserPool, Governor]:
        governor = Governor(self.rates(quota_share, lanes, quotas), self.clock)
        pool = self.pools.get(user_pool_id) or self._made(user_pool_id) or _absent(user_pool_id)
        pool.on_throttle = governor.throttled
        return GovernedUserPool(pool, governor), governor

    def cognito(self, region: str, quota_share: float, role: bootstrap.Role | None = None) -> GovernedApi:
        return GovernedApi(self.control_plane(region), Governor(self.rates(quota_share), self.clock))

    def control_plane(self, region: str) -> FakeCognito:
        """Cognito of a Region, with the pools there that were made as FakeUserPool."""
        if region not in self.cognitos:
            self.cognitos[region] = FakeCognito(region)
        cognito = self.cognitos[region]
        cognito.web, cognito.clock = self.internet, self.clock  # type: ignore[assignment]
        cognito.adopted = {name: pool for name, pool in self.pools.items() if region_of(name) == region}
        return cognito

    def dispensable(self, service: str, region: str) -> FakeService:
        return self.telling[service]

    def waf(self, region: str) -> FakeWaf:
        return self.wafs.setdefault(region, FakeWaf(region))

    @property
    def web(self) -> FakeWeb:
        return self.internet

    @property
    def secrets(self) -> MemoryStore:
        assert self.settings.secrets_key is not None
        assert isinstance(self.store, MemoryStore)
        return self.store.with_secrets

    def _made(self, user_pool_id: str) -> FakeUserPool | None:
        cognito = self.control_plane(region_of(user_pool_id))
        return cognito.user_pool(user_pool_id) if user_pool_id in cognito.pools else None


def _absent(user_pool_id: str) -> FakeUserPool:
    def refuse(operation: str) -> None:
        raise PoolNotFound(f"{user_pool_id} does not exist in this account.")

    return FakeUserPool(user_pool_id, before=refuse)


@dataclass
class Deployed(Machines):
    """Runs backups and restores through the real definitions and handlers, while it is entered.

    >>> with Deployed() as machines:
    ...     machines.backup(pool)
    """

    executions: list[Execution] = field(default_factory=list)
    pools: dict[str, FakeUserPool] = field(default_factory=dict)
    cognitos: dict[str, FakeCognito] = field(default_factory=dict)
    wafs: dict[str, FakeWaf] = field(default_factory=dict)
    internet: FakeWeb = field(default_factory=FakeWeb)
    limits: FakeLimits = field(default_factory=FakeLimits)
    service_quotas: FakeServiceQuotas = field(default_factory=FakeServiceQuotas)
    cloudwatch: FakeCloudWatch = field(default_factory=FakeCloudWatch)

    def __enter__(self) -> Deployed:
        for job in ("backup", "restore"):
            # A logger writes to the standard output of when it was made, and that of an earlier test is closed.
            logging.root.manager.loggerDict.pop(job, None)
        settings = Settings.of(
            {
                "SNAPSHOT_BUCKET": "bucket",
                "SECRETS_KEY": SECRETS_KEY,
                "ACCOUNT_ID": ACCOUNT,
                "IMPORT_ROLE": IMPORT_ROLE,
                "WATCH_USAGE": "true",
            }
        )
        assert settings.quotas == DOCUMENTED
        self.application = FakeApplication(
            settings,
            self.store,
            self.clock,
            self.pools,
            self.cognitos,
            self.wafs,
            self.internet,
            {"cognito-idp": self.limits, "service-quotas": self.service_quotas, "cloudwatch": self.cloudwatch},
        )
        self._before = bootstrap.application, bootstrap.regions
        bootstrap.application = lambda: self.application  # type: ignore[assignment]
        bootstrap.regions = lambda: REGIONS
        # One walk after the other, so that files are the same each time; restores have as many workers as ever.
        self._one_walk = patch("backup.job.walks_at", lambda rate: 1)
        self._one_walk.start()
        return self

    def __exit__(self, *error: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._one_walk.stop()
        bootstrap.application, bootstrap.regions = self._before

    def backup(self, pool: FakeUserPool, execution: str | None = None, **options: Any) -> Manifest:  # type: ignore[override]
        self.pools[pool.user_pool_id] = pool
        result = self.start("backup", {"user_pool_id": pool.user_pool_id, **options}, execution)
        return read_manifest(self.store, SnapshotRef(result["user_pool_id"], result["snapshot_id"]))

    def restore(self, target: FakeUserPool, execution: str | None = None, **options: Any) -> State:  # type: ignore[override]
        self.pools[target.user_pool_id] = target
        result: State = self.start("restore", {"target_user_pool_id": target.user_pool_id, **options}, execution)
        return result

    def create_pool(self, pool_name: str, execution: str | None = None, **options: Any) -> State:
        """A restore of the latest snapshot into a pool that it makes; options of `create_pool` have `pool_`."""
        created = {name.removeprefix("pool_"): options.pop(name) for name in [*options] if name.startswith("pool_")}
        request = {"snapshot": LATEST, "create_pool": {"pool_name": pool_name, **created}, **options}
        result: State = self.start("restore", request, execution)
        return result

    def start(self, machine: str, request: Any, execution: str | None = None) -> Any:
        """StartExecution; the result, or ExecutionFailed."""
        self.runs += 1
        self.clock.sleep(1)
        context = {
            "Execution": {
                "Id": f"arn:aws:states:us-east-1:123456789012:execution:{machine}:{execution or self.runs}",
                "StartTime": self.clock.now().isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            }
        }
        definition = json.loads((DEFINITIONS / f"{machine}.asl.json").read_text("utf-8"))
        self.executions.append(Execution(definition, context, self.deadline, wait=self.clock.sleep))
        return self.executions[-1].run(request)

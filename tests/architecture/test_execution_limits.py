"""An execution over ten million users stays below every limit of Step Functions, by the definitions as they are."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import pytest

from poolsafe.domain.configuration.model import SectionName
from poolsafe.domain.lanes import RESTORING
from poolsafe.domain.quotas import DOCUMENTED, Category
from poolsafe.domain.restore.plan_summary import LONGEST_HOURS, LONGEST_HOURS_OF_IMPORT
from poolsafe.operations.find_pools import MOST_DRILLS, MOST_POOLS
from poolsafe.operations.import_files import rows_of_a_file
from poolsafe.operations.import_users import FIRST_WAIT, LONGEST_WAIT, MOST_WAITS
from poolsafe.operations.parts import MAX_ROWS
from poolsafe.operations.weigh_losses import KEYS_AT_ONCE, KINDS
from tests.architecture.executions import (
    MAX_DEFINITION,
    MAX_EVENTS,
    MAX_INLINE_CONCURRENCY,
    MAX_PAYLOAD,
    MAX_SECONDS,
    history,
    seconds_of,
)
from tests.architecture.largest_answers import answers, every_walk
from tests.architecture.payloads import sizes_of
from tests.architecture.repository import MACHINES, ROOT, Json, StateMachine

USERS = 10_000_000
#: Each user is in one group, and there are as many groups as a pool may have [DG quotas].
GROUPS = 10_000
#: The most that ListUsers, ListUsersInGroup and ListGroups give at once [API].
PAGE = 60
#: One chain of pages is bound by latency too: four in a second is a bad day.
PAGES_A_SECOND = 4.0
#: Snapshots that lie in a bucket; of each, about as many gigabytes as ten million users need.
SNAPSHOTS = 1_000
BYTES = 2e9
#: Of the snapshots that one run of retention removes at once, all files: those of a day, or of a policy made stricter.
FILES = 400
#: What one invocation reads in a second, downloads and checks included; and what it deletes.
BYTES_A_SECOND = 30e6
DELETIONS_A_SECOND = 10.0
#: What planning, verifying or comparing costs (docs/performance.md): a user, and one that is looked through for others.
SECONDS_A_USER = 4e-4
SECONDS_A_LOOK = 6e-6
#: Cognito does not say how fast it imports (docs/unverified.md); 33.7 users a second were seen (import_files.py).
IMPORTED_A_SECOND = 25.0


@dataclass(frozen=True)
class Size:
    """The share of the quotas that a run may use, over how many users it is, and how that divides the work."""

    share: float
    users: int = USERS
    imports: bool = False

    def seconds(self, calls: float, category: Category, most: float = math.inf) -> float:
        return calls / min(DOCUMENTED[category] * self.share, most)

    def pages(self, items: float, groups: int = 0) -> float:
        """Seconds of a serial listing; of members, at least one page for each group."""
        return self.seconds(items / PAGE + groups, Category.USER_LIST, PAGES_A_SECOND)

    @property
    def files(self) -> int:
        """Files of users: full ones, and for each hand-over of the listing one that is not."""
        return math.ceil(self.users / MAX_ROWS + self.pages(self.users) / 600 + 1)

    @property
    def joining(self) -> float:
        """Seconds of planning, verifying or surveying everybody: each file is looked up in all the others."""
        return self.users * (SECONDS_A_USER + self.files * SECONDS_A_LOOK)


def users_listed(size: Size) -> float:
    return size.pages(size.users)


def records_listed(size: Size) -> float:
    """Users and memberships beside them: they share one quota."""
    return users_listed(size) + size.pages(size.users, GROUPS)


def groups_listed(size: Size) -> float:
    return size.seconds(GROUPS / PAGE, Category.USER_POOL_RESOURCE_READ)


def groups_made(size: Size) -> float:
    """Each is read before, at worst."""
    return 2 * size.seconds(GROUPS, Category.USER_POOL_RESOURCE_UPDATE)


def users_made(size: Size) -> float:
    """One creation, one password and one group each: what is slowest decides. An import leaves the groups."""
    return max(size.seconds(size.users, category) for category in RESTORING)


def users_left(size: Size) -> float:
    """What the lanes do when all imports have ended; everything, where there is none."""
    return users_made(size) - (min(size.users / IMPORTED_A_SECOND, users_made(size)) if size.imports else 0)


#: Of each loop with one Task, the seconds of its work; the loop is known by the machine and the Task.
SECONDS: Mapping[tuple[str, str], Callable[[Size], float]] = {
    ("backup", "ExportGroups"): groups_listed,
    ("backup", "ExportUsers"): records_listed,
    ("restore", "ListTargetUsers"): records_listed,
    ("restore", "ListTargetGroups"): groups_listed,
    ("restore", "ListImported"): users_listed,
    ("restore", "RestoreGroups"): groups_made,
    ("restore", "RestoreUsers"): users_left,
    ("restore", "ReadBackUsers"): records_listed,
    ("restore", "ReadBackGroups"): groups_listed,
    ("assess", "ListUsers"): records_listed,
    ("assess", "ListGroups"): groups_listed,
    ("compare", "ListUsers"): records_listed,
    ("compare", "ListGroups"): groups_listed,
    ("migration", "ListUsers"): records_listed,
    ("migration", "ListGroups"): groups_listed,
    ("migration", "ListProfiles"): users_listed,
    ("migration", "ListSourceUsers"): users_listed,
    ("migration", "ListTargetUsers"): users_listed,
    ("restore", "PlanRestore"): lambda size: size.joining,
    ("restore", "VerifyTarget"): lambda size: size.joining,
    ("assess", "SurveyUsers"): lambda size: size.joining,
    ("migration", "DeferFederated"): lambda size: size.joining,
    # Digests of a whole side are made anew in each invocation, so each has less time for what it is there for.
    ("compare", "CompareRecords"): lambda size: 8 * size.users * SECONDS_A_USER,
    ("restore", "WriteImport"): lambda size: size.users * SECONDS_A_USER,
    ("restore", "VerifySnapshot"): lambda size: BYTES / BYTES_A_SECOND,
    ("verify", "VerifySnapshots"): lambda size: SNAPSHOTS * BYTES / BYTES_A_SECOND,
    ("retention", "RetainSnapshots"): lambda size: SNAPSHOTS * FILES * 3 / DELETIONS_A_SECOND,
}
#: Of the others, the rounds: at worst an invocation does one piece of work, and hands over.
ROUNDS: Mapping[tuple[str, str], Callable[[Size], float]] = {
    ("backup", "ExportConfiguration"): lambda size: len(SectionName),
    ("backup", "WeighLosses"): lambda size: len(KINDS) * (size.users / KEYS_AT_ONCE + 1),
    # One section after another, and what was not there yet once more.
    ("restore", "MakePool"): lambda size: 2 * len(SectionName),
}
#: Items of each Map. Documented quotas need one lane; more lanes come with larger quotas, and fewer rounds.
ITEMS: Mapping[str, int] = {
    "RestoreImportedLanes": 1,
    "RestoreUserLanes": 1,
    "BackUpPools": MOST_POOLS,
    "DrillPools": MOST_DRILLS,
}


def visits_of(machine: StateMachine, size: Size) -> Callable[[frozenset[str]], Mapping[str, float]]:
    """How often each state of a loop is come to."""

    def of(loop: frozenset[str]) -> Mapping[str, float]:
        tasks = sorted(loop & machine.tasks.keys())
        if {"CheckImport", "StartImport"} <= set(tasks):
            if not size.imports:
                return dict.fromkeys(loop, 0)
            return import_visits(size, seconds_of(machine.tasks["RestoreImportedUsers"]))
        assert len(tasks) == 1, f"{machine.job}: nobody says how often the loop over {sorted(loop)} runs"
        key = machine.job, tasks[0]
        assert key in SECONDS or key in ROUNDS, f"{key}: nobody says how often this loop runs"
        rounds = ROUNDS[key](size) if key in ROUNDS else SECONDS[key](size) / seconds_of(machine.tasks[tasks[0]])
        return dict.fromkeys(loop, math.ceil(rounds) + 1)

    return of


def import_visits(size: Size, most: float) -> Mapping[str, float]:
    """The import jobs, one after another. While one runs, lanes complete users of earlier ones, or it is waited for:
    what has more events. For a day in all, other jobs go first.
    """
    jobs = math.ceil(size.users / rows_of_a_file(size.users)) + 1
    seconds = size.users / IMPORTED_A_SECOND
    looks = jobs * math.log2(LONGEST_WAIT / FIRST_WAIT)
    work = min(seconds, users_made(size)) / most
    return {
        "StartImport": jobs + MOST_WAITS,
        "IsImportStarted": jobs + MOST_WAITS,
        "WaitForOtherImport": MOST_WAITS,
        "WaitForImport": looks,
        "CheckImport": looks + work,
        "IsImportEnded": looks + work,
        "IsAnybodyImportedYet": looks + work,
        "RestoreImportedLanes": work,
    }


#: What an execution is started with. The rest is in what the first state answers.
REQUESTS: Mapping[str, Json] = {"watch": {"tag": "poolsafe:backup=true", "forget": []}}
#: What is used at most of the events, which are computed for the worst, and of the bytes.
EVENTS_MARGIN, BYTES_MARGIN = 0.95, 0.85


def size_of(machine: StateMachine, share: float, imports: bool = False) -> Size:
    """Ten million users; of a restore, as many of them as do not make it longer than its plan lets it be."""
    longest = LONGEST_HOURS_OF_IMPORT if imports else LONGEST_HOURS
    fitting = longest * 3600 / users_made(Size(share)) if machine.job == "restore" else 1
    return Size(share, int(USERS * min(1, fitting)), imports)


def events(machine: StateMachine, size: Size) -> float:
    return history(machine.definition, visits_of(machine, size), ITEMS)


def test_a_restore_of_ten_million_users_at_the_default_share_is_no_long_one() -> None:
    default = json.loads((ROOT / "schemas/restore.request.json").read_text("utf-8"))["properties"]["quota_share"][
        "default"
    ]
    assert users_made(Size(default)) < LONGEST_HOURS * 3600


@pytest.mark.parametrize("machine", MACHINES, ids=[machine.job for machine in MACHINES])
@pytest.mark.parametrize("share", [1.0, 0.5, 0.1, 0.05])
def test_ten_million_users_leave_fewer_events_than_an_execution_may_have(machine: StateMachine, share: float) -> None:
    assert events(machine, size_of(machine, share)) < EVENTS_MARGIN * MAX_EVENTS


@pytest.mark.parametrize("machine", MACHINES, ids=[machine.job for machine in MACHINES])
@pytest.mark.parametrize("share", [1.0, 0.5, 0.1, 0.05])
def test_ten_million_users_take_less_time_than_an_execution_has(machine: StateMachine, share: float) -> None:
    size = size_of(machine, share)
    seconds = sum(of(size) for (job, task), of in SECONDS.items() if job == machine.job and task in machine.tasks)
    assert seconds < machine.definition["TimeoutSeconds"]


def test_every_loop_that_is_counted_is_there() -> None:
    assert {*SECONDS, *ROUNDS} <= {(machine.job, task) for machine in MACHINES for task in machine.tasks}


def test_a_loop_that_nobody_has_counted_is_refused() -> None:
    [backup] = [machine for machine in MACHINES if machine.job == "backup"]
    states = {
        "Count": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Next": "IsCounted"},
        "IsCounted": {"Type": "Choice", "Choices": [{"Next": "Done"}], "Default": "Count"},
        "Done": {"Type": "Succeed"},
    }
    with pytest.raises(AssertionError, match="nobody says how often"):
        history({"States": states}, visits_of(replace(backup, text=json.dumps({"States": states})), Size(1)), {})


def test_the_progress_of_every_walk_at_once_fits() -> None:
    assert len(json.dumps(every_walk()).encode()) < BYTES_MARGIN * MAX_PAYLOAD


@pytest.mark.parametrize("machine", MACHINES, ids=[machine.job for machine in MACHINES])
def test_what_travels_from_state_to_state_stays_small(machine: StateMachine) -> None:
    sizes = sizes_of(machine, REQUESTS.get(machine.job, {}), answers())
    largest = max(sizes, key=sizes.__getitem__)
    assert sizes[largest] < BYTES_MARGIN * MAX_PAYLOAD, f"{largest} has {sizes[largest]:,} bytes"


@pytest.mark.parametrize("machine", MACHINES, ids=[machine.job for machine in MACHINES])
def test_a_machine_is_below_the_limits_of_a_definition(machine: StateMachine) -> None:
    assert len(machine.text.encode()) < MAX_DEFINITION
    assert machine.definition["TimeoutSeconds"] < MAX_SECONDS
    for state in machine.states.values():
        assert state.get("MaxConcurrency", 0) <= MAX_INLINE_CONCURRENCY

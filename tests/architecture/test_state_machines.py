"""The state machines: what every state has, what no state does, and that they fit the template and the code."""

from __future__ import annotations

import inspect
import json
import re

import pytest

from poolsafe import errors
from tests.architecture.repository import (
    JOBS,
    MACHINES,
    ROOT,
    Json,
    StateMachine,
    camel,
    function_of,
    functions,
    invoked,
    resources,
    state_modules,
)

#: How a state invokes a function.
INVOKE = "arn:${Partition}:states:::lambda:invoke"
#: How a state runs another machine to its end; `:2` gives the output as JSON
#: (https://docs.aws.amazon.com/step-functions/latest/dg/connect-stepfunctions.html).
RUN = "arn:${Partition}:states:::states:startExecution.sync:2"
#: The states that run another machine, by their own, and which of the stack's that is: the end of a migration is a
#: backup and a restore, and neither is written a second time.
RUNS = {
    ("drill", "Restore"): "restore",
    ("migration", "BackUpSource"): "backup",
    ("migration", "RestoreTheRest"): "restore",
    ("nightly", "BackUp"): "backup",
}
#: The states whose failure is noted instead of ending the execution. Of a night because it is one pool's, and the
#: others have to go on: it is started again by the same input, which gives that pool another attempt. Of a drill
#: because its pool has to go whatever happened, and a failure is what it is to find. A redrive has nothing to do there.
NOTED = {
    ("nightly", "BackUp"): "NoteNight",
    ("drill", "PlanDrill"): "ReportDrill",
    ("drill", "Restore"): "RemoveScratchPool",
    ("drill", "WalkSignIns"): "RemoveScratchPool",
    ("drill", "RemoveScratchPool"): "ReportDrill",
}
#: How every machine tells how it ended, in the state before its last one.
TELL, ANNOUNCE, ENDED = "arn:${Partition}:states:::events:putEvents", "Announce", "Ended"
#: https://docs.aws.amazon.com/step-functions/latest/dg/quotas.html, "Maximum definition size".
MAX_DEFINITION = 1024 * 1024
#: Payloads of a Task that belong to another state too: the function is the same, the name says what it does here.
LENT = {
    "ListGroups": "BackupExportGroupsFunction",
    "ListUsers": "BackupExportUsersFunction",
    "ReportWithSample": "AssessReportAssessmentFunction",
    "ListSourceUsers": "BackupExportUsersFunction",
    "ListTargetUsers": "BackupExportUsersFunction",
    "RestoreImportedUsers": "RestoreRestoreUsersFunction",
    "ListProfiles": "BackupExportUsersFunction",
    "ListTargetGroups": "BackupExportGroupsFunction",
    "ListImported": "BackupExportUsersFunction",
    "ReadBackUsers": "BackupExportUsersFunction",
    "ReadBackGroups": "BackupExportGroupsFunction",
    "ReportConfiguration": "RestoreReportRestoreFunction",
    "ReportDryRun": "RestoreReportRestoreFunction",
    "ReportEnd": "MigrationReportMigrationFunction",
}

#: Errors of Lambda and of Step Functions themselves.
#: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
#: https://docs.aws.amazon.com/step-functions/latest/dg/sfn-best-practices.html#bp-lambda-serviceexception
KNOWN_TO_AWS = frozenset(
    {
        "Lambda.AWSLambdaException",
        "Lambda.ClientExecutionTimeoutException",
        "Lambda.SdkClientException",
        "Lambda.ServiceException",
        "Lambda.TooManyRequestsException",
        "Lambda.Unknown",
        "Runtime.ExitError",
        "Sandbox.Timedout",
        "States.Timeout",
    }
)
#: What a Lambda says, or what is said of it, when its process is gone: memory, time, a crash of the runtime.
#: `Runtime.ExitError` is the `errorType` of a runtime that exited, and Step Functions takes that for the error's name.
DIED = frozenset({"Lambda.Unknown", "Runtime.ExitError", "Sandbox.Timedout", "States.Timeout"})
#: Of Lambda's service, not of the function. The same documentation asks to retry them.
LAMBDA_SERVICE = frozenset(name for name in KNOWN_TO_AWS if name.startswith("Lambda.")) - DIED
#: Of the service Step Functions, not of the machine that was started: that one's failure is `States.TaskFailed`, and
#: would only fail again. Errors of an integration have the service's name before them
#: (https://docs.aws.amazon.com/step-functions/latest/dg/concepts-nested-workflows.html); no page lists them all.
STEP_FUNCTIONS_SERVICE = frozenset(
    {
        "StepFunctions.ExecutionLimitExceeded",
        "StepFunctions.InternalServerException",
        "StepFunctions.SdkClientException",
        "StepFunctions.ThrottlingException",
    }
)

every_machine = pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.job)
every_state = pytest.mark.parametrize(
    ("machine", "name", "state"),
    [
        pytest.param(machine, *item, id=f"{machine.job}-{item[0]}")
        for machine in MACHINES
        for item in machine.states.items()
    ],
)
#: Those that run a machine have rules of their own.
every_task = pytest.mark.parametrize(
    ("machine", "name", "task"),
    [
        pytest.param(machine, *item, id=f"{machine.job}-{item[0]}")
        for machine in MACHINES
        for item in machine.tasks.items()
        if (machine.job, item[0]) not in RUNS and item[0] != ANNOUNCE
    ],
)
every_run = pytest.mark.parametrize(
    ("task", "started"),
    [
        pytest.param(machine.tasks[name], started, id=f"{machine.job}-{name}")
        for machine in MACHINES
        for started in MACHINES
        for (job, name), of in RUNS.items()
        if job == machine.job and of == started.job
    ],
)
every_retry = pytest.mark.parametrize(
    "task",
    [pytest.param(task, id=f"{machine.job}-{name}") for machine in MACHINES for name, task in machine.tasks.items()],
)


def ours() -> dict[str, type[errors.PoolsafeError]]:
    return {
        name: cls for name, cls in inspect.getmembers(errors, inspect.isclass) if issubclass(cls, errors.PoolsafeError)
    }


def test_there_are_machines_to_look_at() -> None:
    assert JOBS == (
        "assess",
        "backup",
        "compare",
        "drill",
        "migration",
        "nightly",
        "restore",
        "retention",
        "verify",
        "watch",
    )
    assert all(machine.tasks for machine in MACHINES)


@every_machine
def test_a_machine_says_what_it_does_how_to_start_it_and_how_long_it_may_take(machine: StateMachine) -> None:
    definition = machine.definition
    assert f"schemas/{machine.job}.request.json" in definition["Comment"]
    assert definition["TimeoutSeconds"] > 0
    assert definition.get("QueryLanguage", "JSONPath") == "JSONPath"


@every_machine
def test_state_names_are_unique_in_a_machine_and_its_maps(machine: StateMachine) -> None:
    assert machine.text.count('"Type":') == len(machine.states)


@every_state
def test_a_state_says_what_it_is_for(machine: StateMachine, name: str, state: Json) -> None:
    assert state["Comment"].strip()


@every_state
def test_a_state_leads_somewhere(machine: StateMachine, name: str, state: Json) -> None:
    following = {state.get("Next"), state.get("Default"), *(choice["Next"] for choice in state.get("Choices", ()))}
    assert following - {None} <= machine.states.keys()
    assert (following - {None}) or state.get("End") is True or state["Type"] == "Succeed"


@every_task
def test_a_task_may_not_take_forever(machine: StateMachine, name: str, task: Json) -> None:
    """And longer than its function: otherwise Step Functions gives up on a Lambda that is still at work."""
    assert task["TimeoutSeconds"] > functions()[invoked(task)]["Timeout"]


@every_task
def test_a_task_invokes_a_function_and_nothing_else(machine: StateMachine, name: str, task: Json) -> None:
    assert task["Resource"] == INVOKE


@every_retry
def test_a_task_retries_with_jitter_and_a_longer_wait_each_time(task: Json) -> None:
    assert task["Retry"]
    for retrier in task["Retry"]:
        assert retrier["Comment"]
        assert retrier["JitterStrategy"] == "FULL"
        assert retrier["MaxAttempts"] > 0
        assert retrier["IntervalSeconds"] >= 1
        assert retrier["BackoffRate"] > 1


@every_task
def test_a_retry_names_only_errors_that_there_are(machine: StateMachine, name: str, task: Json) -> None:
    named = [error for retrier in task["Retry"] for error in retrier["ErrorEquals"]]
    assert set(named) <= ours().keys() | KNOWN_TO_AWS
    assert len(named) == len(set(named)), "the second retrier never sees it"


@every_task
def test_what_may_go_through_later_is_retried_and_nothing_else_of_ours(
    machine: StateMachine, name: str, task: Json
) -> None:
    named = {error for retrier in task["Retry"] for error in retrier["ErrorEquals"]}
    retryable = {name for name, cls in ours().items() if issubclass(cls, errors.Retryable)} - {"Retryable"}
    assert named & ours().keys() == retryable


@every_task
def test_a_lambda_that_died_is_tried_again(machine: StateMachine, name: str, task: Json) -> None:
    named = {error for retrier in task["Retry"] for error in retrier["ErrorEquals"]}
    assert named >= DIED | LAMBDA_SERVICE


@every_state
def test_a_failure_is_not_led_away_from_the_state_that_failed(machine: StateMachine, name: str, state: Json) -> None:
    """A redrive goes on from the unsuccessful step. Behind a Catch that is a Fail state, which only fails again
    (https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html#redrive-individual-state-behavior).
    """
    assert state["Type"] != "Fail"
    if (noted := ENDED if name == ANNOUNCE else NOTED.get((machine.job, name))) is None:
        assert "Catch" not in state
        return
    [catcher] = state["Catch"]
    assert (catcher["ErrorEquals"], catcher["Next"]) == (["States.ALL"], noted)


@every_machine
def test_a_machine_tells_how_it_ended_whatever_way_it_took(machine: StateMachine) -> None:
    """And ends with its result, whether anybody heard of it or not."""
    outer = machine.definition["States"]
    assert [name for name, state in outer.items() if state.get("End")] == []
    assert [name for name, state in outer.items() if state["Type"] == "Succeed"] == [ENDED]
    assert {name for name, state in outer.items() if state.get("Next") == ENDED} == {ANNOUNCE}
    announce = outer[ANNOUNCE]
    assert (announce["Resource"], announce["ResultPath"], announce["Catch"][0]["ResultPath"]) == (TELL, None, None)
    [entry] = announce["Parameters"]["Entries"]
    assert entry == {
        "Source": "poolsafe",
        "DetailType": "Poolsafe run ended",
        "Detail": {"machine": machine.job, "execution.$": "$$.Execution.Id", "result.$": "$"},
    }


# The states that run another machine


def test_every_state_that_runs_a_machine_is_there() -> None:
    assert RUNS.keys() <= {(machine.job, name) for machine in MACHINES for name in machine.tasks}


@every_run
def test_a_run_is_of_a_machine_of_this_stack_to_its_end(task: Json, started: StateMachine) -> None:
    assert task["Resource"] == RUN
    assert task["Parameters"]["StateMachineArn"] == f"${{{started.logical_id}}}"
    assert task["Parameters"].keys() - {"StateMachineArn", "Name.$"} in ({"Input"}, {"Input.$"})


@every_run
def test_a_run_that_is_started_again_after_a_lost_answer_is_the_same_run(task: Json, started: StateMachine) -> None:
    """The same name while it runs is the same execution; a redrive enters the state anew, and gets another
    (https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html). In a Map, several items
    enter it at the same moment."""
    [machine] = [machine for machine in MACHINES if task in machine.tasks.values()]
    in_a_map = task not in machine.definition["States"].values()
    item = ("'{} {} {}'", ", $.user_pool_id") if in_a_map else ("'{} {}'", "")
    made_of = f"States.Format({item[0]}, $$.Execution.Id, $$.State.EnteredTime{item[1]})"
    assert task["Parameters"]["Name.$"] == f"States.Hash({made_of}, 'SHA-1')"


@every_run
def test_a_run_may_not_take_forever_and_is_not_given_up_before_the_machine_gives_up(
    task: Json, started: StateMachine
) -> None:
    """Otherwise Step Functions gives up on a machine that is still at work, and tries to stop it
    (https://docs.aws.amazon.com/step-functions/latest/dg/connect-to-resource.html, "Run a Job")."""
    assert task["TimeoutSeconds"] >= started.definition["TimeoutSeconds"]


@every_machine
def test_a_machine_has_time_for_all_that_it_runs(machine: StateMachine) -> None:
    runs = [task["TimeoutSeconds"] for name, task in machine.tasks.items() if (machine.job, name) in RUNS]
    assert machine.definition["TimeoutSeconds"] > sum(runs)


@every_run
def test_a_run_is_retried_for_the_sake_of_step_functions_alone(task: Json, started: StateMachine) -> None:
    named = [error for retrier in task["Retry"] for error in retrier["ErrorEquals"]]
    assert sorted(named) == sorted(STEP_FUNCTIONS_SERVICE)


@every_run
def test_a_run_is_told_what_the_machine_takes_and_reads_what_it_always_answers(
    task: Json, started: StateMachine
) -> None:
    request, result = (
        json.loads((ROOT / f"schemas/{started.job}.{kind}.json").read_text("utf-8")) for kind in ("request", "result")
    )
    told = {name.removesuffix(".$") for name in task["Parameters"].get("Input", ())}
    assert told <= request["properties"].keys()
    read = {re.fullmatch(r"\$\.Output\.(\w+)", path) for path in task["ResultSelector"].values()}
    assert {found and found[1] for found in read} <= set(result["required"])


@every_machine
def test_no_other_resource_is_named(machine: StateMachine) -> None:
    runs = sum(job == machine.job for job, _ in RUNS)
    assert machine.text.count(RUN) == runs
    assert machine.text.count(TELL) == 1
    assert machine.text.count(INVOKE) == len(machine.tasks) - runs - 1
    assert machine.text.count("arn:") == len(machine.tasks)


@every_machine
def test_every_substitution_is_made_and_every_one_made_is_used(machine: StateMachine) -> None:
    assert machine.substitutions == machine.resource["DefinitionSubstitutions"].keys()
    for name, value in machine.resource["DefinitionSubstitutions"].items():
        assert value == {"Ref": "AWS::Partition" if name == "Partition" else name}


@every_machine
def test_a_machine_may_invoke_the_functions_it_names_and_no_others(machine: StateMachine) -> None:
    """What a machine may do beside that, the one that runs others, is held in test_permissions.py."""
    policies = [policy for policy in machine.resource["Policies"] if "LambdaInvokePolicy" in policy]
    assert len(machine.resource["Policies"]) - len(policies) == 1 + (machine.job in {job for job, _ in RUNS})
    allowed = [policy["LambdaInvokePolicy"]["FunctionName"]["Ref"] for policy in policies]
    invoking = (task for task in machine.tasks.values() if task["Resource"] == INVOKE)
    assert sorted(allowed) == sorted({invoked(task) for task in invoking})


@every_machine
def test_a_definition_fits_step_functions(machine: StateMachine) -> None:
    assert len(machine.text.encode()) < MAX_DEFINITION


@every_task
def test_a_task_has_the_name_of_its_handler(machine: StateMachine, name: str, task: Json) -> None:
    assert invoked(task) == LENT.get(name, f"{camel(machine.job)}{name}Function")


def test_every_handler_but_the_triggers_is_a_state() -> None:
    invoked_by_name = {
        invoked(task)
        for machine in MACHINES
        for name, task in machine.tasks.items()
        if name not in LENT and task["Resource"] == INVOKE
    }
    assert {function_of(module) for module in state_modules()} == invoked_by_name


def test_every_machine_is_in_the_template_and_every_one_there_has_a_definition() -> None:
    named = {
        resource["Properties"]["DefinitionUri"] for resource in resources("AWS::Serverless::StateMachine").values()
    }
    assert named == {f"statemachine/{job}.asl.json" for job in JOBS}


@every_machine
def test_a_machine_logs_its_states_and_nothing_that_passes_through_them(machine: StateMachine) -> None:
    logging = machine.resource["Logging"]
    assert (logging["Level"], logging["IncludeExecutionData"]) == ("ALL", False)
    assert machine.resource["Tracing"] == {"Enabled": True}

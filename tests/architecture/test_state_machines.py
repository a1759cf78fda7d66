"""The state machines: what every state has, what no state does, and that they fit the template and the code."""

from __future__ import annotations

import inspect

import pytest

from poolsafe import errors
from tests.architecture.repository import (
    JOBS,
    MACHINES,
    Json,
    StateMachine,
    camel,
    function_of,
    functions,
    handler_modules,
    invoked,
    resources,
)

#: The one service integration in use.
INVOKE = "arn:${Partition}:states:::lambda:invoke"
#: https://docs.aws.amazon.com/step-functions/latest/dg/quotas.html, "Maximum definition size".
MAX_DEFINITION = 1024 * 1024
#: Payloads of a Task that belong to another state too: the function is the same, the name says what it does here.
LENT = {
    "ListGroups": "BackupExportGroupsFunction",
    "ListUsers": "BackupExportUsersFunction",
    "ListMemberships": "BackupExportMembershipsFunction",
    "ReportWithSample": "AssessReportAssessmentFunction",
    "ListTargetUsers": "BackupExportUsersFunction",
    "ListTargetGroups": "BackupExportGroupsFunction",
    "ListTargetMemberships": "BackupExportMembershipsFunction",
    "ListImported": "BackupExportUsersFunction",
    "ReadBackUsers": "BackupExportUsersFunction",
    "ReadBackGroups": "BackupExportGroupsFunction",
    "ReadBackMemberships": "BackupExportMembershipsFunction",
    "ReportConfiguration": "RestoreReportRestoreFunction",
    "ReportDryRun": "RestoreReportRestoreFunction",
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

every_machine = pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.job)
every_state = pytest.mark.parametrize(
    ("name", "state"),
    [pytest.param(*item, id=f"{machine.job}-{item[0]}") for machine in MACHINES for item in machine.states.items()],
)
every_task = pytest.mark.parametrize(
    ("name", "task"),
    [pytest.param(*item, id=f"{machine.job}-{item[0]}") for machine in MACHINES for item in machine.tasks.items()],
)


def ours() -> dict[str, type[errors.PoolsafeError]]:
    return {
        name: cls for name, cls in inspect.getmembers(errors, inspect.isclass) if issubclass(cls, errors.PoolsafeError)
    }


def test_there_are_machines_to_look_at() -> None:
    assert JOBS == ("assess", "backup", "restore")
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
def test_a_state_says_what_it_is_for(name: str, state: Json) -> None:
    assert state["Comment"].strip()


@every_state
def test_a_state_leads_somewhere(name: str, state: Json) -> None:
    [machine] = [machine for machine in MACHINES if machine.states.get(name) == state]
    following = {state.get("Next"), state.get("Default"), *(choice["Next"] for choice in state.get("Choices", ()))}
    assert following - {None} <= machine.states.keys()
    assert (following - {None}) or state.get("End") is True


@every_task
def test_a_task_may_not_take_forever(name: str, task: Json) -> None:
    """And longer than its function: otherwise Step Functions gives up on a Lambda that is still at work."""
    assert task["TimeoutSeconds"] > functions()[invoked(task)]["Timeout"]


@every_task
def test_a_task_invokes_a_function_and_nothing_else(name: str, task: Json) -> None:
    assert task["Resource"] == INVOKE


@every_task
def test_a_task_retries_with_jitter_and_a_longer_wait_each_time(name: str, task: Json) -> None:
    assert task["Retry"]
    for retrier in task["Retry"]:
        assert retrier["Comment"]
        assert retrier["JitterStrategy"] == "FULL"
        assert retrier["MaxAttempts"] > 0
        assert retrier["IntervalSeconds"] >= 1
        assert retrier["BackoffRate"] > 1


@every_task
def test_a_retry_names_only_errors_that_there_are(name: str, task: Json) -> None:
    named = [error for retrier in task["Retry"] for error in retrier["ErrorEquals"]]
    assert set(named) <= ours().keys() | KNOWN_TO_AWS
    assert len(named) == len(set(named)), "the second retrier never sees it"


@every_task
def test_what_may_go_through_later_is_retried_and_nothing_else_of_ours(name: str, task: Json) -> None:
    named = {error for retrier in task["Retry"] for error in retrier["ErrorEquals"]}
    retryable = {name for name, cls in ours().items() if issubclass(cls, errors.Retryable)} - {"Retryable"}
    assert named & ours().keys() == retryable


@every_task
def test_a_lambda_that_died_is_tried_again(name: str, task: Json) -> None:
    named = {error for retrier in task["Retry"] for error in retrier["ErrorEquals"]}
    assert named >= DIED | LAMBDA_SERVICE


@every_state
def test_a_failure_is_not_led_away_from_the_state_that_failed(name: str, state: Json) -> None:
    """A redrive goes on from the unsuccessful step. Behind a Catch that is a Fail state, which only fails again
    (https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html#redrive-individual-state-behavior).
    """
    assert state["Type"] != "Fail"
    assert "Catch" not in state


@every_machine
def test_no_other_resource_is_named(machine: StateMachine) -> None:
    assert machine.text.count("arn:") == machine.text.count(INVOKE) == len(machine.tasks)


@every_machine
def test_every_substitution_is_made_and_every_one_made_is_used(machine: StateMachine) -> None:
    assert machine.substitutions == machine.resource["DefinitionSubstitutions"].keys()
    for name, value in machine.resource["DefinitionSubstitutions"].items():
        assert value == {"Ref": "AWS::Partition" if name == "Partition" else name}


@every_machine
def test_a_machine_may_invoke_the_functions_it_names_and_no_others(machine: StateMachine) -> None:
    allowed = [policy["LambdaInvokePolicy"]["FunctionName"]["Ref"] for policy in machine.resource["Policies"]]
    assert sorted(allowed) == sorted({invoked(task) for task in machine.tasks.values()})


@every_machine
def test_a_definition_fits_step_functions(machine: StateMachine) -> None:
    assert len(machine.text.encode()) < MAX_DEFINITION


@every_task
def test_a_task_has_the_name_of_its_handler(name: str, task: Json) -> None:
    [machine] = [machine for machine in MACHINES if machine.tasks.get(name) == task]
    assert invoked(task) == LENT.get(name, f"{camel(machine.job)}{name}Function")


def test_every_handler_is_a_state() -> None:
    invoked_by_name = {
        invoked(task) for machine in MACHINES for name, task in machine.tasks.items() if name not in LENT
    }
    assert {function_of(module) for module in handler_modules()} == invoked_by_name


def test_every_machine_is_in_the_template_and_every_one_there_has_a_definition() -> None:
    named = {
        resource["Properties"]["DefinitionUri"] for resource in resources("AWS::Serverless::StateMachine").values()
    }
    assert named == {f"statemachine/{job}.asl.json" for job in JOBS}

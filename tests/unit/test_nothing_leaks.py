"""No personal data in logs, in metrics, or in what travels between states: whole runs through the handlers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from poolsafe.domain.records import EXTERNAL_PROVIDER
from poolsafe.errors import Throttled
from poolsafe.metrics import NAMESPACE, Metric
from poolsafe.ports import Deadline
from tests.fakes import EveryTime, FakeUserPool, KillAt, Never
from tests.pipeline import LATEST, target_pool
from tests.step_functions import Deployed, ExecutionFailed

#: Everything of a user that could be told: each holds a word that nothing else has.
ATTRIBUTES = {
    "email": "pangolin@example.com",
    "phone_number": "+12065550199",
    "name": "Axolotl Ocelot",
    "custom:tenant": "narwhal",
}
PERSONAL = ("quetzal", *ATTRIBUTES.values())


def people() -> FakeUserPool:
    """Some get an unguessable password, and those without a verified address a temporary one."""
    pool = FakeUserPool(page_size=3)
    for number in range(9):
        user = pool.add(f"quetzal{number}", enabled=number != 4)
        address = {"email": f"{number}pangolin@example.com", "email_verified": "true" if number % 2 else "false"}
        pool.put(replace(user, attributes={**ATTRIBUTES, **address}), ("staff",))
    pool.add("Google_quetzal", status=EXTERNAL_PROVIDER)
    return pool


def personal_words(*pools: FakeUserPool) -> Iterator[str]:
    yield from (word for value in PERSONAL for word in value.split())
    for pool in pools:
        yield from (account.user.sub for account in pool.accounts.values())
        yield from (password for _, password in pool.passwords)


def assert_tells_nobody(text: str, *pools: FakeUserPool) -> None:
    for word in personal_words(*pools):
        assert word not in text


@pytest.mark.parametrize("include", [[], ["mfa"]])
def test_a_backup_and_a_restore_tell_nothing_of_anybody(include: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    source, target = people(), target_pool(custom=("custom:tenant",))
    with Deployed(deadline=EveryTime(3)) as machines:
        machines.backup(source, include=include, note="before the move")
        result = machines.restore(target, snapshot=LATEST)
    assert result["counts"]["created"] == 9
    told = capfd.readouterr()
    payloads = json.dumps([execution.payloads for execution in machines.executions])
    assert '"state":"RestoreUsers"' in told.out
    assert_tells_nobody(told.out + told.err + payloads, source, target)


def test_documents_for_people_tell_nothing_of_anybody() -> None:
    """Users are named in the Parquet files beside them, which only some may read."""
    source, target = people(), target_pool(custom=("custom:tenant",))
    with Deployed() as machines:
        machines.backup(source)
        result = machines.restore(target, snapshot=LATEST)
    texts = {key: stored.content for key, stored in machines.store.objects.items() if key.endswith(".json")}
    # Records for a program, one per person, which only the sign-in function may read; nobody is named by their keys.
    deferred = [texts.pop(key) for key in [*texts] if key.startswith("deferred/")]
    assert (len(deferred), len(texts) >= 4) == (1, True)
    assert_tells_nobody("".join(machines.store.objects), source, target)
    assert_tells_nobody(b"".join(texts.values()).decode() + json.dumps(result), source, target)


@pytest.mark.parametrize("operation", ["AdminCreateUser", "AdminSetUserPassword", "ListUsers", "AdminAddUserToGroup"])
def test_a_defect_tells_nothing_of_anybody(operation: str, capfd: pytest.CaptureFixture[str]) -> None:
    source, target = people(), target_pool(custom=("custom:tenant",))

    def fail(called: str) -> None:
        if called == operation:
            raise ValueError(f"cannot do it to {PERSONAL} with {target.passwords}")

    with Deployed() as machines:
        machines.backup(source)
        target.before = fail
        with pytest.raises(ExecutionFailed, match=r"^Unexpected") as failed:
            machines.restore(target, snapshot=LATEST)
    told = capfd.readouterr()
    assert_tells_nobody(told.out + told.err + str(failed.value), source, target)
    assert "ValueError in test_nothing_leaks.py, fail, line" in failed.value.cause


def test_a_refused_target_tells_nothing_of_anybody(capfd: pytest.CaptureFixture[str]) -> None:
    source, target = people(), target_pool()
    with Deployed() as machines:
        machines.backup(source)
        with pytest.raises(ExecutionFailed, match=r"^TargetMismatch") as failed:
            machines.restore(target, snapshot=LATEST)
    told = capfd.readouterr()
    assert "custom:tenant (9 users)" in failed.value.cause
    assert_tells_nobody(told.out + told.err + str(failed.value), source, target)


def test_a_verification_that_fails_tells_nothing_of_anybody(capfd: pytest.CaptureFixture[str]) -> None:
    source, target = people(), target_pool(custom=("custom:tenant",))

    def lose_somebody(operation: str) -> None:
        if operation == "ListUsers" and len(target.accounts) == 9:
            target.accounts.popitem()

    with Deployed() as machines:
        machines.backup(source)
        target.before = lose_somebody
        with pytest.raises(ExecutionFailed, match=r"^VerificationFailed") as failed:
            machines.restore(target, snapshot=LATEST)
    told = capfd.readouterr()
    assert_tells_nobody(told.out + told.err + str(failed.value), source, target)


def metrics(text: str) -> list[dict[str, Any]]:
    documents = [json.loads(line) for line in text.splitlines()]
    return [document for document in documents if "_aws" in document]


@pytest.mark.parametrize("deadline", [Never(), EveryTime(3)], ids=["one go", "hand-overs"])
def test_metrics_count_each_user_once_and_have_the_service_as_their_only_dimension(
    deadline: Deadline, capfd: pytest.CaptureFixture[str]
) -> None:
    with Deployed(deadline=deadline) as machines:
        machines.backup(people())
        machines.restore(target_pool(custom=("custom:tenant",)), snapshot=LATEST)
    told = metrics(capfd.readouterr().out)
    for document in told:
        for directive in document["_aws"]["CloudWatchMetrics"]:
            assert directive["Namespace"] == NAMESPACE
            assert directive["Dimensions"] == [["service"]]
            assert {metric["Name"] for metric in directive["Metrics"]} <= set(Metric)
        assert document["service"] in ("backup", "restore")
    total = {name: sum(sum(document.get(name, [0])) for document in told) for name in Metric}
    # The restore lists its target twice, with nobody in it and then with nine.
    assert total[Metric.USERS_EXPORTED] == 10 + 9
    assert total[Metric.USERS_RESTORED] == 9
    assert total[Metric.SNAPSHOTS_SEALED] == 1
    assert total[Metric.USERS_FAILED] == total[Metric.THROTTLES] == 0


def test_what_a_handler_printed_is_json_line_by_line(capfd: pytest.CaptureFixture[str]) -> None:
    """CloudWatch Logs Insights reads fields; anything else that is printed was not meant to be."""
    with Deployed() as machines:
        machines.backup(people())
    told = capfd.readouterr()
    assert told.err == ""
    for line in told.out.splitlines():
        assert {"service"} <= json.loads(line).keys()


@pytest.mark.parametrize("operation", ["ListUsers", "ListGroups", "ListUsersInGroup", "AdminCreateUser"])
def test_every_throttle_is_counted(operation: str, capfd: pytest.CaptureFixture[str]) -> None:
    source, target = people(), target_pool(custom=("custom:tenant",))
    throttled: list[str] = []

    def throttle(called: str) -> None:
        if called == operation and len(throttled) < 3:
            throttled.append(called)
            raise Throttled(f"{called}: TooManyRequestsException.")

    source.before = target.before = throttle
    with Deployed() as machines:
        machines.backup(source)
        machines.restore(target, snapshot=LATEST)
    told = metrics(capfd.readouterr().out)
    assert sum(sum(document.get(Metric.THROTTLES, [0])) for document in told) == len(throttled) == 3


def test_a_killed_function_left_no_half_told_metrics_to_the_next(capfd: pytest.CaptureFixture[str]) -> None:
    source = people()
    source.before = KillAt(5)
    with Deployed() as machines:
        machines.backup(source)
    counted = sum(sum(document.get(Metric.USERS_EXPORTED, [0])) for document in metrics(capfd.readouterr().out))
    assert counted == 10

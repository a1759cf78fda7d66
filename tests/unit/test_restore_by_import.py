"""`credentials: import-job`, through whole runs: a job's word is not trusted, and nobody is lost when it fails."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest

from poolsafe.domain.records import CONFIRMED, FORCE_CHANGE_PASSWORD, RESET_REQUIRED, User
from poolsafe.domain.restore.outcome import Kind
from poolsafe.errors import Rejected
from tests.fake_cognito import FakeCognito
from tests.fake_imports import FAILED, FakeImports
from tests.fakes import FakeUserPool
from tests.pipeline import LATEST, pool_with, target_pool
from tests.step_functions import Deployed, ExecutionFailed
from tests.unit.restores import MARK, ended, mfa, outcomes_of

MAIL: dict[str, Any] = {"email": "a@example.com", "email_verified": "true"}


@pytest.fixture
def machines() -> Iterator[Deployed]:
    with Deployed() as deployed:
        yield deployed


def imports_of(machines: Deployed, **options: Any) -> FakeImports:
    """The import jobs of the account, set up as a test wants them."""
    imports = FakeImports(**options)
    machines.cognitos["us-east-1"] = FakeCognito(imports=imports)
    return imports


def importing(**options: Any) -> FakeUserPool:
    return target_pool(auto_verified=("email",), **options)


def restored(machines: Deployed, source: FakeUserPool, target: FakeUserPool, **options: Any) -> dict[str, Any]:
    machines.backup(source, include=["mfa"])
    return machines.restore(target, snapshot=LATEST, credentials="import-job", **options)


def statuses(target: FakeUserPool) -> dict[str, str]:
    return {name: account.user.status for name, account in target.accounts.items()}


def waits_of(machines: Deployed) -> list[float]:
    """From now on, how long each Wait is; the clock moves on as it did."""
    waits, sleep = [], machines.clock.sleep

    def wait(seconds: float) -> None:
        waits.append(seconds)
        sleep(seconds)

    machines.clock.sleep = wait  # type: ignore[method-assign]
    return waits


def test_everybody_is_imported_and_then_gets_what_no_file_can_give(machines: Deployed) -> None:
    source, target = pool_with(6), importing()
    source.add("off", enabled=False, groups=("group0",), **MAIL | {"email": "off@example.com"})
    source.add("born", groups=("group0",), **MAIL | {"email": "born@example.com"}, birthdate="1815-12-10")
    result = restored(machines, source, target)
    # Who may not come in is made by a call, disabled from the first minute on.
    assert statuses(target) == {**dict.fromkeys(source.accounts, RESET_REQUIRED), "off": CONFIRMED}
    for name, account in source.accounts.items():
        back = target.accounts[name]
        assert (set(back.groups), back.user.enabled) == (set(account.groups), account.user.enabled)
        wanted = {**account.user.attributes, MARK: account.user.sub, "phone_number_verified": "false"}
        wanted |= {"birthdate": "12/10/1815"} if name == "born" else {}
        if name == "off":
            del wanted["phone_number_verified"]
        assert back.user.attributes == wanted
    assert (target.calls["AdminCreateUser"], target.calls["AdminSetUserPassword"]) == (1, 1)
    assert target.messages == []
    assert result["status"] == "COMPLETE"
    assert {row.old for row in machines.sub_map(result)} == {a.user.sub for a in source.accounts.values()}
    report = machines.report(result)
    assert report["verification"]["declared_differences"]["form"] == 1
    assert report["plan"]["credentials"]["import-job"] == 7


def test_an_import_bills_only_whom_somebody_touches_afterwards(machines: Deployed) -> None:
    source = pool_with(3, groups=0)
    source.add("member", groups=("staff",), email="m@example.com", email_verified="true")
    source.add("off", enabled=False, email="o@example.com", email_verified="true")
    result = restored(machines, source, importing())
    assert machines.plan(result)["users_billed_as_active"] == 2
    assert machines.plan(result)["hours_by_quota"]["UserCreation"] == 0


def test_whom_no_file_takes_gets_the_fallback(machines: Deployed) -> None:
    source, target = pool_with(2, groups=0), importing()
    source.add("hostile", name='"', email="h@example.com", email_verified="true")
    source.add("unsure", email="u@example.com", email_verified="false")
    result = restored(machines, source, target)
    assert statuses(target) == {
        "user00000": RESET_REQUIRED,
        "user00001": RESET_REQUIRED,
        "hostile": FORCE_CHANGE_PASSWORD,
        "unsure": FORCE_CHANGE_PASSWORD,
    }
    assert machines.plan(result)["unreachable"] == {"not_auto_verified": 1, "not_for_csv": 1}
    assert result["status"] == "COMPLETE"


def test_a_blank_attribute_that_no_file_can_hold_is_no_difference(machines: Deployed) -> None:
    source, target = FakeUserPool(), importing()
    source.add("blank", **MAIL, name="", custom__original_sub="")
    source.add("comma", **MAIL | {"email": "c@example.com"}, name="King, Ada")
    result = restored(machines, source, target)
    assert target.accounts["comma"].user.attributes["name"] == "King, Ada"
    assert target.accounts["blank"].user.attributes[MARK] == source.accounts["blank"].user.sub
    assert result["status"] == "COMPLETE"


# Rows and jobs that fail


@pytest.mark.parametrize(
    ("fallback", "expected"),
    [("temporary", FORCE_CHANGE_PASSWORD), ("reset", CONFIRMED), ("fail", None)],
)
def test_whose_row_fails_gets_the_fallback_though_the_job_succeeded(
    machines: Deployed, fallback: str, expected: str | None
) -> None:
    imports = imports_of(machines, fail_rows=lambda name: name == "user00002")
    target = importing()
    result = restored(machines, pool_with(6), target, credentials_fallback=fallback, max_failed_percent=50)
    [job] = imports.jobs.values()
    assert (job.told["Status"], job.told["FailedUsers"]) == ("Succeeded", 1)
    assert statuses(target).pop("user00002", None) == expected
    assert ended(machines, result, "user00002") == ("created" if expected else "failed", "not_imported")
    if expected:
        assert set(target.accounts["user00002"].groups) == {"group2", "group0"}
    assert (result["status"], machines.report(result)["verification"]["passed"]) == (
        "COMPLETE" if expected else "PARTIAL",
        True,
    )


def test_whom_a_failed_job_has_made_is_kept_and_the_others_get_the_fallback(machines: Deployed) -> None:
    imports = imports_of(machines, job_ends=FAILED)
    target = importing()
    result = restored(machines, pool_with(6), target)
    [job] = imports.jobs.values()
    assert (job.told["Status"], job.told["ImportedUsers"]) == (FAILED, 3)
    assert sorted(statuses(target).values()) == [FORCE_CHANGE_PASSWORD] * 3 + [RESET_REQUIRED] * 3
    assert (result["status"], result["counts"]["created"]) == ("COMPLETE", 6)


def test_a_job_that_made_nobody_stops_the_restore_and_a_redrive_imports_again(machines: Deployed) -> None:
    imports = imports_of(machines, fail_rows=lambda name: True)
    target = importing()
    with pytest.raises(ExecutionFailed) as failed:
        restored(machines, pool_with(3), target)
    assert failed.value.error == "ImportFailed"
    message = json.loads(failed.value.cause)["errorMessage"]
    assert "it ended as Failed and imported nobody" in message
    assert "whom earlier files brought are there, but may lack their groups" in message
    assert target.accounts == {}
    imports.fail_rows = lambda name: False
    # The state that failed only looks; a second run with the same id begins with a new job.
    [restore_id] = {key.split("/")[1] for key in machines.store.objects if key.startswith("restores/")}
    result = machines.restore(target, snapshot=LATEST, credentials="import-job", restore_id=restore_id)
    assert (result["status"], set(statuses(target).values())) == ("COMPLETE", {RESET_REQUIRED})
    assert len(imports.jobs) == 2


def test_who_was_there_before_the_job_is_not_taken_for_one_that_it_made(machines: Deployed) -> None:
    """Skipped by the job, because somebody took the name after the plan was made."""
    target = importing(clock=machines.clock)
    imports = imports_of(machines)
    start = imports.start

    def sign_up(*arguments: Any) -> Any:
        target.put(target.add("user00001", email="attacker@example.com", email_verified="true"), password="theirs")
        return start(*arguments)

    imports.start = sign_up  # type: ignore[assignment,method-assign]
    result = restored(machines, pool_with(3), target, max_failed_percent=50)
    assert ended(machines, result, "user00001") == ("failed", "name_taken")
    assert (target.accounts["user00001"].groups, target.accounts["user00001"].password) == ([], "theirs")
    assert result["status"] == "PARTIAL"


# Jobs one after the other


def test_another_job_of_the_account_goes_first_and_then_this_one(machines: Deployed) -> None:
    imports = imports_of(machines, is_busy=True)
    waits, target = waits_of(machines), importing()

    def free(operation: str) -> None:
        imports.is_busy = sum(waits) < 1200

    machines.cognitos["us-east-1"].before = free
    result = restored(machines, pool_with(3), target)
    assert waits.count(300) >= 3
    assert (result["status"], set(statuses(target).values())) == ("COMPLETE", {RESET_REQUIRED})
    # Addresses for uploads are good for a quarter of an hour, so a new job was needed.
    assert len(imports.jobs) == 2


def test_nobody_waits_for_another_job_for_ever(machines: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("poolsafe.operations.import_users.MOST_WAITS", 5)
    imports_of(machines, is_busy=True)
    target = importing()
    with pytest.raises(ExecutionFailed, match=r"^ImportFailed.*another import job of this account has been active"):
        restored(machines, pool_with(3), target)
    assert target.accounts == {}


def test_the_looks_at_a_job_become_rarer(machines: Deployed) -> None:
    imports_of(machines, describes_until_done=9)
    waits = waits_of(machines)
    restored(machines, pool_with(3), importing())
    looks = [seconds for seconds in waits if seconds >= 5]
    assert looks == [5, 10, 20, 40, 80, 160, 320, 600, 600][: len(looks)]


def test_more_rows_than_a_file_takes_are_more_files(machines: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("poolsafe.operations.plan_restore.PLANNED_ROWS", 2)
    monkeypatch.setattr("poolsafe.operations.import_files.MAX_FILE_ROWS", 4)
    imports = imports_of(machines, max_rows=4)
    target = importing()
    result = restored(machines, pool_with(9), target)
    assert [job.told["ImportedUsers"] for job in imports.jobs.values()] == [4, 4, 1]
    assert len({job.told["JobName"] for job in imports.jobs.values()}) == 3
    assert (result["status"], len(target.accounts)) == ("COMPLETE", 9)


def test_a_restore_that_is_run_again_imports_who_is_missing_by_a_job_of_its_own(machines: Deployed) -> None:
    """Not by the first one, which has a job for a file of that number and has ended."""
    imports, target = imports_of(machines), importing()
    first = restored(machines, pool_with(4), target)
    del target.accounts["user00002"]
    options = {"credentials": "import-job", "restore_id": first["restore_id"]}
    result = machines.restore(target, snapshot=LATEST, **options)
    assert (result["counts"]["created"], result["counts"]["skipped"]) == (1, 3)
    assert set(statuses(target).values()) == {RESET_REQUIRED}
    assert [job.told["ImportedUsers"] for job in imports.jobs.values()] == [4, 1]


def test_an_upload_without_an_answer_is_tried_again(machines: Deployed) -> None:
    imports = imports_of(machines, refuse_uploads=2)
    result = restored(machines, pool_with(3), importing())
    assert (result["status"], len(imports.jobs)) == ("COMPLETE", 1)
    assert machines.executions[-1].retries == {"ServiceUnavailable": 2}


# What is refused, and what waits for the password


def test_a_pool_that_verifies_nothing_by_itself_is_refused_before_anything_is_written(machines: Deployed) -> None:
    target = target_pool()
    with pytest.raises(ExecutionFailed, match=r"^InvalidRequest.*verifies neither e-mail addresses nor phone numbers"):
        restored(machines, pool_with(3), target)
    assert target.accounts == {}
    assert target.group_records == {}


def test_links_and_aliases_come_at_once_and_second_factors_after_the_password(machines: Deployed) -> None:
    linked = json.dumps([{"userId": "1", "providerName": "Google", "primary": False}])
    source = FakeUserPool(mfa=mfa("OPTIONAL"))
    source.add("ada", **MAIL, preferred_username="Lady", identities=linked, phone_number="+12065550100")
    user = source.accounts["ada"].user
    source.put(replace(user, mfa_methods=("SMS_MFA",), preferred_mfa="SMS_MFA"))
    target = importing(providers=("Google",), alias_attributes=("preferred_username",), mfa=mfa("OPTIONAL"))
    result = restored(machines, source, target)
    back = target.accounts["ada"].user
    assert back.attributes["preferred_username"] == "Lady"
    assert [one["providerName"] for one in json.loads(back.attributes["identities"])] == ["Google"]
    assert back.mfa_methods is None
    outcome = outcomes_of(machines, result, Kind.MFA)["ada"]
    assert (outcome.outcome, outcome.reason) == ("skipped", "password_first")
    assert machines.plan(result)["attention"] == {"mfa_not_restored": 1}
    assert result["status"] == "COMPLETE"


@pytest.mark.parametrize("options", [{"username_attributes": ("email",)}, {"case_sensitive": False}])
def test_imported_users_are_found_in_every_kind_of_pool(machines: Deployed, options: dict[str, Any]) -> None:
    source, target = FakeUserPool(), importing(**options)
    for name in ("Ada", "Bob"):
        source.add(name, email=f"{name}@Example.com", email_verified="true", groups=("staff",))
    result = restored(machines, source, target)
    assert (result["status"], set(statuses(target).values())) == ("COMPLETE", {RESET_REQUIRED})
    assert [account.groups for account in target.accounts.values()] == [["staff"]] * 2
    before = deepcopy(target.accounts)
    again = machines.restore(target, snapshot=LATEST, credentials="import-job")
    assert (again["counts"]["skipped"], target.accounts) == (2, before)


def test_a_name_that_cognito_does_not_look_up_stops_nobody_else(
    machines: Deployed, monkeypatch: pytest.MonkeyPatch
) -> None:
    imports_of(machines, fail_rows=lambda name: name == "user00002")
    target = importing()
    get_user = target.get_user

    def refusing(username: str) -> User:
        if username == "user00002":
            raise Rejected("AdminGetUser", "InvalidParameterException")
        return get_user(username)

    monkeypatch.setattr(target, "get_user", refusing)
    result = restored(machines, pool_with(6), target)
    assert (result["status"], result["counts"]["created"]) == ("COMPLETE", 6)
    assert ended(machines, result, "user00002") == ("created", "not_imported")


def test_a_preferred_username_that_the_pool_has_lowered_is_there_and_bills_nobody(machines: Deployed) -> None:
    imports_of(machines)
    source, target = FakeUserPool(), importing(alias_attributes=("preferred_username",), case_sensitive=False)
    for number in range(3):
        source.add(f"user{number}", **{**MAIL, "email": f"u{number}@example.com"}, preferred_username=f"Pat{number}")
    result = restored(machines, source, target)
    assert (result["status"], machines.plan(result)["users_billed_as_active"]) == ("COMPLETE", 0)
    assert target.calls["AdminUpdateUserAttributes"] == 0

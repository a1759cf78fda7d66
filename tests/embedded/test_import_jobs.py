"""Cognito's own import, when it goes wrong: every failure has a name and a way out, and nobody is lost on it."""

from __future__ import annotations

import pytest

from tests.embedded.deployed import ORIGINAL_SUB, Deployed, Json, person
from tests.embedded.matrix import GROUPS, Person
from tests.embedded.matrix_pools import make_pool
from tests.embedded.mid_run import (
    KIND,
    PEOPLE,
    Saved,
    begun,
    imports,
    reached,
    restore_id_of,
    save,
    somebody_elses_import,
)
from tests.embedded.sign_ins import NEW_PASSWORD, Door, handed_out
from tests.embedded.test_interruptions import redriven
from tests.embedded.walked import Seen, restore_and_walk

IMPORT: Json = {"credentials": "import-job"}
#: Whom the file cannot hold and who is disabled, with the status they get; and who has a row in it.
NOT_IMPORTED = {"unverified": "FORCE_CHANGE_PASSWORD", "disabled": "CONFIRMED"}
IMPORTED = {person.key for person in PEOPLE} - NOT_IMPORTED.keys()
#: A row of an import may have 16,000 characters; who has all of these full has more than 20,000.
PAGES = tuple(f"page{number:02d}" for number in range(11))


@pytest.fixture(scope="module")
def saved(deployed: Deployed) -> Saved:
    return save(deployed)


@pytest.fixture(scope="module")
def snapshot(saved: Saved) -> str:
    return saved[0]


@pytest.fixture
def target(deployed: Deployed) -> str:
    return make_pool(deployed, KIND)


def assert_all_in(seen: Seen, fallback: set[str]) -> None:
    """Everybody is back, and everybody gets in."""
    assert (seen.result["status"], seen.back.keys()) == ("COMPLETE", seen.people.keys())
    assert {key: way.by for key, way in seen.ways.items()} == {
        key: "fallback" if key in fallback else "asked" for key in seen.people
    }
    assert seen.memberships == {(group, key) for key, person in seen.people.items() for group in person.groups}
    assert {key for key, user in seen.back.items() if not user.enabled} == {"disabled"}
    assert seen.messages == []


# Before anything is written


def test_a_pool_that_verifies_nothing_by_itself_takes_no_import(deployed: Deployed, snapshot: str) -> None:
    target = make_pool(deployed, KIND, AutoVerifiedAttributes=[])
    for dry_run in (True, False):
        deployed.cloud.forget()
        request = {"snapshot": snapshot, "target_user_pool_id": target, "dry_run": dry_run, **IMPORT}
        refusal = deployed.refused("restore", request)
        assert refusal.error == "InvalidRequest"
        assert refusal.message.startswith("credentials: is import-job")
        assert "AutoVerifiedAttributes" in refusal.message
        assert deployed.writes() == {}
    assert {*GROUPS} & deployed.groups(target).keys() == set()


# Jobs


def test_another_import_of_the_account_goes_first(deployed: Deployed, saved: Saved, target: str) -> None:
    snapshot, by_sub = saved
    with somebody_elses_import(deployed):
        execution = begun(deployed, snapshot, target, **IMPORT)
        reached(deployed, execution, "WaitForOtherImport", times=2)
        assert deployed.users(target) == {}
    result = deployed.cloud.finish(execution, seconds=120)
    assert (result["status"], result["counts"]["created"]) == ("COMPLETE", len(by_sub))
    statuses = {username: user.status for username, user in deployed.users(target).items()}
    assert statuses == {**dict.fromkeys(statuses, "RESET_REQUIRED"), **NOT_IMPORTED}


def test_a_job_that_made_nobody_stops_the_restore_which_goes_on_under_its_id(
    deployed: Deployed, saved: Saved, target: str
) -> None:
    snapshot, by_sub = saved
    with imports(deployed, fail_every=1):
        execution = begun(deployed, snapshot, target, **IMPORT)
        refusal = deployed.failed(execution)
    restore_id = restore_id_of(deployed, target)
    assert refusal.error == "ImportFailed"
    for told in ("imported nobody", f"/aws/cognito/userpools/{target}/", f'"restore_id": "{restore_id}"'):
        assert told in refusal.message
    assert deployed.users(target) == {}
    assert {*GROUPS} <= deployed.groups(target).keys()
    result = deployed.restore(snapshot, target, restore_id=restore_id, **IMPORT)
    assert (result["status"], result["restore_id"]) == ("COMPLETE", restore_id)
    assert result["counts"]["created"] == len(by_sub)
    assert deployed.cloud.messages() == []


def test_a_job_that_cannot_be_made_stops_the_restore_and_a_redrive_makes_it(
    deployed: Deployed, saved: Saved, target: str
) -> None:
    snapshot, by_sub = saved
    full = {"action": "CreateUserImportJob", "error": "LimitExceededException", "times": None}
    with deployed.cloud.faults(full):
        execution = begun(deployed, snapshot, target, **IMPORT)
        refusal = deployed.failed(execution)
    assert refusal.error == "ImportFailed"
    assert "CreateUserImportJob: LimitExceededException" in refusal.message
    assert deployed.users(target) == {}
    assert redriven(deployed, execution)["counts"]["created"] == len(by_sub)


def test_rows_that_fail_get_the_fallback_and_are_told(deployed: Deployed, saved: Saved, target: str) -> None:
    with imports(deployed, fail_every=3):
        seen = restore_and_walk(deployed, *saved, target, KIND, "import-job")
    outcomes = deployed.rows(f"restores/{seen.result['restore_id']}/outcomes/")
    told = {row["username"] for row in outcomes if row["kind"] == "user" and row["reason"] == "not_imported"}
    assert len(told) == len(IMPORTED) // 3
    assert told == {key for key, given in seen.given.items() if given == "temporary"} - {"unverified"}
    assert_all_in(seen, {*told, "unverified"})


def test_most_rows_may_fail(deployed: Deployed, saved: Saved, target: str) -> None:
    """Cognito ends such a job as failed, whatever it made."""
    with imports(deployed, fail_every=2, give_up_after=2):
        seen = restore_and_walk(deployed, *saved, target, KIND, "import-job")
    [job] = deployed.idp(target).list_user_import_jobs(UserPoolId=target, MaxResults=10)["UserImportJobs"]
    assert (job["Status"], job["ImportedUsers"]) == ("Failed", 2)
    assert_all_in(seen, {key for key, given in seen.given.items() if given == "temporary"})
    assert len(seen.handed) == len(IMPORTED) - 2 + len({"unverified"})


def test_what_a_job_says_of_itself_is_not_believed(deployed: Deployed, saved: Saved, target: str) -> None:
    with imports(deployed, finish_as_failed=True):
        seen = restore_and_walk(deployed, *saved, target, KIND, "import-job")
    assert_all_in(seen, {"unverified"})


def test_an_upload_that_is_refused_is_made_again(deployed: Deployed, snapshot: str, target: str) -> None:
    with imports(deployed, refuse_uploads=1):
        assert deployed.restore(snapshot, target, **IMPORT)["status"] == "COMPLETE"


# Users whom no row can hold


@pytest.fixture(scope="module")
def long(deployed: Deployed) -> tuple[str, int]:
    """Somebody of more than 20,000 characters, and two others; the snapshot, and how many characters."""
    pool = deployed.pool(*PAGES)
    pages = {f"custom:{page}": page[-1] * 2048 for page in PAGES}
    mail = {name: {"email": f"{name}@example.com", "email_verified": "true"} for name in ("ada", "eve", "long")}
    people = [person(name, attributes={**own, **(pages if name == "long" else {})}) for name, own in mail.items()]
    deployed.cloud.put_users(pool, people)
    return f"{pool}/{deployed.backup(pool)['snapshot_id']}", sum(map(len, pages.values()))


@pytest.mark.parametrize("credentials", ["import-job", "reset"])
def test_who_is_too_long_for_a_row_comes_back_all_the_same(
    deployed: Deployed, long: tuple[str, int], credentials: str
) -> None:
    snapshot, size = long
    assert size > 20_000
    target = deployed.pool(*PAGES, ORIGINAL_SUB, AutoVerifiedAttributes=["email"])
    result = deployed.restore(snapshot, target, credentials=credentials)
    report, back = deployed.document(result["report"]), deployed.users(target)
    assert (result["status"], result["counts"]["created"]) == ("COMPLETE", 3)
    assert sum(len(value) for name, value in back["long"].attributes.items() if "page" in name) == size
    is_imported = credentials == "import-job"
    assert report["plan"]["unreachable"] == ({"row_too_long": 1} if is_imported else {})
    assert {back["ada"].status, back["eve"].status} == {"RESET_REQUIRED" if is_imported else "CONFIRMED"}
    door = Door.of(deployed.cloud, deployed.idp(target), target)
    if is_imported:
        row = handed_out(deployed, report)["long"]
        assert door.come_in(row.sign_in_name, row.password) == (NEW_PASSWORD,)
    else:
        door.forget_password("long")
    assert door.come_in("long") == ()


def test_who_has_a_value_that_cognito_takes_from_nobody_comes_back_without_it_and_is_told(deployed: Deployed) -> None:
    """A date of birth in a form that is neither the API's nor the file's."""
    snapshot, by_sub = save(deployed, (*PEOPLE[:5], Person("undated", True, more={"birthdate": "01.02.1985"})))
    for credentials in ("reset", "import-job"):
        target = make_pool(deployed, KIND)
        result = deployed.restore(snapshot, target, credentials=credentials)
        assert (result["status"], result["counts"]["failed"]) == ("COMPLETE", 0)
        back = deployed.users(target)
        assert back.keys() == {person.key for person in by_sub.values()}
        assert "birthdate" not in back["undated"].attributes
        attention = deployed.rows(f"restores/{result['restore_id']}/attention/")
        assert ("undated", "attribute_lost", "birthdate") in {
            (row["username"], row["attention"], row["detail"]) for row in attention
        }

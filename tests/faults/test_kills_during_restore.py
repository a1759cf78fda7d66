"""A restore whose process dies at any call, before or after the call took effect, ends like an undisturbed one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from poolsafe.domain.records import CONFIRMED, FORCE_CHANGE_PASSWORD
from poolsafe.ports import Deadline, StoredObject
from tests.fakes import CHOSEN, EveryTime, KillAt, Never
from tests.faults.killed_restores import Restore, lives, source
from tests.pipeline import LATEST
from tests.step_functions import Deployed, ExecutionFailed


@pytest.fixture(scope="module")
def snapshot() -> dict[str, StoredObject]:
    """The bucket after a backup of the source."""
    with Deployed() as machines:
        machines.backup(source(), execution="backup", include=["mfa"])
    return machines.store.objects


@pytest.fixture(autouse=True)
def _one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """One worker, so that call number n is the same call in every life."""
    monkeypatch.setattr("restore.restore_users.workers_for", lambda rates: 1)


@pytest.mark.parametrize(("deadline", "step"), [(Never, 1), (lambda: EveryTime(3), 13)], ids=["one go", "hand-overs"])
def test_a_restore_killed_at_any_call_ends_like_an_undisturbed_one(
    snapshot: dict[str, StoredObject], deadline: Callable[[], Deadline], step: int
) -> None:
    undisturbed = Restore(snapshot, KillAt(0), deadline())
    expected = undisturbed.run()
    assert expected["counts"] == {"created": 38, "updated": 0, "skipped": 1, "deferred": 1, "failed": 0}
    assert undisturbed.locked_out() == []
    for place, restore, life in lives(lambda life: Restore(snapshot, life, deadline()), step):
        chosen: set[str] = set()

        def meanwhile(restore: Restore = restore, chosen: set[str] = chosen) -> None:
            restore.choose_passwords()
            chosen |= {name for name, account in restore.target.accounts.items() if account.password == CHOSEN}

        life.meanwhile = meanwhile
        result = restore.run()
        assert restore.execution.retries == {"Lambda.Unknown": 1}, place
        assert {**result, "report": ""} == {**expected, "report": ""}, place
        assert restore.people() == undisturbed.people(), place
        assert restore.target.group_records.keys() == undisturbed.target.group_records.keys(), place
        assert restore.outcomes(result) == undisturbed.outcomes(expected), place
        assert {row.new for row in restore.machines.sub_map(result)} == {
            account.user.sub for account in restore.target.accounts.values()
        }, place
        assert restore.machines.report(result)["verification"]["passed"], place
        assert restore.locked_out() == [], place
        assert "dismissed" not in chosen, place
        for name in chosen:
            assert restore.target.accounts[name].password == CHOSEN, f"{place}: {name}"


def test_a_target_without_a_place_for_the_old_sub_survives_kills_too(snapshot: dict[str, StoredObject]) -> None:
    """Then a user of an earlier attempt is known by all its attributes."""
    undisturbed = Restore(snapshot, KillAt(0), custom=())
    expected = undisturbed.run()
    for place, restore, _ in lives(lambda life: Restore(snapshot, life, custom=()), step=17):
        result = restore.run()
        assert result["counts"] == expected["counts"], place
        assert restore.people() == undisturbed.people(), place


def test_a_restore_with_many_workers_survives_kills_too(
    snapshot: dict[str, StoredObject], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("restore.restore_users.workers_for", lambda rates: 8)
    undisturbed = Restore(snapshot, KillAt(0))
    expected = undisturbed.run()
    for at in range(10, undisturbed.life.made, 23):
        restore = Restore(snapshot, KillAt(at))
        result = restore.run()
        assert result["counts"] == expected["counts"], f"killed at call {at}"
        assert restore.people() == undisturbed.people(), f"killed at call {at}"


def test_a_restore_killed_too_often_fails_and_a_redrive_ends_it(snapshot: dict[str, StoredObject]) -> None:
    undisturbed = Restore(snapshot, KillAt(0))
    expected = undisturbed.run()
    restore = Restore(snapshot, KillAt(0))

    def die(operation: str) -> None:
        if operation == "AdminSetUserPassword" and restore.target.calls[operation] == 7:
            KillAt(1)(operation)

    restore.target.before = die
    with restore.machines, pytest.raises(ExecutionFailed, match=r"Lambda\.Unknown"):
        restore.machines.restore(restore.target, "restore", snapshot=LATEST)
    assert restore.locked_out()
    restore.target.before = lambda operation: None
    with restore.machines:
        result = restore.execution.redrive()
    assert result == expected
    assert restore.people() == undisturbed.people()


#: What comes after the password, and how many lives that end right after it leave somebody unlike.
LATE = {
    "after AdminSetUserPassword": 4,
    "after AdminUpdateUserAttributes": 1,
    "after AdminSetUserMFAPreference": 1,
    "after AdminLinkProviderForUser": 1,
}


class Abandoned(Exception):
    """Nobody tries again."""


def abandon() -> None:
    raise Abandoned


def test_a_new_restore_after_a_dead_one_leaves_nobody_behind_nor_locked_out(snapshot: dict[str, StoredObject]) -> None:
    undisturbed = Restore(snapshot, KillAt(0))
    undisturbed.run()
    expected = undisturbed.people()
    unlike: list[str] = []
    for place, restore, life in lives(lambda life: Restore(snapshot, life), 7, LATE):
        life.meanwhile = abandon
        with pytest.raises(Abandoned):
            restore.run("the first")
        restore.choose_passwords()
        chosen = [account for account in restore.target.accounts.values() if account.password == CHOSEN]
        life.meanwhile, life.dead = (lambda: None), False
        result = restore.run("the second")
        people = restore.people()
        assert people.keys() == expected.keys(), place
        assert restore.locked_out() == [], place
        assert {name: groups for name, (*_, groups) in people.items()} == {
            name: groups for name, (*_, groups) in expected.items()
        }, place
        assert {account.password for account in chosen} <= {CHOSEN}, place
        assert restore.target.accounts["dismissed"] not in chosen, place
        # After a password nothing tells a user of a dead restore from one who was always there. Who lacks something
        # that a listing shows is told, and not hidden; second factors it does not show.
        seen = {name: told[:4] + told[5:] for name, told in people.items()}
        alike = seen == {name: told[:4] + told[5:] for name, told in expected.items()}
        unlike += [] if alike else [life.operations[life.at - 1]]
        assert result["status"] == ("COMPLETE" if alike else "PARTIAL"), place
    # Those that ended between a password and what comes after it.
    assert Counter(unlike) == LATE


# Somebody else comes by the same name meanwhile.


@pytest.mark.parametrize("custom", [("custom:original_sub",), ()], ids=["marked", "unmarked"])
@pytest.mark.parametrize("status", [CONFIRMED, FORCE_CHANGE_PASSWORD])
def test_a_user_that_appears_meanwhile_is_left_alone(
    snapshot: dict[str, StoredObject], custom: tuple[str, ...], status: str
) -> None:
    restore = Restore(snapshot, KillAt(0), options={"max_failed_percent": 10}, custom=custom)

    def sign_up(operation: str) -> None:
        if operation == "AdminCreateUser" and "user5" not in restore.target.accounts:
            restore.target.put(restore.target.add("user5", email="another@example.com", status=status, password=CHOSEN))
            account = restore.target.accounts["user5"]
            account.password = CHOSEN

    with restore.machines:
        restore.target.before = sign_up
        result = restore.machines.restore(restore.target, snapshot=LATEST, max_failed_percent=10)
    account = restore.target.accounts["user5"]
    assert (account.user.attributes, account.groups, account.password) == ({"email": "another@example.com"}, [], CHOSEN)
    assert account.user.status == status
    assert (result["counts"]["created"], result["counts"]["failed"]) == (37, 1)
    assert ("failed", "name_taken") in {
        (outcome.outcome, outcome.reason) for outcome in restore.machines.outcomes(result)
    }


def test_a_user_made_before_the_restore_began_is_nobody_of_ours(snapshot: dict[str, StoredObject]) -> None:
    """It has all the attributes, the listing lagged, and it waits for its invitation to be accepted."""
    restore = Restore(snapshot, KillAt(0), custom=())
    restore.target.clock = restore.machines.clock

    def appear(operation: str) -> None:
        if operation == "AdminCreateUser" and "user5" not in restore.target.accounts:
            user = restore.target.add("user5", email="user5@example.com", status=FORCE_CHANGE_PASSWORD, password=CHOSEN)
            restore.target.put(user, password=CHOSEN)

    with restore.machines:
        restore.target.before = appear
        restore.machines.restore(restore.target, snapshot=LATEST, max_failed_percent=10)
    account = restore.target.accounts["user5"]
    assert (account.user.status, account.password, account.groups) == (FORCE_CHANGE_PASSWORD, CHOSEN, [])

"""A restore by any other credential than `reset` survives the death of its process too: an import job is not a call."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from poolsafe.domain.records import CONFIRMED, FORCE_CHANGE_PASSWORD, RESET_REQUIRED
from poolsafe.ports import StoredObject
from tests.fakes import CHOSEN, KillAt
from tests.faults.killed_restores import Restore, lives, source
from tests.step_functions import Deployed

AT_ONCE = 4
#: Rows that a job does not take, of users who get a temporary password instead; some are confirmed for it first.
NOT_IMPORTED = ("user1", "linked", "preferring", "texted")
WAYS: dict[str, dict[str, Any]] = {
    "import-job": {"credentials": "import-job"},
    "import-jobs": {"credentials": "import-job"},
    "import-failing": {"credentials": "import-job"},
    "temporary": {"credentials": "temporary"},
    "invite": {"credentials": "invite", "send_messages": True},
}


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
    monkeypatch.setattr("restore.restore_users.INVITED_AT_ONCE", AT_ONCE)


@pytest.mark.parametrize("credential", WAYS)
def test_a_restore_killed_at_any_call_ends_like_an_undisturbed_one(
    snapshot: dict[str, StoredObject], credential: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if credential == "import-jobs":
        # Lanes work on those of the first files while the others are imported.
        monkeypatch.setattr("poolsafe.operations.plan_restore.PLANNED_ROWS", 8)
        monkeypatch.setattr("poolsafe.operations.import_files.FEWEST_ROWS", 10)

    def begun(life: KillAt) -> Restore:
        restore = Restore(snapshot, life, options=WAYS[credential])
        if credential == "import-failing":
            restore.imports.fail_rows = NOT_IMPORTED.__contains__
        return restore

    undisturbed = begun(KillAt(0))
    expected = undisturbed.run()
    statuses = Counter(account.user.status for account in undisturbed.target.accounts.values())
    wanted = RESET_REQUIRED if "import" in credential else FORCE_CHANGE_PASSWORD
    assert statuses[wanted] > statuses[CONFIRMED]
    jobs = {"import-job": 1, "import-jobs": 4, "import-failing": 1}
    assert len(undisturbed.imports.jobs) == jobs.get(credential, 0)
    assert (expected["status"], undisturbed.locked_out()) == ("COMPLETE", [])
    for place, restore, life in lives(begun, step=3):
        chosen: set[str] = set()

        def meanwhile(restore: Restore = restore, chosen: set[str] = chosen) -> None:
            restore.choose_passwords()
            chosen |= {name for name, account in restore.target.accounts.items() if account.password == CHOSEN}

        life.meanwhile = meanwhile
        result = restore.run()
        assert (result["status"], result["counts"]) == ("COMPLETE", expected["counts"]), place
        assert restore.people() == undisturbed.people(), place
        assert restore.outcomes(result) == undisturbed.outcomes(expected), place
        assert restore.locked_out() == [], place
        assert {restore.target.accounts[name].password for name in chosen} <= {CHOSEN}, place
        assert "dismissed" not in chosen, place
        # Who was invited since the last note of how far the lane is may hear twice; and nobody else hears anything.
        sent = Counter(message.username for message in restore.target.messages)
        assert sent.keys() == {message.username for message in undisturbed.target.messages}, place
        assert sent.total() - len(sent) <= (AT_ONCE if credential == "invite" else 0), place

"""A pool where people changed since the snapshot: what `update` writes and leaves, and restores of a part alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from tests.embedded.deployed import Account, Deployed, Json
from tests.embedded.matrix import EMAIL_OTP, SMS_MFA, Kind, Person
from tests.embedded.matrix_pools import fill, make_pool
from tests.embedded.sign_ins import CHOSEN, Door
from tests.embedded.walked import counted

KIND = Kind(case_sensitive=False)
PEOPLE = (
    Person("ada", True, True, groups=("staff", "équipe-Ω"), more={"name": "Ada", "custom:tier": "gold"}),
    Person("bob", True, groups=("staff",), more={"name": "Bob"}),
    Person("eve", False, more={"name": "Eve"}),
    Person("moved", True, more={"name": "Moved"}),
    Person("dismissed", True, enabled=False),
    Person("banned", True),
    Person("texts", True, True, factors=(SMS_MFA,)),
    Person("gone", True, groups=("équipe-Ω",)),
)
UPDATE: Json = {"on_conflict": "update"}


@dataclass(frozen=True)
class Changed:
    """A pool that was restored, and where people and groups changed since."""

    snapshot: str
    subs: Mapping[str, str]
    pool: str
    door: Door
    before: Mapping[str, Account]


@pytest.fixture(scope="module")
def snapshot(deployed: Deployed) -> tuple[str, dict[str, str]]:
    pool = make_pool(deployed, KIND)
    by_sub = fill(deployed, pool, KIND, PEOPLE)
    subs = {person.key: sub for sub, person in by_sub.items()}
    return f"{pool}/{deployed.backup(pool, include=['mfa'])['snapshot_id']}", subs


@pytest.fixture
def changed(deployed: Deployed, snapshot: tuple[str, dict[str, str]]) -> Changed:
    """Everybody but Gone was restored, chose a password, and has changed since."""
    pool = make_pool(deployed, KIND)
    deployed.restore(snapshot[0], pool)
    idp, door = deployed.idp(pool), Door.of(deployed.cloud, deployed.idp(pool), pool)
    for person in PEOPLE:
        if any(person.verified.values()) and person.enabled:
            door.forget_password(person.key)

    def update(name: str, /, **values: str) -> None:
        given = [{"Name": attribute, "Value": value} for attribute, value in values.items()]
        idp.admin_update_user_attributes(UserPoolId=pool, Username=name, UserAttributes=given)

    update("ada", name="Ada, as she is called now", **{"custom:tier": "none"})
    update("eve", email="eve@new.example.com", email_verified="true", name="Evelyn")
    update("moved", email="moved@new.example.com", email_verified="true")
    idp.admin_remove_user_from_group(UserPoolId=pool, Username="ada", GroupName="équipe-Ω")
    idp.update_group(UserPoolId=pool, GroupName="staff", Description="otherwise", Precedence=9)
    idp.admin_enable_user(UserPoolId=pool, Username="dismissed")
    idp.admin_disable_user(UserPoolId=pool, Username="banned")
    idp.admin_set_user_mfa_preference(UserPoolId=pool, Username="texts", SMSMfaSettings={"Enabled": False})
    idp.admin_delete_user(UserPoolId=pool, Username="gone")
    deployed.cloud.forget()
    return Changed(snapshot[0], snapshot[1], pool, door, deployed.users(pool))


def restored(deployed: Deployed, changed: Changed, **options: Any) -> Json:
    """A restore that sends nobody anything."""
    deployed.cloud.forget()
    result = deployed.restore(changed.snapshot, changed.pool, **options)
    assert deployed.cloud.messages() == []
    assert deployed.cloud.control("GET", "inbox") == []
    return result


def attention(deployed: Deployed, result: Json) -> set[tuple[str, str, str | None]]:
    rows = deployed.rows(f"restores/{result['restore_id']}/attention/")
    return {(row["username"], row["attention"], row["detail"]) for row in rows}


# Updating


def test_an_update_writes_what_differs_and_nothing_that_could_lock_somebody_out(
    deployed: Deployed, changed: Changed
) -> None:
    result = restored(deployed, changed, **UPDATE)
    counts = {"created": 1, "updated": 4, "skipped": 3, "deferred": 1, "failed": 0}
    assert result["counts"] == counts
    writes = deployed.writes()
    for never in ("AdminEnableUser", "AdminSetUserMFAPreference", "AdminDeleteUser"):
        assert never not in writes
    assert writes["AdminSetUserPassword"] == 1, "that of who was gone"
    back = deployed.users(changed.pool)
    assert (back["ada"].attributes["name"], back["ada"].attributes["custom:tier"]) == ("Ada", "gold")
    assert {group for group, name in deployed.memberships(changed.pool) if name == "ada"} == {"staff", "équipe-Ω"}
    assert deployed.groups(changed.pool)["staff"] == {"Description": "Everybody, or nearly", "Precedence": 5}
    # Verified then and now: the old address comes back, verified. Not verified then: what is verified now stays.
    assert back["moved"].attributes["email"] == "moved@example.com"
    assert back["moved"].attributes["email_verified"] == "true"
    assert back["eve"].attributes["email"] == "eve@new.example.com"
    assert back["eve"].attributes["email_verified"] == "true"
    assert back["eve"].attributes["name"] == "Eve"
    assert {name for name, user in back.items() if not user.enabled} == {"dismissed", "banned"}
    assert ("banned", "still_disabled", None) in attention(deployed, result)
    assert deployed.document(result["report"])["plan"]["attention"] == counted(attention(deployed, result))


def test_a_password_that_was_chosen_since_is_still_good(deployed: Deployed, changed: Changed) -> None:
    restored(deployed, changed, **UPDATE)
    for name in ("ada", "bob", "moved", "texts"):
        assert changed.door.come_in(name, CHOSEN) == ()
    assert changed.door.forget_password("gone") == "gone@example.com"


def test_a_second_update_writes_nothing(deployed: Deployed, changed: Changed) -> None:
    restored(deployed, changed, **UPDATE)
    seen = deployed.users(changed.pool), deployed.groups(changed.pool), deployed.memberships(changed.pool)
    again = restored(deployed, changed, **UPDATE)
    assert deployed.writes() == {}
    assert seen == (deployed.users(changed.pool), deployed.groups(changed.pool), deployed.memberships(changed.pool))
    assert again["counts"] == {"created": 0, "updated": 0, "skipped": 8, "deferred": 1, "failed": 0}
    assert deployed.document(again["report"])["verification"]["passed"] is True


def test_a_dry_run_of_an_update_writes_nothing_and_foresees_it(deployed: Deployed, changed: Changed) -> None:
    foreseen = restored(deployed, changed, dry_run=True, **UPDATE)
    assert deployed.writes() == {}
    assert foreseen["counts"] == restored(deployed, changed, **UPDATE)["counts"]


# A part


def test_only_whom_the_request_names_is_touched_and_brings_their_groups(deployed: Deployed, changed: Changed) -> None:
    """By username, and by the old `sub`."""
    only = {"usernames": ["ada", changed.subs["gone"]]}
    result = restored(deployed, changed, only=only, **UPDATE)
    assert result["counts"] == {"created": 1, "updated": 1, "skipped": 0, "deferred": 0, "failed": 0}
    back = deployed.users(changed.pool)
    assert {name: user for name, user in back.items() if name not in ("ada", "gone")} == {
        name: user for name, user in changed.before.items() if name != "ada"
    }
    assert {("équipe-Ω", "ada"), ("équipe-Ω", "gone")} <= deployed.memberships(changed.pool)


def test_only_the_members_of_a_group(deployed: Deployed, snapshot: tuple[str, dict[str, str]]) -> None:
    target = make_pool(deployed, KIND)
    result = deployed.restore(snapshot[0], target, only={"groups": ["équipe-Ω"]})
    assert deployed.users(target).keys() == {"ada", "gone"}
    # Ada brings the other of her groups along.
    assert deployed.memberships(target) == {("équipe-Ω", "ada"), ("équipe-Ω", "gone"), ("staff", "ada")}
    assert (result["status"], result["counts"]["created"]) == ("COMPLETE", 2)


def test_users_without_groups_are_told_which_they_lack(
    deployed: Deployed, snapshot: tuple[str, dict[str, str]]
) -> None:
    target = make_pool(deployed, KIND)
    result = deployed.restore(snapshot[0], target, only={"usernames": ["ada"], "sections": ["users", "memberships"]})
    assert {*deployed.groups(target)} == {f"{target}_Corp"}
    told = {("ada", "group_missing", name) for name in ("staff", "équipe-Ω")}
    assert told <= attention(deployed, result)
    assert result["status"] == "PARTIAL"
    later = deployed.restore(snapshot[0], target, only={"usernames": ["ada"]}, **UPDATE)
    assert deployed.memberships(target) == {("staff", "ada"), ("équipe-Ω", "ada")}
    assert (later["status"], later["counts"]["updated"]) == ("COMPLETE", 1)


def test_sections_one_after_the_other_come_to_the_same_as_all_at_once(
    deployed: Deployed, snapshot: tuple[str, dict[str, str]]
) -> None:
    whole, target = (make_pool(deployed, KIND) for _ in range(2))
    deployed.restore(snapshot[0], whole)
    for sections, writing in (
        (["users"], "AdminCreateUser"),
        (["groups"], "CreateGroup"),
        (["memberships"], "AdminAddUserToGroup"),
        (["mfa"], "AdminSetUserMFAPreference"),
    ):
        deployed.cloud.forget()
        deployed.restore(snapshot[0], target, only={"sections": sections})
        also = {"AdminSetUserPassword", "AdminDisableUser"} if sections == ["users"] else set()
        assert deployed.writes().keys() == {writing, *also}
    assert deployed.memberships(target) == deployed.memberships(whole)
    for name, user in deployed.users(whole).items():
        back = deployed.users(target)[name]
        assert (back.attributes, back.status, back.enabled) == (user.attributes, user.status, user.enabled)


def test_second_factors_alone_come_back_when_a_password_has_been_chosen(
    deployed: Deployed, snapshot: tuple[str, dict[str, str]]
) -> None:
    """The way out for whoever was imported: nobody has a second factor before the password is theirs."""
    target = make_pool(deployed, KIND)
    deployed.restore(snapshot[0], target, credentials="import-job")
    door = Door.of(deployed.cloud, deployed.idp(target), target)
    assert door.forget_password("texts").startswith("+1555")
    assert door.come_in("texts") == ()
    deployed.cloud.forget()
    result = deployed.restore(snapshot[0], target, only={"sections": ["mfa"]})
    assert deployed.writes() == {"AdminSetUserMFAPreference": 1}
    assert (result["status"], result["counts"]["updated"]) == ("COMPLETE", 1)
    assert door.come_in("texts") == (SMS_MFA,)
    assert door.forget_password("texts") == "texts@example.com", "not over the channel of the second factor"
    deployed.cloud.forget()
    deployed.restore(snapshot[0], target, only={"sections": ["mfa"]})
    assert deployed.writes() == {}
    assert EMAIL_OTP not in door.come_in("texts")

"""The two triggers against Cognito's documented events, which lie beside this as files.

Sources: https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-migrate-user.html and
https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-pre-token-generation.html. Cognito takes an
answer only if it is the event itself with the response filled in, and may send more than is documented today.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from poolsafe.domain.first_sign_in.deferred import DeferredUser, deferred_key, deferred_key_of_sub
from poolsafe.domain.migration.settings import MigrationPaths
from poolsafe.domain.records import EXTERNAL_PROVIDER, Group
from poolsafe.errors import InvalidRequest, TargetMismatch, Throttled
from poolsafe.ports import StoredObject
from poolsafe.sign_in_bootstrap import GOOD_FOR_SECONDS, Triggers, of
from poolsafe.trigger import BUSY, UNAVAILABLE, Told
from sign_in import token, user_migration
from tests.fakes import START, FakeClock, FakeUserPool, MemoryStore
from tests.pipeline import target_pool
from tests.unit.moving import OLD_SUB, PASSWORD, SUB, TARGET, FakeTriggers, Log, Moving

Event = dict[str, Any]
EVENTS = Path(__file__).parent / "events"
MOVES = sorted(path.stem for path in (EVENTS / "user_migration").glob("*.json"))
TOKENS = sorted(path.stem for path in (EVENTS / "token").glob("*.json"))
ADDRESS: Event = {"email": "alice@example.com", "email_verified": "true"}
ROLE = "arn:aws:iam::123456789012:role/staff"
#: "Migrate user response parameters".
MEMBERS = {
    *("userAttributes", "finalUserStatus", "messageAction", "desiredDeliveryMediums", "forceAliasCreation"),
    "enableSMSMFA",
}


def event(folder: str, name: str) -> Event:
    read: Event = json.loads((EVENTS / folder / f"{name}.json").read_text())
    return read


def unknown_members(response: Event) -> Event:
    return {name: value for name, value in response.items() if name == "laterMember"}


def test_the_files_hold_every_documented_trigger_source() -> None:
    moves = {event("user_migration", name)["triggerSource"] for name in MOVES}
    assert moves == {"UserMigration_Authentication", "UserMigration_ForgotPassword"}
    told = {(one["version"], one["triggerSource"].partition("_")[2]) for one in (event("token", n) for n in TOKENS)}
    users = {"Authentication", "HostedAuth", "RefreshTokens"}
    assert told >= {(version, source) for version in "123" for source in users}
    assert {source for _, source in told} - users == {
        *("NewPasswordChallenge", "AuthenticateDevice", "ClientCredentials")
    }


# UserMigration.


def people() -> Moving:
    moving = Moving()
    moving.add(groups=("staff",), name="Alice", **ADDRESS)
    return moving


def migrate(monkeypatch: pytest.MonkeyPatch, moving: Moving, asked: Event) -> Event:
    monkeypatch.setattr(user_migration, "triggers", lambda: FakeTriggers(moving))
    return user_migration.handler(asked, None)


@pytest.mark.parametrize("name", MOVES)
def test_somebody_who_comes_along_is_told_in_the_documented_members_and_nothing_else_is_changed(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, moving = event("user_migration", name), people()
    answer = migrate(monkeypatch, moving, deepcopy(asked))
    is_forgotten = asked["triggerSource"] == "UserMigration_ForgotPassword"
    assert {**answer, "response": None} == {**asked, "response": None}
    assert answer["response"] == {
        **unknown_members(asked["response"]),
        "userAttributes": {"username": "alice", "name": "Alice", SUB: OLD_SUB, **ADDRESS},
        "finalUserStatus": None if is_forgotten else "CONFIRMED",
        "messageAction": "SUPPRESS",
        "desiredDeliveryMediums": [],
        "forceAliasCreation": False,
        "enableSMSMFA": False,
    }
    assert answer["response"].keys() == MEMBERS | unknown_members(asked["response"]).keys()
    assert moving.passwords.asked == ([] if is_forgotten else [("alice", PASSWORD)])
    assert moving.store.written == [deferred_key_of_sub(TARGET, OLD_SUB)]
    assert json.loads(json.dumps(answer)) == answer


@pytest.mark.parametrize("name", MOVES)
def test_somebody_who_stays_is_answered_with_the_event_as_it_came(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = event("user_migration", name)
    for moving in (Moving(), people()):
        if moving.source.accounts:
            user = moving.source.accounts["alice"].user
            moving.source.accounts["alice"].user = replace(user, enabled=False)
        assert migrate(monkeypatch, moving, deepcopy(asked)) == asked
        moving.require_nothing_written()


@pytest.mark.parametrize("name", [name for name in MOVES if name.startswith("authentication")])
def test_a_wrong_password_is_answered_with_the_event_as_it_came(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = event("user_migration", name)
    asked["request"]["password"] = "Not-the-password-1"
    assert migrate(monkeypatch, people(), deepcopy(asked)) == asked


@pytest.mark.parametrize("password", [None, ""])
def test_an_authentication_without_a_password_is_answered_with_the_event_as_it_came(
    password: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, moving = event("user_migration", "authentication"), people()
    asked["request"]["password"] = password
    assert migrate(monkeypatch, moving, deepcopy(asked)) == asked
    assert moving.passwords.asked == []


@pytest.mark.parametrize("name", MOVES)
def test_a_pool_that_makes_its_usernames_itself_is_told_none(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    options = {"username_attributes": ("email",)}
    moving = Moving(FakeUserPool(**options), target_pool(**options))  # type: ignore[arg-type]
    moving.add("6f0c-uuid", **ADDRESS)
    asked = event("user_migration", name)
    asked["userName"] = ADDRESS["email"]
    answer = migrate(monkeypatch, moving, asked)
    assert answer["response"]["userAttributes"] == {**ADDRESS, SUB: OLD_SUB}
    assert answer["userName"] == ADDRESS["email"]


@pytest.mark.parametrize("name", MOVES)
def test_nothing_of_an_event_is_logged_but_its_kind_its_pool_and_its_app_client(
    name: str, monkeypatch: pytest.MonkeyPatch, log: Log
) -> None:
    asked = event("user_migration", name)
    migrate(monkeypatch, people(), deepcopy(asked))
    (line,) = log.lines
    assert (line["message"], line["trigger"], line["source"]) == ("carried", "UserMigration", asked["triggerSource"])
    assert (line["user_pool_id"], line["client_id"]) == (TARGET, asked["callerContext"]["clientId"])
    for word in ("alice", PASSWORD, "north", "spring", "192.0.2.1", OLD_SUB, "Alice"):
        assert word not in log.text


# PreTokenGeneration.

FEDERATED = "Google_1076"


def home(*, immutable: bool = True) -> Moving:
    """Those of the events, as the target knows them."""
    pool = target_pool(custom=("custom:tenant",), immutable=("sub", SUB) if immutable else ("sub",))
    moving = Moving(target=pool)
    for group in (Group("staff", None, 1, ROLE, START, START), Group("readers", None, None, None, START, START)):
        pool.put_group(group)
    pool.add("alice", groups=("readers",), custom__original_sub=OLD_SUB, **ADDRESS)
    pool.add(FEDERATED, status=EXTERNAL_PROVIDER, email="gina@example.com")
    return moving


def keep(moving: Moving, *groups: str, enabled: bool = True) -> None:
    """A record for each of them."""
    for key, name in ((deferred_key_of_sub(TARGET, OLD_SUB), "alice"), (deferred_key(TARGET, FEDERATED), FEDERATED)):
        moving.store.put(key, DeferredUser(name, OLD_SUB, enabled, groups, {}).to_json())


def give_token(monkeypatch: pytest.MonkeyPatch, moving: Moving, asked: Event) -> Event:
    monkeypatch.setattr(token, "triggers", lambda: FakeTriggers(moving))
    return token.handler(asked, None)


def is_machine(asked: Event) -> bool:
    return bool(asked["triggerSource"] == "TokenGeneration_ClientCredentials")


def is_moved(asked: Event) -> bool:
    return SUB in asked["request"].get("userAttributes", {})


def section_of(asked: Event) -> str:
    return "claimsOverrideDetails" if asked["version"] == "1" else "claimsAndScopeOverrideDetails"


def claims(asked: Event) -> Event:
    added = {"claimsToAddOrOverride": {"original_sub": OLD_SUB}}
    return added if asked["version"] == "1" else {"idTokenGeneration": added, "accessTokenGeneration": added}


@pytest.mark.parametrize("name", TOKENS)
def test_a_token_tells_the_old_sub_and_nothing_else_is_changed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, moving = event("token", name), home()
    answer = give_token(monkeypatch, moving, deepcopy(asked))
    assert {**answer, "response": None} == {**asked, "response": None}
    told = claims(asked) if is_moved(asked) else None
    assert answer["response"] == {**unknown_members(asked["response"]), section_of(asked): told}
    assert moving.target.calls == {}
    assert moving.store.written == []


@pytest.mark.parametrize("name", TOKENS)
def test_a_token_tells_the_groups_that_were_given_back_just_now(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, moving = event("token", name), home()
    keep(moving, "staff")
    answer = give_token(monkeypatch, moving, deepcopy(asked))
    is_federated = asked.get("userName") == FEDERATED
    assert {**answer, "response": None} == {**asked, "response": None}
    if is_machine(asked) or not (is_moved(asked) or is_federated):
        assert answer == asked
        return
    groups = {
        "groupsToOverride": ["staff"] if is_federated else ["readers", "staff"],
        "iamRolesToOverride": [ROLE],
        "preferredRole": ROLE,
    }
    assert answer["response"] == {
        **unknown_members(asked["response"]),
        section_of(asked): {**claims(asked), "groupOverrideDetails": groups},
    }
    assert json.loads(json.dumps(answer)) == answer
    again = give_token(monkeypatch, moving, deepcopy(asked))
    assert again["response"][section_of(asked)] == claims(asked)


@pytest.mark.parametrize("name", [name for name in TOKENS if "client_credentials" in name])
def test_a_machines_token_is_nobodys_and_nothing_is_read_for_it(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, moving = event("token", name), home()
    keep(moving, "staff")
    read: list[str] = []
    moving.store.before = read.append
    assert give_token(monkeypatch, moving, deepcopy(asked)) == asked
    assert (read, moving.target.calls) == ([], {})


@pytest.mark.parametrize("name", TOKENS)
def test_whoever_was_disabled_hears_cognitos_own_words_and_gets_no_token(
    name: str, monkeypatch: pytest.MonkeyPatch, log: Log
) -> None:
    asked, moving = event("token", name), home()
    keep(moving, "staff", enabled=False)
    if is_machine(asked) or not (is_moved(asked) or asked["userName"] == FEDERATED):
        assert give_token(monkeypatch, moving, deepcopy(asked)) == asked
        return
    with pytest.raises(Told, match=r"^User is disabled\.$"):
        give_token(monkeypatch, moving, asked)
    assert not moving.target.accounts[asked["userName"]].user.enabled
    assert [line["message"] for line in log.lines] == ["disabled_again"]


@pytest.mark.parametrize("name", TOKENS)
def test_a_bucket_that_does_not_answer_keeps_only_federated_users_out(
    name: str, monkeypatch: pytest.MonkeyPatch, log: Log
) -> None:
    asked, moving = event("token", name), home()
    keep(moving, "staff", enabled=False)
    moving.store.before = failing(Throttled("ListObjectsV2: SlowDown."))
    if asked.get("userName") == FEDERATED:
        with pytest.raises(Told) as told:
            give_token(monkeypatch, moving, asked)
        assert str(told.value) == UNAVAILABLE
        (line,) = log.lines
        assert (line["level"], line["message"]) == ("ERROR", "not_known")
        assert line["explanation"] == "ListObjectsV2: SlowDown."
    else:
        answer = give_token(monkeypatch, moving, deepcopy(asked))
        assert answer["response"][section_of(asked)] == (claims(asked) if is_moved(asked) else None)
        assert log.lines == []


@pytest.mark.parametrize("name", TOKENS)
def test_nothing_of_anybody_is_logged_with_a_token(name: str, monkeypatch: pytest.MonkeyPatch, log: Log) -> None:
    asked, moving = event("token", name), home()
    keep(moving, "staff", "missing")
    give_token(monkeypatch, moving, deepcopy(asked))
    for word in ("alice", FEDERATED, "gina", "example.com", OLD_SUB, "192.0.2.1", "spring"):
        assert word not in log.text
    for line in log.lines:
        assert (line["message"], line["groups"], line["failed"]) == ("given_back", 1, 1)
        assert line["trigger"] == "PreTokenGeneration"


@pytest.mark.parametrize("response", [{}, None])
@pytest.mark.parametrize("name", ["v1_authentication", "v2_authentication", "v3_authentication"])
def test_a_response_that_is_empty_is_filled_in_all_the_same(
    name: str, response: Event | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = {**event("token", name), "response": response}
    assert give_token(monkeypatch, home(), asked)["response"] == {section_of(asked): claims(asked)}


def failing(error: Exception) -> Callable[[str], None]:
    def before(_: str) -> None:
        raise error

    return before


# What one warm function keeps.


def attached(clock: FakeClock, *, is_attached: bool = True) -> tuple[Triggers, list[str]]:
    """The real ones over a store in which the settings of a migration lie; what is read of it."""
    settings = replace(Moving().settings, is_attached=is_attached)
    store, read = MemoryStore(), list[str]()
    store.objects[MigrationPaths(TARGET).settings_key] = StoredObject(settings.to_json(), {})
    store.before = read.append
    return Triggers(store, SUB, "original_sub", clock), read


def test_the_settings_of_a_migration_are_read_once_a_minute() -> None:
    clock = FakeClock()
    triggers, read = attached(clock)
    first = triggers.migration(TARGET, triggers.hurry())
    clock.sleep(GOOD_FOR_SECONDS - 0.1)
    assert triggers.migration(TARGET, triggers.hurry()).passwords is first.passwords
    assert read == ["GetObject"]
    clock.sleep(0.1)
    assert triggers.migration(TARGET, triggers.hurry()).passwords is not first.passwords
    assert read == ["GetObject"] * 2


def test_every_sign_in_has_its_own_time() -> None:
    clock = FakeClock()
    triggers, _ = attached(clock)
    first = triggers.hurry()
    clock.sleep(10)
    assert (first.is_over, triggers.hurry().is_over) == (True, False)


@pytest.mark.parametrize("name", MOVES)
def test_a_pool_that_nothing_is_attached_to_moves_nobody_and_the_log_says_what_to_do(
    name: str, monkeypatch: pytest.MonkeyPatch, log: Log
) -> None:
    detached, _ = attached(FakeClock(), is_attached=False)
    for triggers in (Triggers(MemoryStore(), SUB, "original_sub", FakeClock()), detached):
        monkeypatch.setattr(user_migration, "triggers", lambda triggers=triggers: triggers)
        with pytest.raises(Told) as told:
            user_migration.handler(event("user_migration", name), None)
        assert str(told.value) == UNAVAILABLE
        assert (log.lines[-1]["error"], log.lines[-1]["message"]) == ("TargetMismatch", "stopped")
        assert "attach" in log.lines[-1]["explanation"]
    assert len(log.lines) == 2


def test_a_migration_that_is_attached_again_is_seen_at_once() -> None:
    """Only what was found is kept for a minute."""
    clock = FakeClock()
    triggers, _ = attached(clock)
    found = triggers.store.objects.pop(MigrationPaths(TARGET).settings_key)  # type: ignore[attr-defined]
    with pytest.raises(TargetMismatch):
        triggers.migration(TARGET, triggers.hurry())
    triggers.store.objects[MigrationPaths(TARGET).settings_key] = found  # type: ignore[attr-defined]
    assert triggers.migration(TARGET, triggers.hurry()).carrier.target.user_pool_id == TARGET


def test_settings_that_cannot_be_read_in_time_are_told_as_busy(monkeypatch: pytest.MonkeyPatch, log: Log) -> None:
    clock = FakeClock()
    store = MemoryStore(before=failing(Throttled("GetObject: SlowDown.")))
    monkeypatch.setattr(user_migration, "triggers", lambda: Triggers(store, SUB, "original_sub", clock))
    with pytest.raises(Told) as told:
        user_migration.handler(event("user_migration", "authentication"), None)
    assert str(told.value) == BUSY
    assert [line["message"] for line in log.lines] == ["throttled"]
    assert 0 < clock.seconds < 2.5


def test_what_is_known_of_who_is_left_is_kept_for_each_pool() -> None:
    triggers = Triggers(MemoryStore(), SUB, "original_sub", FakeClock())
    assert triggers.deferred(TARGET) is triggers.deferred(TARGET)
    assert triggers.deferred(TARGET) is not triggers.deferred("eu-west-1_Other")
    assert triggers.deferred("eu-west-1_Other").pool.user_pool_id == "eu-west-1_Other"


@pytest.mark.parametrize("claim", ["sub", "cognito:groups", ""])
def test_a_stack_whose_claim_cognito_keeps_for_itself_says_so(claim: str) -> None:
    with pytest.raises(InvalidRequest, match=r"^OriginalSubClaim"):
        of({"ORIGINAL_SUB_CLAIM": claim, "SNAPSHOT_BUCKET": "bucket", "SUB_ATTRIBUTE": SUB})

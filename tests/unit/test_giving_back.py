"""What a first sign-in gives back: groups, attributes and being disabled, at the price of one small read at most."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from poolsafe.domain.first_sign_in.deferred import DeferredUser, deferred_key, deferred_key_of_sub, open_marker
from poolsafe.domain.first_sign_in.who_is_left import GOOD_FOR, Ask, WhoIsLeft
from poolsafe.domain.records import CONFIRMED, EXTERNAL_PROVIDER, User
from poolsafe.errors import AccessDenied, PoolsafeError, ServiceUnavailable, Throttled
from poolsafe.operations.apply_deferred import ApplyDeferred, Arrived, Disabled, GivenBack, NotKnown
from poolsafe.operations.hurry import Hurry
from tests.fakes import FakeClock, KillAt, Killed, MemoryStore
from tests.pipeline import target_pool

TARGET, SUB = "us-east-1_Target", "custom:original_sub"
OLD_SUB = "11111111-2222-4333-8444-555555555555"
NAME = "Google_1076"
READS = ("GetObject", "ListObjectsV2")
#: The schema of a pool in which an administrator may still write the old sub.
WRITABLE = ("sub",)


@dataclass
class Reads:
    """A `before` of the store that counts what is read."""

    made: list[str] = field(default_factory=list)

    def __call__(self, operation: str) -> None:
        if operation in READS:
            self.made.append(operation)

    def since(self, sign_in: Callable[[], object]) -> int:
        """How many a sign-in costs."""
        before = len(self.made)
        sign_in()
        return len(self.made) - before


class Home:
    """The target of a move, and the token trigger's functions over it."""

    def __init__(self, **options: Any) -> None:
        self.clock, self.store = FakeClock(), MemoryStore()
        custom = ("custom:tenant", "custom:plan", "custom:fixed")
        options.setdefault("immutable", ("sub", SUB, "custom:fixed"))
        self.pool = target_pool(custom=custom, clock=self.clock, **options)
        self.giving = self.another_function()

    def another_function(self) -> ApplyDeferred:
        """Another process, which knows nothing yet."""
        return ApplyDeferred(self.store, self.pool, SUB, WhoIsLeft())

    def federated(self, name: str = NAME, /, **attributes: Any) -> User:
        return self.pool.add(name, status=EXTERNAL_PROVIDER, password=None, **attributes)

    def moved(self, name: str = "alice", sub: str = OLD_SUB, /, **attributes: Any) -> User:
        return self.pool.add(name, custom__original_sub=sub, **attributes)

    def groups(self, *names: str) -> None:
        self.pool.put(User("nobody", "0", CONFIRMED, True, self.clock.now(), self.clock.now()), names)
        del self.pool.accounts["nobody"]

    def keep(self, record: DeferredUser, key: str | None = None) -> str:
        key = key or deferred_key(TARGET, record.username)
        self.store.put(key, record.to_json())
        self.store.written.clear()
        return key

    def arrived(self, name: str = NAME) -> Arrived:
        """As the trigger is told of somebody just now."""
        user = self.pool.accounts[name].user
        return Arrived(name, {**user.attributes, "sub": user.sub, "cognito:user_status": user.status})

    def sign_in(self, name: str = NAME, giving: ApplyDeferred | None = None, budget: float = 2.5) -> GivenBack:
        hurry = Hurry(self.clock, self.clock.monotonic() + budget)
        return (giving or self.giving)(self.arrived(name), hurry)

    def record(self, key: str | None = None) -> DeferredUser | None:
        stored = self.store.objects.get(key or deferred_key(TARGET, NAME))
        return None if stored is None else DeferredUser.from_json(stored.content)

    @property
    def state(self) -> dict[str, Any]:
        """All that a sign-in may change, without when."""
        people = {
            name: (sorted(account.groups), account.user.enabled, dict(account.user.attributes))
            for name, account in self.pool.accounts.items()
        }
        return {"people": people, "records": {key: stored.content for key, stored in self.store.objects.items()}}


def kept(name: str = NAME, /, *groups: str, enabled: bool = True, **attributes: str) -> DeferredUser:
    return DeferredUser(name, OLD_SUB, enabled, groups, {k.replace("__", ":"): v for k, v in attributes.items()})


# Whose it is.


@pytest.mark.parametrize("name", [NAME, NAME.lower(), NAME.upper()])
def test_whoever_signs_up_under_the_name_of_a_profile_gets_nothing_of_it(name: str) -> None:
    home, reads = Home(), Reads()
    home.groups("staff")
    key = home.keep(kept(NAME, "staff", custom__plan="gold"))
    home.pool.add(name, email="mallory@example.com")
    home.store.before = reads
    before = home.state
    assert home.sign_in(name) == GivenBack(None)
    assert home.state == before
    assert reads.made == []
    assert home.record(key) is not None


# What it costs.


def test_a_sign_in_with_nothing_to_do_reads_once_at_most_and_never_again_once_nobody_is_left() -> None:
    home, reads = Home(), Reads()
    home.store.before = reads
    names = [f"user{number}" for number in range(20)]
    for number, name in enumerate(names):
        home.moved(name, f"old-{number}")
    first = [reads.since(lambda name=name: home.sign_in(name)) for name in names]  # type: ignore[misc]
    assert max(first) == 1
    second = [reads.since(lambda name=name: home.sign_in(name)) for name in names]  # type: ignore[misc]
    assert sum(second) == 0
    assert home.pool.calls == {}


def test_what_is_known_is_forgotten_after_a_minute() -> None:
    home, reads = Home(), Reads()
    home.store.before = reads
    home.moved()
    home.groups("staff")
    assert [reads.since(lambda: home.sign_in("alice")) for _ in range(3)] == [1, 1, 0]
    key = home.keep(kept("alice", "staff"), deferred_key_of_sub(TARGET, OLD_SUB))
    home.clock.sleep(GOOD_FOR - 0.1)
    assert home.sign_in("alice").added == 0
    home.clock.sleep(0.1)
    assert home.sign_in("alice").added == 1
    assert home.record(key) is None


def test_a_record_that_comes_while_a_migration_goes_on_is_found_at_once() -> None:
    """Its marker lies last, so nobody is ever known to be the last one."""
    home, reads = Home(), Reads()
    home.groups("staff")
    home.store.put(open_marker(TARGET), b"")
    for number in range(5):
        home.moved(f"user{number}", f"old-{number}")
    home.store.before = reads
    for number in range(5):
        assert reads.since(lambda number=number: home.sign_in(f"user{number}")) == 1  # type: ignore[misc]
    home.moved()
    home.keep(kept("alice", "staff"), deferred_key_of_sub(TARGET, OLD_SUB))
    assert home.sign_in("alice").added == 1


def test_somebody_without_a_record_costs_one_read_while_others_have_one() -> None:
    home, reads = Home(), Reads()
    home.federated()
    home.keep(kept(NAME, "staff"))
    home.store.before = reads
    for number in range(9):
        home.moved(f"user{number}", f"old-{number}")
        assert reads.since(lambda number=number: home.sign_in(f"user{number}")) == 1  # type: ignore[misc]


def test_records_of_another_pool_are_nobodys() -> None:
    home = Home()
    home.federated()
    home.groups("staff")
    home.keep(kept(NAME, "staff"), deferred_key("us-east-1_TargetX", NAME))
    home.keep(kept(NAME, "staff"), deferred_key("us-east-1_Source", NAME))
    assert home.sign_in() == GivenBack(None)


KEYS = [f"deferred/pool/{number:02}.json" for number in range(8)]
keys = st.sampled_from(KEYS)
sign_ins = st.tuples(st.just("sign in"), keys)
removals = st.tuples(st.just("remove"), keys)
additions = st.tuples(st.just("add"), keys)
pauses = st.tuples(st.just("pause"), st.floats(0, 2 * GOOD_FOR))
happenings = st.lists(sign_ins | sign_ins | sign_ins | removals | additions | pauses, max_size=40)


@dataclass
class Knowing:
    """WhoIsLeft beside the plain set of keys that lie there."""

    lying: set[str]
    left: WhoIsLeft = field(default_factory=WhoIsLeft)
    now: float = 0.0

    def sign_in(self, key: str) -> tuple[bool, int]:
        """Whether somebody's record is read, and how many reads that took together."""
        asked = self.left.ask(key, self.now)
        start = {Ask.FIRST_FROM_HERE: key, Ask.FIRST_OF_ALL: ""}.get(asked)
        found = None if start is None else min((one for one in self.lying if one >= start), default=None)
        may_have = self.left.learn(asked, key, found)
        return may_have, (start is not None) + may_have


# Few records among many keys: only then is there a tail in which nothing lies.
@settings(max_examples=500)
@given(st.sets(keys, max_size=2), happenings)
def test_nobody_with_a_record_is_ever_skipped_and_nobody_else_costs_more_than_one_read(
    lying: set[str], happening: list[tuple[str, Any]]
) -> None:
    knowing = Knowing(set(lying))
    for what, which in happening:
        if what == "sign in":
            may_have, reads = knowing.sign_in(which)
            if which in knowing.lying:
                assert may_have
                assert reads <= 2
            else:
                assert reads <= 1
        elif what == "remove":
            knowing.lying.discard(which)
        elif what == "pause":
            knowing.now += which
        else:
            # Whoever adds one cannot count on it before a minute has gone by.
            knowing.lying.add(which)
            knowing.now += GOOD_FOR


@given(st.sets(keys), st.lists(keys), st.permutations(KEYS))
def test_once_everybody_was_there_and_nobody_is_left_nothing_is_asked(
    lying: set[str], before: list[str], order: list[str]
) -> None:
    knowing = Knowing(set(lying))
    for key in before:
        knowing.sign_in(key)
    knowing.lying.clear()
    knowing.now += GOOD_FOR
    reads = [knowing.sign_in(key)[1] for key in order]
    assert max(reads) <= 1
    assert knowing.left.ask(max(KEYS), knowing.now) in (Ask.FIRST_OF_ALL, Ask.NOTHING)
    knowing.sign_in(max(KEYS))
    assert [knowing.sign_in(key) for key in order] == [(False, 0)] * len(KEYS)


# What is given back.


def test_a_federated_user_gets_groups_and_attributes_back_and_the_old_sub_as_a_claim() -> None:
    home = Home(immutable=WRITABLE)
    home.federated(email="gina@example.com")
    home.groups("staff", "readers")
    home.keep(kept(NAME, "staff", "readers", custom__tenant="north", custom__plan="gold"))
    given_back = home.sign_in()
    assert home.pool.accounts[NAME].groups == ["staff", "readers"]
    attributes = home.pool.accounts[NAME].user.attributes
    assert attributes == {
        "email": "gina@example.com",
        "custom:tenant": "north",
        "custom:plan": "gold",
        SUB: OLD_SUB,
    }
    assert (given_back.original_sub, given_back.added, given_back.refused, given_back.failed) == (OLD_SUB, 2, 0, 0)
    assert [group.group_name for group in given_back.groups or ()] == ["staff", "readers"]
    assert home.store.objects == {}


def test_all_groups_are_told_where_some_were_added_and_none_where_none_was() -> None:
    home = Home()
    home.federated()
    home.groups("staff")
    home.pool.put(home.pool.accounts[NAME].user, ("us-east-1_Target_Google",))
    home.keep(kept(NAME, "staff"))
    told = home.sign_in().groups
    assert [group.group_name for group in told or ()] == ["us-east-1_Target_Google", "staff"]
    assert home.sign_in().groups is None


def test_somebody_who_moved_gets_groups_back_by_the_old_sub_whatever_the_pool_calls_them() -> None:
    home = Home(username_attributes=("email",))
    home.moved("0b7c-uuid", email="alice@example.com")
    home.groups("staff")
    home.keep(kept("alice@example.com", "staff"), deferred_key_of_sub(TARGET, OLD_SUB))
    assert home.sign_in("0b7c-uuid").added == 1
    assert home.pool.accounts["0b7c-uuid"].groups == ["staff"]
    assert home.store.objects == {}
    assert home.pool.calls["AdminUpdateUserAttributes"] == 0


@pytest.mark.parametrize("name", ["Google_1076", "google_1076", "GOOGLE_1076"])
def test_a_profile_is_found_however_its_providers_name_is_written(name: str) -> None:
    home = Home()
    home.federated(name)
    home.groups("staff")
    home.keep(kept(NAME, "staff"))
    assert home.sign_in(name).added == 1


def test_what_the_provider_has_just_told_is_not_overwritten() -> None:
    home = Home(immutable=WRITABLE)
    home.federated(custom__tenant="new", name="")
    home.keep(kept(custom__tenant="old", name="Gina", custom__plan="gold"))
    home.sign_in()
    attributes = home.pool.accounts[NAME].user.attributes
    assert attributes == {"custom:tenant": "new", "name": "Gina", "custom:plan": "gold", SUB: OLD_SUB}


def test_addresses_and_what_cognito_sets_itself_are_never_written() -> None:
    home = Home(immutable=WRITABLE, auto_verified=("email", "phone_number"))
    home.federated()
    addresses: dict[str, Any] = {"email": "gina@example.com", "phone_number": "+12065550100"}
    flags: dict[str, Any] = {"email_verified": "true", "phone_number_verified": "true"}
    others: dict[str, Any] = {"identities": "[]", "sub": "6f0c", "cognito:mfa_enabled": "true", "name": "Gina"}
    home.keep(kept(**addresses, **flags, **others))
    home.sign_in()
    assert home.pool.accounts[NAME].user.attributes == {"name": "Gina", SUB: OLD_SUB}
    assert home.pool.messages == []
    assert home.store.objects == {}


def test_an_old_sub_of_an_earlier_move_is_the_one_that_is_written() -> None:
    home = Home(immutable=WRITABLE)
    home.federated()
    home.keep(kept(custom__original_sub="the-very-first"))
    home.sign_in()
    assert home.pool.accounts[NAME].user.attributes == {SUB: "the-very-first"}
    assert home.sign_in().original_sub == "the-very-first"


# Being disabled.


@pytest.mark.parametrize("immutable", [WRITABLE, ("sub", SUB)])
def test_whoever_was_disabled_is_disabled_again_before_any_token_and_has_everything_back(
    immutable: tuple[str, ...],
) -> None:
    home = Home(immutable=immutable)
    home.federated()
    home.groups("staff")
    home.keep(kept(NAME, "staff", enabled=False, custom__tenant="north"))
    with pytest.raises(Disabled):
        home.sign_in()
    account = home.pool.accounts[NAME]
    assert (account.user.enabled, account.groups) == (False, ["staff"])
    assert account.user.attributes["custom:tenant"] == "north"
    record = home.record()
    assert record is None or record.enabled


@pytest.mark.parametrize("immutable", [WRITABLE, ("sub", SUB)])
def test_whom_somebody_has_enabled_since_is_not_disabled_again(immutable: tuple[str, ...]) -> None:
    home = Home(immutable=immutable)
    home.federated()
    home.keep(kept(enabled=False))
    with pytest.raises(Disabled):
        home.sign_in()
    home.pool.enable_user(NAME)
    for giving in (home.giving, home.another_function()):
        assert home.sign_in(giving=giving).original_sub == OLD_SUB
    assert home.pool.accounts[NAME].user.enabled


def test_whom_somebody_has_enabled_since_is_not_disabled_again_for_a_group_that_is_missing() -> None:
    home = Home()
    home.federated()
    home.keep(kept(NAME, "missing", enabled=False))
    with pytest.raises(Disabled):
        home.sign_in()
    home.pool.enable_user(NAME)
    assert home.sign_in().failed == 1
    assert home.pool.accounts[NAME].user.enabled


@pytest.mark.parametrize("error", [Throttled("slow"), ServiceUnavailable("away"), AccessDenied("no")])
def test_nobody_who_has_to_be_disabled_gets_a_token_when_that_fails(error: PoolsafeError) -> None:
    home = Home()
    home.federated()
    home.groups("staff")
    home.keep(kept(NAME, "staff", enabled=False))
    before = home.state
    home.pool.before = raising("AdminDisableUser", error)
    with pytest.raises(NotKnown) as refused:
        home.sign_in()
    assert refused.value.__cause__ is error
    assert home.state == before


def raising(operation: str, error: Exception) -> Callable[[str], None]:
    """A `before` that fails whenever the operation is called."""

    def before(called: str) -> None:
        if called == operation:
            raise error

    return before


# What cannot be given back.


def test_a_group_that_is_missing_is_given_back_once_somebody_has_made_it() -> None:
    home = Home()
    home.federated()
    home.groups("staff")
    home.keep(kept(NAME, "missing", "staff"))
    first = home.sign_in()
    assert (first.added, first.failed) == (1, 1)
    record = home.record()
    assert record is not None
    assert (record.groups, record.is_settled) == (("missing",), False)
    again = home.sign_in()
    assert (again.added, again.failed, again.groups) == (0, 1, None)
    home.groups("missing")
    assert home.sign_in().added == 1
    assert home.pool.accounts[NAME].groups == ["staff", "missing"]


def test_a_group_that_is_missing_is_given_back_later_to_a_profile_that_has_its_old_sub_by_then() -> None:
    """Where the attribute is mutable, the first sign-in writes it, and the record still lies under the name."""
    home = Home(immutable=WRITABLE)
    home.federated()
    home.keep(kept(NAME, "missing"))
    home.sign_in()
    home.groups("missing")
    assert home.sign_in().added == 1
    assert home.pool.accounts[NAME].groups == ["missing"]
    assert home.store.objects == {}


def test_a_refusal_settles_the_record_and_the_claim_still_comes() -> None:
    home = Home()
    home.federated()
    home.groups("staff")
    home.keep(kept(NAME, "staff", custom__tenant="north", custom__fixed="x"))
    first = home.sign_in()
    assert (first.original_sub, first.added, first.refused, first.failed) == (OLD_SUB, 1, 2, 0)
    assert home.pool.accounts[NAME].user.attributes == {"custom:tenant": "north"}
    assert home.record() == replace(
        kept(NAME, custom__fixed="x", custom__original_sub=OLD_SUB), is_settled=True, groups=()
    )
    home.pool.calls.clear()
    assert home.sign_in() == GivenBack(OLD_SUB)
    assert home.sign_in(giving=home.another_function()) == GivenBack(OLD_SUB)
    assert home.pool.calls == {}


def test_attributes_are_tried_again_where_cognito_did_not_answer() -> None:
    home = Home(immutable=("sub", "custom:fixed"))
    home.federated()
    home.keep(kept(custom__tenant="north"))
    home.pool.before = raising("AdminUpdateUserAttributes", ServiceUnavailable("away"))
    assert home.sign_in().failed == 2
    record = home.record()
    assert record is not None
    assert not record.is_settled
    home.pool.before = lambda _: None
    assert home.sign_in().failed == 0
    assert home.pool.accounts[NAME].user.attributes == {"custom:tenant": "north", SUB: OLD_SUB}
    assert home.store.objects == {}


def test_what_there_is_no_time_for_is_given_back_at_the_next_token() -> None:
    home = Home()
    home.federated()
    names = [f"group{number}" for number in range(9)]
    home.groups(*names)
    home.keep(kept(NAME, *names, custom__tenant="north"))
    home.pool.before = lambda operation: None if operation.startswith("after") else home.clock.sleep(0.6)
    first = home.sign_in()
    assert 0 < first.added < 9
    assert first.added + first.failed == 9 + 2
    assert home.clock.seconds < 2.5 + 2 * 0.6
    for _ in range(3):
        home.sign_in()
    assert home.pool.accounts[NAME].groups == names
    assert home.pool.accounts[NAME].user.attributes["custom:tenant"] == "north"


def test_groups_that_could_not_be_read_are_not_told_because_an_empty_answer_takes_all_away() -> None:
    home = Home()
    home.federated()
    home.groups("staff")
    home.keep(kept(NAME, "staff"))
    home.pool.before = raising("AdminListGroupsForUser", AccessDenied("no"))
    given_back = home.sign_in()
    assert (given_back.added, given_back.groups) == (1, None)


# Kills, and two at once.


def somebody(immutable: tuple[str, ...], *, enabled: bool) -> Home:
    """Whose record holds everything that one may: two groups, one of them missing, and attributes of all kinds."""
    home = Home(immutable=immutable)
    home.federated(custom__plan="gold")
    home.groups("staff", "readers")
    attributes = {"custom:tenant": "north", "custom:plan": "old", "custom:fixed": "x", "email": "gina@example.com"}
    home.keep(DeferredUser(NAME, OLD_SUB, enabled, ("staff", "missing", "readers"), attributes))
    return home


def tokens(home: Home, count: int = 2) -> None:
    """So many sign-ins, each in a process of its own; the missing group is made before the last."""
    for number in range(count):
        if number == count - 1:
            home.groups("missing")
        with suppress(Disabled):
            home.sign_in(giving=home.another_function())


KINDS = pytest.mark.parametrize("immutable", [("sub", SUB, "custom:fixed"), ("sub", "custom:fixed")])
STATES = pytest.mark.parametrize("enabled", [True, False])


@KINDS
@STATES
def test_a_sign_in_that_is_killed_at_any_call_and_made_again_ends_the_same(
    immutable: tuple[str, ...], enabled: bool
) -> None:
    undisturbed = somebody(immutable, enabled=enabled)
    tokens(undisturbed)
    assert sorted(undisturbed.pool.accounts[NAME].groups) == ["missing", "readers", "staff"]
    for at in range(1, 100):
        home, kill = somebody(immutable, enabled=enabled), KillAt(at)
        home.pool.before = home.store.before = kill
        try:
            home.sign_in()
        except Killed as killed:
            killed.life.revive()
        except Disabled:
            pass
        if kill.made < at:
            break
        tokens(home)
        assert home.state == undisturbed.state, kill.operations
    assert at > 12


@KINDS
@STATES
def test_two_sign_ins_at_once_end_like_one(immutable: tuple[str, ...], enabled: bool) -> None:
    """The second one comes and goes while the first stands before each of its calls in turn."""
    undisturbed = somebody(immutable, enabled=enabled)
    tokens(undisturbed)
    for at in range(1, 100):
        home = somebody(immutable, enabled=enabled)
        calls: list[str] = []

        def before(operation: str, home: Home = home, calls: list[str] = calls, at: int = at) -> None:
            calls.append(operation)
            if len(calls) == at:
                tokens(home, 1)

        home.pool.before = home.store.before = before
        tokens(home)
        if len(calls) < at:
            break
        assert home.state == undisturbed.state, calls[:at]
    assert at > 12


# A bucket that does not answer.

FAILURES = [Throttled("slow"), ServiceUnavailable("away"), AccessDenied("no")]


@pytest.mark.parametrize("operation", READS)
@pytest.mark.parametrize("error", FAILURES)
def test_a_federated_user_of_whom_nothing_is_known_gets_no_token(operation: str, error: PoolsafeError) -> None:
    home = Home()
    home.federated()
    home.keep(kept(NAME, enabled=False))
    home.store.before = raising(operation, error)
    with pytest.raises(NotKnown) as refused:
        home.sign_in()
    assert refused.value.__cause__ is error
    assert home.pool.calls == {}


@pytest.mark.parametrize("operation", READS)
@pytest.mark.parametrize("error", FAILURES)
def test_a_local_user_of_whom_nothing_is_known_comes_in_with_what_they_have(
    operation: str, error: PoolsafeError
) -> None:
    home = Home()
    home.moved()
    home.groups("staff")
    home.keep(kept("alice", "staff"), deferred_key_of_sub(TARGET, OLD_SUB))
    home.store.before = raising(operation, error)
    assert home.sign_in("alice") == GivenBack(OLD_SUB)
    home.store.before = lambda _: None
    assert home.sign_in("alice").added == 1


@pytest.mark.parametrize("error", FAILURES)
def test_a_record_that_could_not_be_put_away_is_only_worked_through_again(error: PoolsafeError) -> None:
    home = Home(immutable=WRITABLE)
    home.moved()
    home.groups("staff")
    key = home.keep(kept("alice", "staff"), deferred_key_of_sub(TARGET, OLD_SUB))
    home.store.before = raising("DeleteObject", error)
    assert home.sign_in("alice").added == 1
    assert home.record(key) is not None
    home.store.before = lambda _: None
    home.sign_in("alice")
    assert home.store.objects == {}
    assert home.pool.accounts["alice"].groups == ["staff"]


def test_a_bucket_that_was_slow_for_a_moment_is_asked_again() -> None:
    home = Home()
    home.federated()
    home.groups("staff")
    home.keep(kept(NAME, "staff"))
    failed: list[str] = []

    def before(operation: str) -> None:
        if len(failed) < 2:
            failed.append(operation)
            raise Throttled("SlowDown")

    home.store.before = before
    assert home.sign_in().added == 1
    assert home.clock.seconds == pytest.approx(0.3)


def test_somebody_who_was_never_moved_has_no_old_sub() -> None:
    home = Home()
    home.pool.add("carol")
    assert home.sign_in("carol") == GivenBack(None)


def test_an_old_sub_is_told_without_any_record() -> None:
    home = Home()
    home.moved()
    assert home.sign_in("alice") == GivenBack(OLD_SUB)

"""What differs between two sides: pure comparison, in as many invocations as it takes, and the whole machine."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolsafe import bootstrap
from poolsafe.domain.compare.change import Change, How, Kind, Side
from poolsafe.domain.compare.digests import Digests, digest
from poolsafe.domain.compare.paths import ComparisonPaths
from poolsafe.domain.compare.records import Pools
from poolsafe.domain.compare.request import CompareRequest
from poolsafe.domain.compare.tally import Tally
from poolsafe.domain.records import Group, Membership, User
from poolsafe.errors import InvalidRequest
from poolsafe.operations.compare_records import CompareProgress, CompareRecords
from poolsafe.operations.compare_sides import ComparedFile, ComparedSide
from poolsafe.operations.parts import read_keys
from poolsafe.ports import Deadline
from tests.fakes import START, EveryTime, FakeUserPool, KillAt, MemoryStore, Never
from tests.pipeline import LATEST, pool_with
from tests.step_functions import Deployed

OLD, NEW = "us-east-1_Old", "us-east-1_New"
PATHS = ComparisonPaths("20261126T090000Z-3f9a1c")
ORIGINAL = "custom:original_sub"
NUMBERS = {How.ADDED: How.REMOVED, How.REMOVED: How.ADDED, How.CHANGED: How.CHANGED}


def user(sub: str, **told: Any) -> User:
    attributes = {name.replace("__", ":"): value for name, value in told.pop("attributes", {}).items()}
    return User(
        **{
            "username": f"name-of-{sub}",
            "sub": sub,
            "status": "CONFIRMED",
            "enabled": True,
            "created_at": START,
            "modified_at": START,
            "attributes": attributes,
            **told,
        }
    )


def group(name: str, description: str | None = None, precedence: int | None = None) -> Group:
    return Group(name, description, precedence, None, START, START)


def member(name: str, sub: str) -> Membership:
    return Membership(name, f"name-of-{sub}", sub)


Rows = Sequence[User | Group | Membership]
TYPES: dict[Kind, type[Any]] = {Kind.USERS: User, Kind.GROUPS: Group, Kind.MEMBERSHIPS: Membership}


def side(store: MemoryStore, name: str, rows: Rows, per_file: int) -> ComparedSide:
    """Files of so many rows each."""
    files: dict[str, tuple[ComparedFile, ...]] = {}
    for kind, row_type in TYPES.items():
        of_kind = [row for row in rows if isinstance(row, row_type)]
        keys = []
        for start in range(0, len(of_kind), per_file):
            part = bootstrap.PARQUET.part(row_type)
            part.add(of_kind[start : start + per_file])
            keys.append(f"{name}/{kind}/{start:05d}.parquet")
            store.put(keys[-1], part.finish())
        files[kind] = tuple(map(ComparedFile, keys))
    return ComparedSide(store, bootstrap.format_of, name, files)


def compared(
    before: Rows,
    after: Rows,
    pools: tuple[str, str] = (OLD, OLD),
    per_file: int = 2,
    deadline: Deadline | None = None,
    knows_mfa: bool = False,
) -> tuple[list[Change], Tally, MemoryStore]:
    """All rows of difference, what was counted, and the bucket."""
    store = MemoryStore()
    sides = {
        Side.BEFORE: side(store, "old", before, per_file),
        Side.AFTER: side(store, "new", after, per_file),
    }
    compare = CompareRecords(store, bootstrap.PARQUET, PATHS, sides, Pools(*pools), knows_mfa)
    progress, invocations = CompareProgress(), 0
    while not progress.done:
        state = json.loads(json.dumps(progress.to_state()))
        # Killed before its answer arrived, it is started again with the same progress.
        compare(CompareProgress(**state), deadline or Never())
        progress, invocations = compare(CompareProgress(**state), deadline or Never()), invocations + 1
        assert invocations < 200
    keys = store.keys(PATHS.differences)
    found = [row for batch in read_keys(store, bootstrap.PARQUET, keys, Change) for row in batch]
    return found, Tally.from_state(progress.tally), store


# Who is the same, and what differs


def test_users_are_added_removed_and_changed_attribute_by_attribute() -> None:
    before = [
        user("1", attributes={"email": "a@example.com", "name": "Ada"}),
        user("2"),
        user("3", attributes={"email": "c@example.com"}),
    ]
    after = [
        user("3", modified_at=START.replace(year=2030), attributes={"email": "c@example.com"}),
        user("4"),
        user("1", status="RESET_REQUIRED", enabled=False, attributes={"email": "b@example.com", "custom__x": "1"}),
    ]
    found, tally, _ = compared(before, after)
    assert {(one.change, one.sub, one.field, one.before, one.after) for one in found} == {
        ("added", "4", None, None, None),
        ("removed", "2", None, None, None),
        ("changed", "1", "custom:x", None, "1"),
        ("changed", "1", "email", "a@example.com", "b@example.com"),
        ("changed", "1", "enabled", "true", "false"),
        ("changed", "1", "name", "Ada", None),
        ("changed", "1", "status", "CONFIRMED", "RESET_REQUIRED"),
    }
    assert tally.numbers()["users"] == {"added": 1, "removed": 1, "changed": 1}
    assert tally.fields_of(Kind.USERS) == {"custom:x": 1, "email": 1, "enabled": 1, "name": 1, "status": 1}


def test_groups_differ_in_description_and_precedence_where_zero_is_not_absent() -> None:
    before = [group("a", "old"), group("b", precedence=None), group("gone")]
    after = [group("b", precedence=0), group("a", "new"), group("fresh")]
    found, tally, _ = compared(before, after)
    assert {(one.change, one.name, one.field, one.before, one.after) for one in found} == {
        ("changed", "a", "description", "old", "new"),
        ("changed", "b", "precedence", None, "0"),
        ("added", "fresh", None, None, None),
        ("removed", "gone", None, None, None),
    }
    assert tally.numbers()["groups"] == {"added": 1, "removed": 1, "changed": 2}


def test_memberships_are_there_or_not() -> None:
    before: Rows = [user("1"), user("2"), group("a"), member("a", "1"), member("a", "2")]
    after: Rows = [user("1"), user("2"), group("a"), group("b"), member("a", "2"), member("b", "1")]
    found, tally, _ = compared(before, after)
    told = {(o.change, o.name, o.sub, o.field, o.before, o.after) for o in found if o.kind is Kind.MEMBERSHIPS}
    assert told == {
        ("added", "b", "1", "username", None, "name-of-1"),
        ("removed", "a", "1", "username", "name-of-1", None),
    }
    assert tally.numbers()["memberships"] == {"added": 1, "removed": 1}


def test_across_pools_somebody_is_known_by_the_first_sub_and_that_is_no_difference() -> None:
    """The second of them was restored before, and kept the first `sub`."""
    before: Rows = [
        user("1", attributes={"name": "Ada"}),
        user("2", attributes={ORIGINAL: "0"}),
        user("3"),
        member("a", "1"),
        member("a", "2"),
        member(f"{OLD}_Google", "1"),
        group(f"{OLD}_Google", "Made by Cognito"),
    ]
    after: Rows = [
        user("n0", attributes={ORIGINAL: "0"}),
        user("n1", attributes={ORIGINAL: "1", "name": "Ada"}),
        user("3"),
        member("a", "n1"),
        member("a", "n0"),
        member(f"{NEW}_Google", "n1"),
        group(f"{NEW}_Google", "Made by Cognito"),
    ]
    assert compared(before, after, (OLD, NEW))[0] == []
    changed = [replace(one, description="x") if isinstance(one, Group) else one for one in after]
    [told] = compared(before, changed, (OLD, NEW))[0]
    assert (told.kind, told.name, told.before, told.after) == ("groups", f"{NEW}_Google", "Made by Cognito", "x")
    [told] = compared(before, [*after[:1], user("n1", attributes={ORIGINAL: "1"}), *after[2:]], (OLD, NEW))[0]
    assert (told.change, told.sub, told.field, told.before, told.after) == ("changed", "n1", "name", "Ada", None)


def test_in_one_pool_the_old_sub_is_an_attribute_as_any() -> None:
    [told] = compared([user("1")], [user("1", attributes={ORIGINAL: "0"})])[0]
    assert (told.change, told.field, told.after) == ("changed", ORIGINAL, "0")


@pytest.mark.parametrize(
    ("knows_mfa", "before", "after", "fields"),
    [
        (False, None, ("SMS_MFA",), []),
        (True, None, ("SMS_MFA",), []),
        (True, (), ("SMS_MFA",), ["mfa_methods"]),
        (True, ("SMS_MFA", "EMAIL_OTP"), ("EMAIL_OTP", "SMS_MFA"), []),
    ],
)
def test_second_factors_are_compared_where_both_sides_know_them(
    knows_mfa: bool, before: tuple[str, ...] | None, after: tuple[str, ...] | None, fields: list[str]
) -> None:
    found, tally, _ = compared([user("1", mfa_methods=before)], [user("1", mfa_methods=after)], knows_mfa=knows_mfa)
    assert [one.field for one in found] == fields
    assert tally.numbers()["users"]["changed"] == bool(fields)


def test_somebody_whom_a_listing_told_twice_is_the_same_as_either() -> None:
    twice = [user("1", attributes={"name": "a"}), user("2"), user("1", attributes={"name": "b"})]
    assert compared(twice, twice)[0] == []
    assert compared(twice, [user("1", attributes={"name": "b"}), user("2")])[0] == []


# Whatever the two sides are

subs = st.sampled_from([str(number) for number in range(9)])
told_of_users = st.fixed_dictionaries(
    {
        "status": st.sampled_from(["CONFIRMED", "UNCONFIRMED"]),
        "enabled": st.booleans(),
        "attributes": st.dictionaries(st.sampled_from(["email", "name"]), st.text(max_size=2), max_size=2),
    }
)


@st.composite
def sides_of_any_kind(draw: st.DrawFn) -> Rows:
    people = draw(st.dictionaries(subs, told_of_users))
    descriptions = draw(st.dictionaries(subs, st.none() | st.text(max_size=2)))
    members = sorted(draw(st.sets(st.tuples(subs, subs))))
    return [
        *(user(sub, **told) for sub, told in people.items()),
        *(group(*told) for told in descriptions.items()),
        *(member(*pair) for pair in members),
    ]


sides = sides_of_any_kind()
pairs_of_pools = st.sampled_from([(OLD, OLD), (OLD, NEW)])


@given(sides, pairs_of_pools, st.integers(1, 4))
def test_whatever_is_compared_with_itself_is_equal(rows: Rows, pools: tuple[str, str], per_file: int) -> None:
    found, tally, store = compared(rows, list(reversed(rows)), pools, per_file)
    assert found == []
    assert not tally.counts
    assert store.keys(PATHS.differences) == []


@given(sides, sides, pairs_of_pools)
def test_sides_that_are_swapped_swap_what_was_added_and_removed(one: Rows, other: Rows, pools: tuple[str, str]) -> None:
    there, _, _ = compared(one, other, pools)
    back, _, _ = compared(other, one, (pools[1], pools[0]))
    swapped = [
        replace(told, change=NUMBERS[told.change], before=told.after, after=told.before) for told in back
    ]  # fmt: skip
    assert Counter(there) == Counter(swapped)


@given(sides, sides, st.integers(1, 3), st.integers(1, 3))
def test_as_many_invocations_as_it_takes_come_to_the_same_as_one(
    one: Rows, other: Rows, per_file: int, steps: int
) -> None:
    """And each of them twice, as after a death."""
    at_once, tally, store = compared(one, other, per_file=per_file)
    step_by_step, again, stores = compared(one, other, per_file=per_file, deadline=EveryTime(steps))
    assert (step_by_step, again.to_state()) == (at_once, tally.to_state())
    assert stores.objects.keys() == store.objects.keys()


@given(st.lists(st.tuples(st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1)), max_size=60))
def test_digests_find_all_that_was_added_and_nothing_else(entries: list[tuple[int, int]]) -> None:
    digests = Digests()
    for number, (key, content) in enumerate(entries):
        digests.add(key, content, number)
    for key in {key for key, _ in entries} | {7}:
        wanted = [(content, number) for number, (of, content) in enumerate(entries) if of == key]
        assert [(found.content, found.file) for found in digests.find(key)] == wanted


def test_two_that_have_the_same_digest_are_taken_for_two(monkeypatch: pytest.MonkeyPatch) -> None:
    """A digest tells where to look; the rows tell who it is."""
    monkeypatch.setattr(
        "poolsafe.operations.compare_records.digest", lambda text: 1 if text in ("1", "2") else digest(text)
    )
    found, _, _ = compared([user("1"), user("3")], [user("2", attributes={"name": "x"}), user("3")])
    assert ("added", "2") in {(one.change, one.sub) for one in found}


def test_the_order_of_links_is_no_difference() -> None:
    links = [{"providerName": name, "userId": "1", "primary": "false"} for name in ("Google", "Okta")]
    one, other = (user("1", attributes={"identities": json.dumps(told)}) for told in (links, links[::-1]))
    assert compared([one], [other])[0] == []
    [told] = compared([one], [user("1", attributes={"identities": json.dumps(links[:1])})])[0]
    assert told.field == "identities"


# The whole machine, over fakes


def changed_pool(machines: Deployed) -> FakeUserPool:
    """A pool that is not what its snapshot says."""
    pool = pool_with(12)
    machines.backup(pool)
    del pool.accounts["user00003"]
    pool.add("quetzal", groups=("group1",), email="pangolin@example.com")
    pool.update_attributes("user00005", {"email": "axolotl@example.com"})
    pool.disable_user("user00007")
    return pool


def compare(machines: Deployed) -> tuple[Any, dict[str, bytes]]:
    """The result of one that nobody has begun before, and what it left behind."""
    machines.clock.seconds = 1_000
    for key in [key for key in machines.store.objects if key.startswith(("comparisons/", "working/"))]:
        del machines.store.objects[key]
    result = machines.start("compare", {"snapshot": LATEST, "user_pool_id": "us-east-1_Source"}, "one")
    store = machines.store
    return result, {key: store.objects[key].content for key in store.objects if key.startswith("comparisons/")}


def test_a_comparison_that_dies_at_every_object_comes_to_the_same(capfd: pytest.CaptureFixture[str]) -> None:
    with Deployed() as machines:
        changed_pool(machines)
        wanted = compare(machines)
        calls = KillAt(0)
        machines.store.before = calls
        assert compare(machines) == wanted
        for at in range(1, calls.made + 1):
            machines.store.before = KillAt(at)
            assert compare(machines) == wanted, calls.operations[at - 1]
        payloads = json.dumps([execution.payloads for execution in machines.executions])
    assert wanted[0]["counts"]["users"] == {"added": 1, "removed": 1, "changed": 2}
    said = capfd.readouterr()
    for word in ("quetzal", "pangolin", "axolotl", "user00005"):
        assert word not in payloads + said.out + said.err


def test_a_machine_that_hands_over_again_and_again_comes_to_the_same() -> None:
    counts = []
    for deadline in (Never(), EveryTime(1)):
        with Deployed(deadline=deadline) as machines:
            changed_pool(machines)
            counts.append(compare(machines)[0]["counts"])
            names = [name for name, *_ in machines.executions[-1].payloads]
    assert counts[0] == counts[1]
    assert names.count("CompareRecords") > 4


# The input

REGIONS = frozenset({"us-east-1"})
SNAPSHOT = f"{OLD}/20261122T030000Z-3f9a1c"


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({"snapshot": SNAPSHOT}, "with"),
        ({"snapshot": SNAPSHOT, "with": f"{OLD}/latest", "user_pool_id": OLD}, "with"),
        ({"snapshot": SNAPSHOT, "with": SNAPSHOT}, "with"),
        ({"snapshot": f"{OLD}/latest", "with": f"{OLD}/latest"}, "with"),
        ({"snapshot": SNAPSHOT, "with": "nonsense"}, "with"),
        ({"snapshot": "nonsense", "with": SNAPSHOT}, "snapshot"),
        ({"snapshot": SNAPSHOT, "user_pool_id": "nonsense"}, "user_pool_id"),
        ({"snapshot": SNAPSHOT, "user_pool_id": "mars-east-1_AbCdEfGhI"}, "user_pool_id"),
    ],
)
def test_an_input_that_cannot_be_meant_names_its_field(document: dict[str, str], field: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        CompareRequest.of(document, REGIONS)
    assert refused.value.field == field


@pytest.mark.parametrize("after", [{"with": f"{NEW}/latest"}, {"user_pool_id": NEW, "quota_share": 0.2}])
def test_a_request_travels_as_it_is(after: dict[str, Any]) -> None:
    request = CompareRequest.of({"snapshot": SNAPSHOT, **after}, REGIONS)
    assert CompareRequest.from_state(json.loads(json.dumps(request.to_state()))) == request
    assert request.pool_after == NEW

"""Any pool, backed up and restored, is the same pool but for what Cognito gives back to nobody.

Compared here in plain words, not by the code under test: a difference that it overlooks is overlooked by nobody.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from poolsafe.domain.records import CONFIRMED, EXTERNAL_PROVIDER, FORCE_CHANGE_PASSWORD, Group, User
from tests.fakes import START, EveryTime, FakeUserPool
from tests.pipeline import LATEST, Machines
from tests.unit import records
from tests.unit.restores import mfa

CUSTOM = ("custom:tenant", "custom:original_sub", "dev:custom:flag")

names = st.text(st.characters(exclude_categories=("Cs", "Z", "Cc")), min_size=1, max_size=12)
values = st.text(max_size=20) | st.just("é" * 2048)
flags = st.sampled_from(["true", "false"])
#: What each attribute may hold: Cognito lets nothing else in.
ATTRIBUTES = {
    "name": values,
    "email": st.just("") | names.map(lambda name: f"{name.replace('@', '')}+a@example.com"),
    "phone_number": st.integers(10**4, 10**15).map(lambda number: f"+{number}"),
    "birthdate": st.dates(date(1000, 1, 1)).map(date.isoformat),
    "email_verified": flags,
    "phone_number_verified": flags,
    **dict.fromkeys(CUSTOM, values),
}
statuses = st.sampled_from(["CONFIRMED", "UNCONFIRMED", "RESET_REQUIRED", "FORCE_CHANGE_PASSWORD", EXTERNAL_PROVIDER])
group_names = names.filter(lambda name: not name.startswith("us-east-1_"))
groups = st.lists(
    st.builds(
        Group,
        group_name=group_names | st.just("us-east-1_Source_Google"),
        description=st.none() | values,
        precedence=st.none() | st.integers(0, 2**31 - 1),
        role_arn=st.none() | st.just("arn:aws:iam::123456789012:role/a"),
        created_at=records.moments,
        modified_at=records.moments,
    ),
    max_size=5,
    unique_by=lambda group: group.group_name,
)


@st.composite
def pools(draw: st.DrawFn) -> FakeUserPool:
    pool = FakeUserPool(custom=CUSTOM, page_sizes=(*draw(st.lists(st.integers(0, 4), max_size=3)), 2))
    for group in draw(groups):
        pool.put_group(group)
    for name in draw(st.lists(names, max_size=8, unique=True)):
        attributes = draw(st.fixed_dictionaries({}, optional=ATTRIBUTES))
        for address in ("email", "phone_number"):
            if not attributes.get(address) and attributes.get(f"{address}_verified") == "true":
                attributes[f"{address}_verified"] = "false"
        status = draw(statuses)
        if status == EXTERNAL_PROVIDER or draw(st.booleans()):
            attributes["identities"] = json.dumps([{"providerName": "Google", "userId": "1", "primary": False}])
        user = User(name, f"sub of {name}", status, draw(st.booleans()), draw(records.moments), START, attributes)
        own = draw(st.lists(st.sampled_from(sorted(pool.group_records)), unique=True)) if pool.group_records else []
        pool.put(user, tuple(own))
    return pool


def undated(groups: Iterable[Group]) -> dict[str, Group]:
    """Groups by name, without the dates that Cognito gives back to nobody."""
    return {group.group_name: replace(group, created_at=START, modified_at=START) for group in groups}


@settings(max_examples=60)
@given(
    source=pools(),
    file_format=st.sampled_from(["parquet", "json"]),
    steps=st.integers(1, 6),
    marked=st.booleans(),
    texts=st.booleans(),
)
def test_any_pool_comes_back_as_it_was_but_for_what_cognito_keeps(
    source: FakeUserPool, file_format: str, steps: int, marked: bool, texts: bool
) -> None:
    machines = Machines(deadline=EveryTime(steps))
    target = FakeUserPool("us-east-1_Target", custom=CUSTOM, page_size=3, mfa=mfa("OFF") if texts else None)
    machines.backup(source, format=file_format)
    result = machines.restore(target, snapshot=LATEST, **({} if marked else {"sub_attribute": None}))

    local = {name: account for name, account in source.accounts.items() if account.user.status != EXTERNAL_PROVIDER}
    assert result["status"] == "COMPLETE"
    assert result["counts"]["created"] == len(local)
    assert result["counts"]["deferred"] == len(source.accounts) - len(local)
    assert target.accounts.keys() == local.keys()
    for name, saved in local.items():
        back = target.accounts[name]
        attributes = {key: value for key, value in saved.user.attributes.items() if key != "identities"}
        for address in ("email", "phone_number"):
            if not attributes.get(address):
                # Nothing cannot be verified, and is never said to be.
                attributes.pop(f"{address}_verified", None)
        if marked and not attributes.get("custom:original_sub"):
            attributes["custom:original_sub"] = saved.user.sub
        assert back.user.attributes == attributes
        assert back.user.enabled == saved.user.enabled
        ways = ("email", "phone_number") if texts else ("email",)
        reachable = [way for way in ways if attributes.get(f"{way}_verified") == "true"]
        assert back.user.status == (CONFIRMED if reachable else FORCE_CHANGE_PASSWORD)
        assert back.user.sub != saved.user.sub
        assert set(back.groups) == set(saved.groups) - {"us-east-1_Source_Google"}
    local_groups = [group for name, group in source.group_records.items() if name != "us-east-1_Source_Google"]
    assert undated(target.group_records.values()) == undated(local_groups)
    assert {(row.username, row.old, row.new) for row in machines.sub_map(result)} == {
        (name, source.accounts[name].user.sub, account.user.sub) for name, account in target.accounts.items()
    }


@settings(max_examples=30)
@given(source=pools(), file_format=st.sampled_from(["parquet", "json"]))
def test_any_pool_is_in_its_snapshot_whole(source: FakeUserPool, file_format: str) -> None:
    machines = Machines()
    manifest = machines.backup(source, format=file_format)
    assert machines.rows(manifest, "users", User) == [account.user for account in source.accounts.values()]
    assert machines.rows(manifest, "groups", Group) == sorted(
        source.group_records.values(), key=lambda group: group.group_name
    )

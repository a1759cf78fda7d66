"""Where the old `sub` goes: into an attribute of the target if it has one, and into the sub map always."""

from __future__ import annotations

import pytest

from poolsafe.errors import InvalidRequest
from tests.fakes import FakeUserPool
from tests.pipeline import LATEST, Machines, pool_with, target_pool
from tests.unit.restores import restored


def bare_target(*custom: str) -> FakeUserPool:
    return FakeUserPool("us-east-1_Target", custom=custom)


def test_the_old_sub_goes_into_custom_original_sub_where_the_target_has_it() -> None:
    source, target = pool_with(2), target_pool()
    machines, result = restored(source, target)
    for name, account in target.accounts.items():
        assert account.user.attributes["custom:original_sub"] == source.accounts[name].user.sub
    assert machines.report(result)["verification"]["declared_differences"]["original_sub"] == 2


def test_the_old_sub_goes_into_the_attribute_that_was_asked_for() -> None:
    source, target = pool_with(2), bare_target("custom:legacy", "custom:original_sub")
    restored(source, target, sub_attribute="custom:legacy")
    for name, account in target.accounts.items():
        assert account.user.attributes["custom:legacy"] == source.accounts[name].user.sub
        assert "custom:original_sub" not in account.user.attributes


def test_a_target_without_the_attribute_is_restored_without_it_and_the_plan_says_so() -> None:
    source, target = pool_with(2), bare_target()
    machines, result = restored(source, target)
    assert result["status"] == "COMPLETE"
    for name, account in target.accounts.items():
        assert account.user.attributes == source.accounts[name].user.attributes
    assert len(machines.sub_map(result)) == 2
    assert any("has no custom:original_sub" in warning for warning in machines.plan(result)["warnings"])


def test_null_writes_no_old_sub_and_warns_of_nothing() -> None:
    source, target = pool_with(2), target_pool()
    machines, result = restored(source, target, sub_attribute=None)
    assert all("custom:original_sub" not in account.user.attributes for account in target.accounts.values())
    assert machines.plan(result)["warnings"] == []


@pytest.mark.parametrize("wanted", ["custom:original_sub", "custom:legacy"])
def test_an_attribute_that_was_asked_for_and_is_missing_is_refused(wanted: str) -> None:
    """Also the default, when somebody wrote it down: then it is a wish."""
    target = bare_target()
    with pytest.raises(InvalidRequest, match=f"^sub_attribute: names {wanted}, which the schema of us-east-1_Target"):
        restored(pool_with(2), target, sub_attribute=wanted)
    assert set(target.calls) == {"DescribeUserPool"}


def test_a_user_that_was_restored_before_keeps_its_first_sub() -> None:
    """That is the one applications stored, two moves ago."""
    machines = Machines()
    first, second = pool_with(2), FakeUserPool("us-east-1_Second", custom=("custom:original_sub",))
    third = target_pool()
    machines.backup(first)
    machines.restore(second, snapshot=LATEST)
    machines.backup(second)
    result = machines.restore(third, snapshot="us-east-1_Second/latest")
    for name, account in third.accounts.items():
        assert account.user.attributes["custom:original_sub"] == first.accounts[name].user.sub
    assert {row.old for row in machines.sub_map(result)} == {account.user.sub for account in second.accounts.values()}
    assert result["status"] == "COMPLETE"

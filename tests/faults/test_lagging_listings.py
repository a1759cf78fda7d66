"""Listings lag behind, AdminGetUser does not [API ListUsers]: who seems wrong is asked about first."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from poolsafe.errors import VerificationFailed
from tests.fakes import FakeUserPool
from tests.pipeline import LATEST, Machines, pool_with


class Lagging(FakeUserPool):
    """While it `lags`, its listings do not tell of some users or groups, or of any membership."""

    def __init__(self, users: tuple[str, ...] = (), groups: tuple[str, ...] = (), memberships: bool = False) -> None:
        super().__init__("us-east-1_Target", custom=("custom:original_sub",))
        self.hidden, self.hidden_groups = users, groups
        self.without_memberships, self.lags = memberships, False

    def list_users(self, token: str | None, only: str | None = None) -> Any:
        page = super().list_users(token, only)
        return replace(page, items=tuple(user for user in page.items if not self._hides(user.username)))

    def list_groups(self, token: str | None) -> Any:
        page = super().list_groups(token)
        hidden = self.hidden_groups if self.lags else ()
        return replace(page, items=tuple(group for group in page.items if group.group_name not in hidden))

    def list_members(self, group_name: str, token: str | None) -> Any:
        page = super().list_members(group_name, token)
        shown = (
            row for row in page.items if not (self.lags and self.without_memberships) and not self._hides(row.username)
        )
        return replace(page, items=tuple(shown))

    def _hides(self, username: str) -> bool:
        return self.lags and username in self.hidden


def restored_with_lag(target: Lagging) -> dict[str, Any]:
    machines = Machines(before_verification=lambda: setattr(target, "lags", True))
    machines.backup(pool_with(9))
    report: dict[str, Any] = machines.report(machines.restore(target, snapshot=LATEST))["verification"]
    return report


def test_users_that_a_lagging_listing_leaves_out_are_asked_about_and_found() -> None:
    verification = restored_with_lag(Lagging(users=("user00003", "user00004")))
    assert verification["passed"]
    assert verification["users_asked_about_again"] == 2


def test_memberships_that_a_lagging_listing_leaves_out_are_asked_about_and_found() -> None:
    verification = restored_with_lag(Lagging(memberships=True))
    assert verification["passed"]
    assert verification["users_asked_about_again"] == 9


def test_a_group_that_a_lagging_listing_leaves_out_is_asked_about_and_found() -> None:
    assert restored_with_lag(Lagging(groups=("group1",)))["passed"]


def test_a_user_that_was_there_before_is_not_blamed_for_a_lagging_listing() -> None:
    """Whoever seems to lack a group is asked about, too, before the restore is called PARTIAL for it."""
    target = Lagging(memberships=True)
    machines = Machines()
    machines.backup(pool_with(9))
    machines.restore(target, snapshot=LATEST)
    machines.before_verification = lambda: setattr(target, "lags", True)
    assert machines.restore(target, snapshot=LATEST)["status"] == "COMPLETE"


def test_nobody_is_asked_about_again_whom_the_listing_tells_right() -> None:
    target = Lagging()
    assert restored_with_lag(target)["users_asked_about_again"] == 0
    assert target.calls["AdminGetUser"] == target.calls["AdminListGroupsForUser"] == 0


def test_no_more_than_a_thousand_users_of_a_file_are_asked_about_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asking bills each as active, and so many are not a lag."""
    monkeypatch.setattr("poolsafe.operations.verify_target.MAX_ASKED_AGAIN", 4)
    target = Lagging(users=tuple(f"user{number:05d}" for number in range(9)))
    with pytest.raises(VerificationFailed, match=r"missing \(5\)"):
        restored_with_lag(target)
    assert target.calls["AdminGetUser"] == 4

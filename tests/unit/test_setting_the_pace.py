"""Which quotas are in force, and how much of them others use: asked of AWS, believed within reason, never a failure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from poolsafe.domain.quotas import DOCUMENTED, OF_A_RESTORE, Category, in_force, is_rate, of_an_export
from poolsafe.domain.quotas_told import category_of, leaving_room
from poolsafe.errors import AccessDenied, PoolsafeError, Rejected, ServiceUnavailable, Throttled
from poolsafe.operations.read_quotas import ReadQuotas
from poolsafe.operations.read_usage import ReadUsage
from poolsafe.operations.set_pace import SetPace
from tests.fake_quotas import NAMES, FakeCloudWatch, FakeLimits, FakeServiceQuotas
from tests.fakes import FakeClock

FAILURES = [AccessDenied("no."), ServiceUnavailable("no."), Throttled("no."), Rejected("Operation", "UnknownService")]
every_failure = pytest.mark.parametrize("failure", FAILURES, ids=lambda error: type(error).__name__)


def failing(failure: PoolsafeError) -> Callable[[str], None]:
    def fail(operation: str) -> None:
        raise failure

    return fail


@dataclass
class Account:
    """What tells an account's quotas; `given` is the stack's parameter."""

    limits: FakeLimits = field(default_factory=FakeLimits)
    service_quotas: FakeServiceQuotas = field(default_factory=FakeServiceQuotas)
    cloudwatch: FakeCloudWatch | None = None
    given: Mapping[Category, float] = field(default_factory=dict)
    clock: FakeClock = field(default_factory=FakeClock)

    def set_pace(self, *categories: Category, quota_share: float = 0.5) -> tuple[dict[str, float], list[str]]:
        usage = ReadUsage(self.cloudwatch, self.clock) if self.cloudwatch else None
        read = ReadQuotas(self.limits, self.service_quotas, self.clock)
        return SetPace(read, usage, in_force(self.given), frozenset(self.given))(categories, quota_share)


def test_an_account_as_documented_has_nothing_to_tell() -> None:
    assert Account().set_pace(*OF_A_RESTORE) == ({}, [])


def test_what_is_provisioned_is_asked_of_cognito_and_the_rest_of_service_quotas() -> None:
    account = Account(
        FakeLimits({"UserCreation": 200}),
        FakeServiceQuotas({NAMES[Category.USER_LIST]: 60.0, NAMES[Category.USER_CREATION]: 500.0}),
    )
    assert account.set_pace(*OF_A_RESTORE) == ({"UserCreation": 200, "UserList": 60}, [])
    asked = [
        members["LimitDefinition"]["Attributes"]["Category"] for members in account.limits.sent("GetProvisionedLimit")
    ]
    assert asked == ["UserCreation", "UserRead"]


def test_cognito_is_asked_once_a_second() -> None:
    account = Account()
    account.set_pace(Category.USER_CREATION, Category.USER_READ, Category.USER_RESOURCE_READ)
    assert account.clock.seconds == 2


def test_service_quotas_is_not_asked_where_cognito_told_all() -> None:
    account = Account()
    account.set_pace(Category.USER_CREATION, Category.USER_READ)
    assert account.service_quotas.operations == []


def test_the_parameter_of_the_stack_is_above_all_and_nobody_is_asked() -> None:
    account = Account(FakeLimits({"UserCreation": 200}), given={Category.USER_CREATION: 80.0, Category.USER_LIST: 10.0})
    assert account.set_pace(Category.USER_CREATION, Category.USER_LIST) == ({}, [])
    assert account.limits.operations == account.service_quotas.operations == []


def test_an_export_asks_for_what_it_draws_on() -> None:
    assert of_an_export(include_mfa=False) == (Category.USER_LIST,)
    assert of_an_export(include_mfa=True) == (Category.USER_LIST, Category.USER_READ)


@every_failure
def test_where_cognito_tells_nothing_service_quotas_is_asked(failure: PoolsafeError) -> None:
    account = Account(FakeLimits(before=failing(failure)), FakeServiceQuotas({NAMES[Category.USER_CREATION]: 90.0}))
    quotas, [warning, *_] = account.set_pace(Category.USER_CREATION)
    assert quotas == {"UserCreation": 90}
    assert warning == f"The provisioned quota of UserCreation could not be read. {failure}"


@every_failure
def test_where_nobody_tells_anything_the_documented_quotas_are_assumed_and_it_is_said(failure: PoolsafeError) -> None:
    account = Account(FakeLimits(before=failing(failure)), FakeServiceQuotas(before=failing(failure)))
    quotas, warnings = account.set_pace(*OF_A_RESTORE)
    assert quotas == {}
    assert f"The account's quotas could not be read. {failure}" in warnings
    assert warnings[-1] == (
        "The documented quotas are assumed, in requests per second: UserCreation 50, UserAccountRecovery 30, "
        "UserUpdate 25, UserResourceUpdate 25, UserList 30, UserRead 120. If this account's are others, say so in "
        "Quotas (a parameter of the stack)."
    )


def test_what_is_denied_once_is_not_asked_again() -> None:
    asked: list[str] = []

    def deny(operation: str) -> None:
        asked.append(operation)
        raise AccessDenied("GetProvisionedLimit: AccessDeniedException.")

    account = Account(FakeLimits(before=deny))
    account.set_pace(Category.USER_CREATION, Category.USER_READ)
    assert (asked, account.clock.seconds) == (["GetProvisionedLimit"], 0)


def test_an_sdk_that_does_not_know_the_operation_is_no_reason_to_fail() -> None:
    account = Account(FakeLimits(unknown=frozenset({"GetProvisionedLimit"})))
    quotas, warnings = account.set_pace(Category.USER_CREATION)
    assert (quotas, len(warnings)) == ({}, 1)
    assert "not an operation of the boto3 in use" in warnings[0]


NO_QUOTAS = [0, -5, float("nan"), float("inf"), 100_001, 1e12, 10**400, True, "50", None]


@pytest.mark.parametrize("told", NO_QUOTAS)
def test_what_cannot_be_a_quota_is_not_believed(told: Any) -> None:
    account = Account(FakeLimits({"UserCreation": told}), FakeServiceQuotas({NAMES[Category.USER_CREATION]: 70.0}))
    quotas, [warning] = account.set_pace(Category.USER_CREATION)
    assert quotas == {"UserCreation": 70}
    assert warning.startswith("GetProvisionedLimit told ")
    assert warning.endswith(" of UserCreation, which cannot be a quota.")
    assert not is_rate(told)


@pytest.mark.parametrize("told", NO_QUOTAS)
def test_nor_is_it_where_service_quotas_says_so(told: Any) -> None:
    quotas, warnings = Account(service_quotas=FakeServiceQuotas({NAMES[Category.USER_LIST]: told})).set_pace(
        Category.USER_LIST
    )
    assert quotas == {}
    assert warnings[0].startswith("ListServiceQuotas told ")
    assert warnings[1].startswith("The documented quotas are assumed, in requests per second: UserList 30.")


@pytest.mark.parametrize(
    ("name", "code", "category"),
    [
        ("Rate of UserList requests", "L-00000000", Category.USER_LIST),
        ("rate of userlist requests ", "", Category.USER_LIST),
        ("Rate of UserPoolResourceRead requests per account", "", Category.USER_POOL_RESOURCE_READ),
        ("Rate of UserPoolResourceRead requests per user pool", "L-181E40D0", None),
        ("Rate of ListTagsForResource requests", "", None),
        ("Groups per user", "", None),
        ("", "L-259E3368", Category.USER_LIST),
        ("Listings of users, by the second", "L-259E3368", Category.USER_LIST),
        # A name that says something else is right, and the code is not.
        ("Rate of UserRead requests", "L-259E3368", Category.USER_READ),
    ],
)
def test_a_quota_is_known_by_its_name_and_else_by_its_code(name: str, code: str, category: Category | None) -> None:
    assert category_of(name, code) is category


def test_a_listing_that_never_ends_is_left() -> None:
    class Endless(FakeServiceQuotas):
        def _list_service_quotas(self, **_: Any) -> dict[str, Any]:
            return {"Quotas": [], "NextToken": str(len(self.calls))}

    account = Account(service_quotas=Endless())
    quotas, warnings = account.set_pace(Category.USER_LIST)
    assert (quotas, len(account.service_quotas.operations)) == ({}, 20)
    assert warnings[-1].startswith("The documented quotas are assumed")


# What others use.


@pytest.mark.parametrize(
    ("others", "rate"),
    [
        (0, 15),  # alone, what was given
        (13, 15),  # there is room for both
        (18, 30 - 18 * 1.1),
        (25, 7.5),  # never less than half of what was given
        (1_000, 7.5),
    ],
)
def test_what_others_use_is_left_to_them(others: float, rate: float) -> None:
    assert leaving_room(30, 0.5, others) * 0.5 == pytest.approx(rate)


@pytest.mark.parametrize("own", [{}, {"Class": "None"}])
def test_the_busiest_of_the_last_minutes_counts(own: dict[str, str]) -> None:
    busy = {"UserList": [60.0, 0.0, 60 * 18.0, 60 * 5.0]}
    account = Account(cloudwatch=FakeCloudWatch(busy, own=own))
    quotas, [warning] = account.set_pace(Category.USER_LIST)
    assert quotas == {"UserList": pytest.approx((30 - 18 * 1.1) / 0.5)}
    assert warning.startswith(
        "In the last 15 minutes this account made up to 18 calls of UserList a second here, of 30. To leave room, this "
        "run makes no more than 10.2, not 15."
    )
    assert "WatchUsage" in warning


def test_what_was_before_the_last_quarter_of_an_hour_does_not_count() -> None:
    account = Account(cloudwatch=FakeCloudWatch({"UserList": [0.0] * 15 + [60 * 30.0] * 10}))
    assert account.set_pace(Category.USER_LIST) == ({}, [])


def test_a_little_less_is_not_worth_a_word() -> None:
    quotas, warnings = Account(cloudwatch=FakeCloudWatch({"UserList": [60 * 15.0]})).set_pace(Category.USER_LIST)
    assert quotas == {"UserList": pytest.approx(27)}
    assert warnings == []


def test_room_is_left_below_a_quota_that_was_read() -> None:
    account = Account(FakeLimits({"UserCreation": 200}), cloudwatch=FakeCloudWatch({"UserCreation": [60 * 120.0]}))
    quotas, _ = account.set_pace(Category.USER_CREATION, quota_share=0.8)
    assert quotas == {"UserCreation": pytest.approx(max(200 - 120 * 1.1, 80) / 0.8)}


def test_room_is_left_below_a_quota_that_was_given() -> None:
    account = Account(given={Category.USER_LIST: 100.0}, cloudwatch=FakeCloudWatch({"UserList": [60 * 70.0]}))
    assert account.set_pace(Category.USER_LIST)[0] == {"UserList": 50.0}


@every_failure
def test_usage_that_cannot_be_read_leaves_the_pace_as_it_is(failure: PoolsafeError) -> None:
    quotas, [warning] = Account(cloudwatch=FakeCloudWatch(before=failing(failure))).set_pace(Category.USER_LIST)
    assert quotas == {}
    assert warning == f"How much others use could not be read, so no room is left for them. {failure}"


def test_quotas_that_are_read_are_plausible_and_those_of_the_table_too() -> None:
    assert all(map(is_rate, DOCUMENTED.values()))

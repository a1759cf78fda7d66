"""The limits of Cognito in the embedded cloud, as a client of AWS's SDK meets them; off until they are asked for."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from local.cloud import Cloud, running
from local.server import SECRET

SHARDS = "0123456789abcdef"
ALL_MANNERS = {"short_pages": 0.3, "empty_pages": 0.3, "duplicates": 0.3, "token_lifetime_s": 3600}


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    with running() as cloud:
        yield cloud


@pytest.fixture(scope="module")
def idp(cloud: Cloud) -> Any:
    return app(cloud)


@pytest.fixture(scope="module")
def pool(cloud: Cloud, idp: Any) -> str:
    """A pool of the emulator's own, with 150 users in two groups."""
    made = str(idp.create_user_pool(PoolName="pool")["UserPool"]["Id"])
    groups = [{"GroupName": name} for name in ("even", "odd")]
    attributes = [[{"Name": "email", "Value": f"user{number:03d}@example.com"}] for number in range(150)]
    users = [
        {
            "Username": f"user{number:03d}",
            "Attributes": held,
            "UserCreateDate": 1e9,
            "Groups": [("even", "odd")[number % 2]],
        }
        for number, held in enumerate(attributes)
    ]
    cloud.put_users(made, users, groups)
    return made


@pytest.fixture(scope="module")
def synthetic(cloud: Cloud) -> str:
    return cloud.synthetic_pool(700, groups=7, memberships_per_user=2, seed=3)


def app(cloud: Cloud, name: str | None = None) -> Any:
    """A client that is not slowed down by retries, with an app id of its own."""
    connect: Any = boto3.client
    settings: dict[str, Any] = {"retries": {"total_max_attempts": 1}, "user_agent_appid": name}
    return connect(
        "cognito-idp",
        region_name="us-east-1",
        endpoint_url=cloud.endpoint,
        aws_access_key_id="test",
        aws_secret_access_key=SECRET,
        config=Config(**settings),
    )


def walked(call: Any, entries: str = "Users", **request: Any) -> tuple[list[Any], list[int]]:
    """Everything that a listing tells, and how many each page."""
    found: list[Any] = []
    sizes: list[int] = []
    answer: Any = {}
    while True:
        answer = call(**request, **{name: answer[name] for name in ("PaginationToken", "NextToken") if name in answer})
        found += answer[entries]
        sizes.append(len(answer[entries]))
        if not {"PaginationToken", "NextToken"} & set(answer):
            return found, sizes


def refusal(call: Any, **request: Any) -> tuple[int, str, str]:
    with pytest.raises(ClientError) as refused:
        call(**request)
    told = refused.value.response
    return told["ResponseMetadata"]["HTTPStatusCode"], told["Error"]["Code"], told["Error"]["Message"]


def names(users: list[Any]) -> Counter[str]:
    return Counter(user["Username"] for user in users)


def test_everything_is_off_until_it_is_asked_for(cloud: Cloud, idp: Any, pool: str) -> None:
    assert cloud.control("GET", "limits") == {"settings": {}, "counts": {}}
    users, sizes = walked(idp.list_users, UserPoolId=pool)
    assert sizes == [60, 60, 30]
    assert all(idp.describe_user_pool(UserPoolId=pool) for _ in range(40))
    assert names(users).most_common(1)[0][1] == 1


def test_beyond_a_quota_a_request_is_refused_as_aws_refuses_it(cloud: Cloud, idp: Any, pool: str) -> None:
    with cloud.limits(quotas={"UserList": 0.01}):
        idp.list_users(UserPoolId=pool, Limit=1)
        throttled = refusal(idp.list_users_in_group, UserPoolId=pool, GroupName="odd")
        assert throttled == (400, "TooManyRequestsException", "Rate exceeded")
        assert idp.describe_user_pool(UserPoolId=pool)
        assert cloud.limited()["UserList"] == {"": {"admitted": 1, "throttled": 1}}
        assert cloud.control("GET", "calls")["errors"]["ListUsersInGroup TooManyRequestsException"] >= 1
    assert idp.list_users(UserPoolId=pool, Limit=1)


def test_of_documented_quotas_no_more_than_30_listings_pass_in_a_second(cloud: Cloud, idp: Any, synthetic: str) -> None:
    passed: list[float] = []
    with cloud.limits(quotas="documented"):
        ends = time.monotonic() + 1.5
        while time.monotonic() < ends:
            try:
                idp.list_users(UserPoolId=synthetic, Limit=1)
            except idp.exceptions.TooManyRequestsException:
                continue
            passed.append(time.monotonic())
        counts = cloud.limited()["UserList"][""]
    # One second on the server's clock is a little longer or shorter on ours.
    assert all(beyond - first > 0.8 for first, beyond in zip(passed, passed[30:], strict=False))
    assert counts["admitted"] == len(passed) <= 60


def test_quotas_of_a_single_operation_on_a_pool_are_documented_ones_too(cloud: Cloud, idp: Any, pool: str) -> None:
    with cloud.limits(quotas="documented", per_operation_and_pool=0.01):
        idp.get_group(UserPoolId=pool, GroupName="odd")
        assert refusal(idp.get_group, UserPoolId=pool, GroupName="odd")[1] == "TooManyRequestsException"
        assert idp.list_groups(UserPoolId=pool)["Groups"]


def test_callers_are_told_apart_by_their_app_id(cloud: Cloud, pool: str) -> None:
    with cloud.limits(quotas={"UserRead": 0.01}):
        assert app(cloud, "production").admin_get_user(UserPoolId=pool, Username="user001")
        refusal(app(cloud, "poolsafe").admin_get_user, UserPoolId=pool, Username="user001")
        assert cloud.limited()["UserRead"] == {
            "production": {"admitted": 1, "throttled": 0},
            "poolsafe": {"admitted": 0, "throttled": 1},
        }


def test_a_region_has_quotas_of_its_own(cloud: Cloud, idp: Any, pool: str) -> None:
    elsewhere = cloud.client("cognito-idp", region="eu-west-1")
    with cloud.limits(quotas={"UserPoolRead": 0.01}):
        idp.list_user_pools(MaxResults=1)
        assert elsewhere.list_user_pools(MaxResults=1)


def test_every_request_takes_the_latency_that_was_asked_for(cloud: Cloud, idp: Any, pool: str) -> None:
    with cloud.limits(latency={"median_ms": 150}):
        began = time.monotonic()
        idp.list_users(UserPoolId=pool, Limit=1)
        assert time.monotonic() - began >= 0.15


@pytest.mark.parametrize("which", ["pool", "synthetic"])
def test_however_pages_behave_everybody_is_listed(
    cloud: Cloud, idp: Any, request: pytest.FixtureRequest, which: str
) -> None:
    asked = request.getfixturevalue(which)
    group = {"pool": "odd", "synthetic": "group0002"}[which]
    everybody = names(walked(idp.list_users, UserPoolId=asked)[0])
    members = names(walked(idp.list_users_in_group, UserPoolId=asked, GroupName=group)[0])
    for seed in (1, 2, 3):
        with cloud.limits(pages=ALL_MANNERS, seed=seed):
            users, sizes = walked(idp.list_users, UserPoolId=asked, Limit=7)
            assert set(names(users)) == set(everybody)
            assert 0 in sizes
            assert {1, 2, 3, 4, 5, 6} & set(sizes)
            assert max(names(users).values()) == 2
            listed = names(walked(idp.list_users_in_group, UserPoolId=asked, GroupName=group, Limit=7)[0])
            assert set(listed) == set(members)
            groups = names_of_groups(walked(idp.list_groups, "Groups", UserPoolId=asked, Limit=1)[0])
            assert groups == {"pool": {"even", "odd"}, "synthetic": {f"group000{n}" for n in range(7)}}[which]


def names_of_groups(groups: list[Any]) -> set[str]:
    return {group["GroupName"] for group in groups}


def test_the_groups_of_a_user_come_in_pages_too(cloud: Cloud, idp: Any, pool: str, synthetic: str) -> None:
    with cloud.limits(pages={"token_lifetime_s": 3600}):
        for asked, user, groups in (
            (pool, "user001", {"odd"}),
            (synthetic, "person00000013", {"group0000", "group0006"}),
        ):
            request = {"UserPoolId": asked, "Username": user, "Limit": 1}
            found, sizes = walked(idp.admin_list_groups_for_user, "Groups", **request)
            assert names_of_groups(found) == groups
            assert max(sizes) == 1


@pytest.mark.parametrize("which", ["pool", "synthetic"])
def test_a_token_expires_and_is_good_for_its_own_request_only(
    cloud: Cloud, idp: Any, request: pytest.FixtureRequest, which: str
) -> None:
    asked = request.getfixturevalue(which)
    with cloud.limits(pages={"token_lifetime_s": 0.5}):
        token = idp.list_users(UserPoolId=asked, Limit=10)["PaginationToken"]
        assert len(token) > 300
        filtered = {"UserPoolId": asked, "Filter": 'sub ^= "a"', "PaginationToken": token}
        altered = token[:50] + ("A" if token[50] != "A" else "B") + token[51:]
        for wrong in (
            filtered,
            {"UserPoolId": asked, "PaginationToken": altered},
            {**filtered, "PaginationToken": "10"},
        ):
            status, code, message = refusal(idp.list_users, **wrong)
            assert (status, code) == (400, "InvalidParameterException")
            assert message.startswith("Paging marker ")
        assert idp.list_users(UserPoolId=asked, PaginationToken=token)["Users"]
        time.sleep(0.6)
        assert refusal(idp.list_users, UserPoolId=asked, PaginationToken=token)[1] == "InvalidParameterException"


@pytest.mark.parametrize("which", ["pool", "synthetic"])
@pytest.mark.parametrize("lie", ["strangers", "omits"])
def test_a_filter_may_lie(cloud: Cloud, idp: Any, request: pytest.FixtureRequest, which: str, lie: str) -> None:
    asked = request.getfixturevalue(which)
    filtered = {"UserPoolId": asked, "Filter": 'sub ^= "b"'}
    true = set(names(walked(idp.list_users, **filtered)[0]))
    with cloud.limits(pages={"lying_filter": lie}):
        told = set(names(walked(idp.list_users, **filtered)[0]))
        assert told > true if lie == "strangers" else told < true


def test_an_empty_page_that_a_fault_makes_leads_on_under_opaque_tokens_too(cloud: Cloud, idp: Any, pool: str) -> None:
    empty = {"action": "ListUsers", "empty_page": True, "after": 1, "times": 2}
    with cloud.limits(pages={"token_lifetime_s": 3600}), cloud.faults(empty):
        users, sizes = walked(idp.list_users, UserPoolId=pool)
    assert len(names(users)) == len(users) == 150
    assert sizes.count(0) == 2


def test_listings_lag_behind_and_asking_for_one_user_does_not(cloud: Cloud, idp: Any) -> None:
    pool = str(idp.create_user_pool(PoolName="lagging")["UserPool"]["Id"])
    group = {"GroupName": "staff"}
    old = [{"Username": name, "UserCreateDate": 1e9, "Groups": ["staff"]} for name in ("stays", "goes")]
    cloud.put_users(pool, old, [group])
    listings: tuple[Callable[[], set[str]], ...] = (
        lambda: set(names(walked(idp.list_users, UserPoolId=pool)[0])),
        lambda: set(names(walked(idp.list_users_in_group, UserPoolId=pool, GroupName="staff")[0])),
    )
    with cloud.limits(lag_s=2):
        idp.admin_create_user(UserPoolId=pool, Username="comes", MessageAction="SUPPRESS")
        idp.admin_add_user_to_group(UserPoolId=pool, Username="comes", GroupName="staff")
        idp.admin_delete_user(UserPoolId=pool, Username="goes")
        assert [listed() for listed in listings] == [{"stays", "goes"}] * 2
        assert idp.admin_get_user(UserPoolId=pool, Username="comes")
        assert refusal(idp.admin_get_user, UserPoolId=pool, Username="goes")[1] == "UserNotFoundException"
        time.sleep(2.1)
        assert [listed() for listed in listings] == [{"stays", "comes"}] * 2


def test_the_shards_of_a_synthetic_pool_are_everybody_exactly_once(idp: Any, synthetic: str) -> None:
    everybody = names(walked(idp.list_users, UserPoolId=synthetic)[0])
    shards: Counter[str] = Counter()
    for digit in SHARDS:
        shards += names(walked(idp.list_users, UserPoolId=synthetic, Filter=f'sub ^= "{digit}"')[0])
    assert shards == everybody
    assert everybody.total() == len(everybody) == 700


def test_a_synthetic_pool_answers_as_any_other_does(cloud: Cloud, idp: Any, synthetic: str) -> None:
    asked = {"UserPoolId": synthetic}
    (listed,) = idp.list_users(**asked, Filter='username = "person00000013"')["Users"]
    told = idp.admin_get_user(**asked, Username="person00000013")
    assert told["UserAttributes"] == listed["Attributes"]
    assert {key: told[key] for key in listed if key != "Attributes"} == {
        key: value for key, value in listed.items() if key != "Attributes"
    }
    assert idp.get_group(**asked, GroupName="group0006")["Group"] in idp.list_groups(**asked)["Groups"]
    described = idp.describe_user_pool(**asked)["UserPool"]
    assert described["EstimatedNumberOfUsers"] == 700
    assert "custom:tier" in {attribute["Name"] for attribute in described["SchemaAttributes"]}
    assert idp.list_users(**asked, Limit=3)["Users"][0]["Attributes"]
    assert refusal(idp.admin_get_user, **asked, Username="nobody")[1] == "UserNotFoundException"
    assert refusal(idp.get_group, **asked, GroupName="nobody")[1] == "ResourceNotFoundException"
    assert refusal(idp.list_users, **asked, Filter='name = "Ada"')[1] == "InvalidParameterException"


def test_a_synthetic_pool_does_not_change(idp: Any, synthetic: str) -> None:
    refused = "InvalidParameterException"
    asked = {"UserPoolId": synthetic}
    assert refusal(idp.admin_create_user, **asked, Username="new")[1] == refused
    assert refusal(idp.admin_delete_user, **asked, Username="person00000013")[1] == refused
    assert refusal(idp.create_group, **asked, GroupName="new")[1] == refused


def test_a_synthetic_pool_ends_as_any_other_does(cloud: Cloud, idp: Any) -> None:
    pool = cloud.synthetic_pool(10, region="us-east-1", estimate_factor=3)
    assert idp.describe_user_pool(UserPoolId=pool)["UserPool"]["EstimatedNumberOfUsers"] == 30
    idp.delete_user_pool(UserPoolId=pool)
    assert refusal(idp.list_users, UserPoolId=pool)[1] == "ResourceNotFoundException"


def test_a_synthetic_pool_is_of_its_region_and_account(cloud: Cloud, idp: Any) -> None:
    pool = cloud.synthetic_pool(10, region="eu-west-1")
    assert pool.startswith("eu-west-1_")
    assert len(cloud.client("cognito-idp", region="eu-west-1").list_users(UserPoolId=pool)["Users"]) == 10
    assert refusal(idp.list_users, UserPoolId=pool)[1] == "ResourceNotFoundException"


def test_whoever_may_not_list_a_synthetic_pool_is_denied(cloud: Cloud, synthetic: str) -> None:
    keys = cloud.client("iam")
    keys.create_user(UserName="nobody")
    key = keys.create_access_key(UserName="nobody")["AccessKey"]
    stranger = cloud.client(
        "cognito-idp", keys={"AccessKeyId": key["AccessKeyId"], "SecretAccessKey": key["SecretAccessKey"]}
    )
    assert refusal(stranger.list_users, UserPoolId=synthetic)[1] == "AccessDeniedException"


@pytest.mark.parametrize(
    "settings",
    [
        {"quota": "documented"},
        {"quotas": {"UserLists": 3}},
        {"quotas": {"UserList": -3}},
        {"latency": {"median_ms": 5, "p99_ms": 1}},
        {"pages": {"empty_pages": 1}},
        {"lag_s": -1},
    ],
)
def test_what_is_no_limit_is_refused_and_changes_nothing(cloud: Cloud, settings: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="limits"):
        cloud.control("PUT", "limits", settings)
    assert cloud.control("GET", "limits")["settings"] == {}

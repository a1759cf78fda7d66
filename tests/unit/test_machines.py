"""The definitions and the handlers fit together: whole runs through the real states, over fakes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from backup.check_request import handler as check_request
from backup.describe_pool import handler as describe_pool
from poolsafe import bootstrap
from poolsafe.domain.governor import GUARD
from poolsafe.domain.quotas import DOCUMENTED, Category
from poolsafe.domain.snapshot import RestorePaths
from poolsafe.errors import AccessDenied, Unexpected
from poolsafe.schema_check import require
from tests.fake_quotas import NAMES, FakeCloudWatch, FakeLimits, FakeServiceQuotas
from tests.fakes import EveryTime, Never
from tests.pipeline import LATEST, pool_with, target_pool
from tests.step_functions import Deployed, ExecutionFailed, LambdaContext
from tests.unit.restores import mfa, target_of


def test_a_backup_through_the_real_states_is_sealed_and_its_result_fits_its_schema() -> None:
    with Deployed() as machines:
        machines.pools["us-east-1_Source"] = pool_with(9)
        result = machines.start("backup", {"user_pool_id": "us-east-1_Source", "note": "by hand"})
    require("backup.result", result)
    assert result["status"] == "COMPLETE"
    assert result["counts"] == {"users": 9, "groups": 3, "memberships": 14}
    manifest = machines.document(result["manifest"].removeprefix("s3://bucket/"))
    require("manifest", manifest)
    assert manifest["note"] == "by hand"
    assert set(manifest["versions"]) == {"poolsafe", "python", "boto3", "botocore", "pyarrow"}
    assert "unknown" not in manifest["versions"].values()


@pytest.mark.parametrize("steps", [1, 2, 5])
@pytest.mark.parametrize("file_format", ["parquet", "json"])
def test_a_restore_through_the_real_states_hands_over_and_comes_to_the_same_end(steps: int, file_format: str) -> None:
    source, target = pool_with(23, page_size=4), target_pool(page_size=4)
    with Deployed(deadline=EveryTime(steps)) as machines:
        machines.backup(source, format=file_format)
        result = machines.restore(target, snapshot=LATEST)
    require("restore.result", result)
    require("restore.report", machines.report(result))
    assert result["status"] == "COMPLETE"
    assert {name: set(account.groups) for name, account in target.accounts.items()} == {
        name: set(account.groups) for name, account in source.accounts.items()
    }
    assert target.calls["AdminCreateUser"] == target.calls["AdminSetUserPassword"] == 23
    assert len(machines.sub_map(result)) == 23


def test_a_dry_run_ends_after_the_plan() -> None:
    target = target_pool()
    with Deployed() as machines:
        machines.backup(pool_with(5))
        result = machines.restore(target, snapshot=LATEST, dry_run=True)
    assert result["status"] == "DRY_RUN"
    assert target.accounts == {}
    visited = [name for name, _, _ in machines.executions[-1].payloads]
    assert "RestoreUsers" not in visited
    assert visited[-1] == "ReportDryRun"


@pytest.mark.parametrize(
    ("machine", "request_", "error", "cause"),
    [
        ("backup", {"user_pool": "us-east-1_A"}, "InvalidRequest", "did you mean user_pool_id?"),
        (
            "backup",
            {"user_pool_id": "us-east-1_Absent"},
            "PoolNotFound",
            "user_pool_id: us-east-1_Absent",
        ),
        ("restore", {"snapshot": LATEST}, "InvalidRequest", "target_user_pool_id: is missing"),
        (
            "restore",
            {"snapshot": "us-east-1_Other/latest", "target_user_pool_id": "us-east-1_Target"},
            "SnapshotNotFound",
            "no snapshot of us-east-1_Other",
        ),
        (
            "restore",
            {"snapshot": LATEST, "target_user_pool_id": "us-east-1_Absent"},
            "PoolNotFound",
            "target_user_pool_id: us-east-1_Absent",
        ),
        (
            "restore",
            {"snapshot": LATEST, "target_user_pool_id": "us-east-1_Target", "sub_attribute": "custom:nowhere"},
            "InvalidRequest",
            "sub_attribute: names custom:nowhere",
        ),
    ],
)
def test_a_wrong_input_ends_the_execution_with_our_own_error(
    machine: str, request_: dict[str, Any], error: str, cause: str
) -> None:
    with Deployed() as machines:
        machines.backup(pool_with(2))
        machines.pools["us-east-1_Target"] = target_pool()
        before = dict(machines.store.objects)
        with pytest.raises(ExecutionFailed) as failed:
            machines.start(machine, request_)
    assert failed.value.error == error
    assert cause in json.loads(failed.value.cause)["errorMessage"]
    assert not machines.executions[-1].retries
    assert machines.store.objects == before


def test_the_same_execution_names_the_same_snapshot_and_another_one_another() -> None:

    def named(execution_id: str) -> str:
        event = {
            "request": {"user_pool_id": "us-east-1_Source"},
            "execution_id": execution_id,
            "started_at": "2026-11-22T03:00:00.123Z",
        }
        snapshot_id: str = check_request(event, LambdaContext(Never()))["snapshot_id"]
        return snapshot_id

    with Deployed():
        assert named("a") == named("a") == "20261122T030000Z-ca9781"
        assert named("a") != named("b")


def test_a_restore_uses_the_lanes_that_its_quotas_need() -> None:
    target = target_pool()
    limits = FakeLimits({"UserCreation": 1000})
    service_quotas = FakeServiceQuotas(dict.fromkeys(NAMES.values(), 1000.0))
    with Deployed(limits=limits, service_quotas=service_quotas) as machines:
        machines.backup(pool_with(9))
        result = machines.restore(target, snapshot=LATEST, quota_share=0.4)
    lanes = [payload for name, payload, _ in machines.executions[-1].payloads if name == "RestoreUsers"]
    # 0.4 of a thousand users a second, three calls each, at 500 calls a lane.
    assert {payload["lanes"] for payload in lanes} == {3}
    assert [payload["progress"]["lane"] for payload in lanes] == [0, 1, 2]
    assert result["counts"]["created"] == 9
    assert lanes[0]["quotas"] == {
        **dict.fromkeys(("UserCreation", "UserAccountRecovery", "UserUpdate", "UserResourceUpdate", "UserList"), 1000)
    }


def test_a_plan_reckons_with_the_quotas_in_force_and_tells_what_is_to_be_known_of_them() -> None:
    limits = FakeLimits({"UserCreation": 5})
    cloudwatch = FakeCloudWatch({"UserUpdate": [60 * 20.0]})
    denied = FakeServiceQuotas(before=denying)
    with Deployed(limits=limits, service_quotas=denied, cloudwatch=cloudwatch) as machines:
        machines.backup(pool_with(9))
        cloudwatch.clock = machines.clock
        result = machines.restore(target_pool(), snapshot=LATEST)
        plan, report = machines.plan(result), machines.report(result)
    assert plan["hours_by_quota"]["UserCreation"] == round(9 / (5 * 0.8) / 3600, 4)
    assert set(plan["warnings"]) <= set(report["plan"]["warnings"])
    unread, assumed, lowered = plan["warnings"][-3:]
    assert unread == "The account's quotas could not be read. no."
    assert assumed.startswith("The documented quotas are assumed")
    assert "20 calls of UserUpdate a second here, of 25" in lowered


def test_the_pool_of_a_backup_is_described_with_the_pace_that_it_may_have() -> None:
    limits, cloudwatch = FakeLimits({"UserRead": 200}), FakeCloudWatch({"UserList": [60 * 28.0]})
    source = pool_with(2)
    with Deployed(limits=limits, cloudwatch=cloudwatch) as machines:
        machines.pools[source.user_pool_id] = source
        export = {"user_pool_id": source.user_pool_id, "quota_share": 0.5, "include_mfa": True}
        described = describe_pool({"export": export}, LambdaContext(Never()))
    assert described["quotas"] == {"UserList": 15.0, "UserRead": 200}
    assert ["28 calls of UserList" in warning for warning in described["warnings"]] == [True]


def denying(operation: str) -> None:
    raise AccessDenied("no.")


# The composition root.


def test_the_format_of_a_file_is_told_by_its_name() -> None:
    assert bootstrap.format_of("users/00-00000.jsonl.gz") is bootstrap.JSON_LINES
    assert bootstrap.format_of("users/00-00000.parquet") is bootstrap.PARQUET
    assert {name: form.extension for name, form in bootstrap.FORMATS.items()} == {
        "parquet": "parquet",
        "json": "jsonl.gz",
    }


def test_an_application_is_made_of_the_environment_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SNAPSHOT_BUCKET", "my-bucket")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    bootstrap.application.cache_clear()
    application = bootstrap.application()
    assert application.settings.bucket == "my-bucket"
    assert bootstrap.application() is application
    bootstrap.application.cache_clear()


def test_a_pool_is_reached_in_its_own_region_at_its_share_of_the_quotas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with Deployed() as machines:
        application = bootstrap.Application(machines.application.settings, machines.store, machines.clock)
        pool, governor = application.user_pool("eu-central-1_Target", 0.5, lanes=2)
        _, told = application.user_pool("eu-central-1_Target", 0.5, quotas={"UserList": 60.0})
    assert pool.user_pool_id == "eu-central-1_Target"
    assert pool._pool._client.meta.region_name == "eu-central-1"  # type: ignore[attr-defined]
    for category, quota in DOCUMENTED.items():
        assert governor.rate(category) == pytest.approx(quota * 0.5 / 2 * GUARD)
    assert told.rate(Category.USER_LIST) == 60 * 0.5 * GUARD
    assert told.rate(Category.USER_READ) == 120 * 0.5 * GUARD


def test_a_restore_whose_working_files_expired_says_so() -> None:
    with Deployed() as machines, pytest.raises(Unexpected, match=r"target\.json is gone: working files expire"):
        machines.application.target(RestorePaths("20261122T030000Z-3f9a1c"))


def test_a_target_is_remembered_as_it_was_when_the_restore_began() -> None:
    target = target_pool(
        username_attributes=("email",), providers=("Google",), mfa=mfa("OPTIONAL"), recovery=("verified_email",)
    )
    with Deployed() as machines:
        machines.backup(pool_with(2))
        result = machines.restore(target, snapshot=LATEST)
        kept = machines.application.target(RestorePaths(result["restore_id"]))
    assert kept == target_of(target)
    assert kept.providers == frozenset({"Google"})
    assert (kept.factors, kept.recovery) == (frozenset({"SMS_MFA", "EMAIL_OTP"}), ("email",))

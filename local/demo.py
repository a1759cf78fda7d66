"""`make demo`: a user pool is backed up, lost, and restored into a new one, by the real state machines.

Exits with 0 only when everything it says was checked: the verification of the restore, counts taken from the new pool
itself, and one person's way back in.
"""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections import Counter
from collections.abc import Mapping
from typing import Any

from .cloud import Cloud, ExecutionFailed, running
from .demo_sign_ins import reset_password_and_sign_in, sign_in_with_temporary_password, temporary_passwords
from .sample_pool import CLIENT, PROVIDER_SETTINGS, RESOURCE_SERVER, SCHEMA, SamplePool, sample_pool
from .server import ROOT, STATE

USERS = 400
PERSON = "person0001"
COPY = STATE / "demo"


class Story:
    """Prints each step with the seconds it took."""

    def __init__(self) -> None:
        self._began = self._step = time.monotonic()

    def title(self, text: str) -> None:
        print(f"\n{text}", flush=True)

    def done(self, text: str) -> None:
        now = time.monotonic()
        print(f"  {text:<88} {now - self._step:5.1f} s", flush=True)
        self._step = now

    def note(self, text: str) -> None:
        print(f"  {text}", flush=True)

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._began


def main() -> int:
    """Tell the story; 0 when it ends well."""
    story = Story()
    story.title("Poolsafe demo: a user pool, saved, lost and brought back")
    try:
        with running() as cloud:
            story.done("embedded cloud started (IAM enforced, 127.0.0.1 only)")
            outputs = cloud.deploy()
            story.done("template.yaml built and deployed with sam")
            return _tell(story, cloud, outputs)
    except (ExecutionFailed, AssertionError) as problem:
        print(f"\nThe demo failed: {problem}", file=sys.stderr)
        return 1


def _tell(story: Story, cloud: Cloud, outputs: dict[str, str]) -> int:
    cognito = cloud.client("cognito-idp")
    old, saved = _pool_worth_losing(cloud, cognito)
    kinds = Counter(user.get("UserStatus", "CONFIRMED") for user in saved.users)
    story.title(f"1. The pool {old}")
    story.done(f"{len(saved.users)} users, {len(saved.groups)} groups, {saved.memberships} memberships")
    story.note(", ".join(f"{count} {kind}" for kind, count in kinds.most_common()))
    story.note(f"{sum(not user.get('Enabled', True) for user in saved.users)} of them disabled")

    story.title("2. Backup: the state machine on the pool")
    backup = cloud.run(outputs["BackupStateMachineArn"], {"user_pool_id": old})
    counts = backup["counts"]
    story.done(f"{backup['status']}: {_counted(counts)} saved")
    story.note(f"snapshot  {backup['manifest'].removesuffix('manifest.json')}")
    copied = _copy(cloud, outputs["SnapshotBucketName"], f"snapshots/{old}/")
    story.note(f"a copy    {COPY.relative_to(ROOT)}/snapshots/ ({copied} files; any Parquet reader opens them)")
    _check(counts == _expected(saved), f"saved {counts}, expected {_expected(saved)}")

    story.title("3. The pool is lost")
    cognito.delete_user_pool(UserPoolId=old)
    gone = old not in {pool["Id"] for pool in cognito.list_user_pools(MaxResults=60)["UserPools"]}
    _check(gone, "the pool is still there")
    story.done("DeleteUserPool, as a bad deploy does it")

    request = {"snapshot": f"{old}/latest", "create_pool": {"pool_name": "shop-restored"}}
    story.title("4. Restore, into a new pool made from the snapshot")
    cloud.forget()
    dry = cloud.run(outputs["RestoreStateMachineArn"], {**request, "dry_run": True})
    _check(not cloud.calls().keys() & {"CreateUserPool", "AdminCreateUser"}, "the dry run wrote something")
    story.done(f"{dry['status']}: would create {dry['counts']['created']} users, defer {dry['counts']['deferred']}")
    restored = cloud.run(outputs["RestoreStateMachineArn"], request)
    report, new = _read(cloud, restored["report"]), restored["target_user_pool_id"]
    story.done(f"{restored['status']}: the pool {new}, {_restored(report)}")
    story.note(f"differences of configuration: {sum(report['configuration']['undeclared'].values())}")
    story.note(f"{restored['counts']['deferred']} federated users come back when they sign in; their data is kept")
    story.note(f"messages sent to users: {len(cloud.messages())}")
    story.note(f"report    {restored['report']}")
    _copy(cloud, outputs["SnapshotBucketName"], f"restores/{restored['restore_id']}/")
    story.note(f"a page    {COPY.relative_to(ROOT)}/restores/{restored['restore_id']}/report.html")
    _check(not cloud.messages(), "a message was sent")

    story.title("5. The proof")
    verification = report["verification"]
    declared = ", ".join(f"{count} {name}" for name, count in verification["declared_differences"].items())
    undeclared = sum(verification["undeclared_differences"].values())
    story.note(f"verification {'passed' if verification['passed'] else 'FAILED'}: {undeclared} undeclared differences")
    story.note(f"declared, because Cognito gives it to nobody: {declared}")
    _check(verification["passed"] and not undeclared, "the verification failed")
    handed = temporary_passwords(cloud, report)
    _check_the_pool(story, cognito, new, saved, handed)
    _check(reset_password_and_sign_in(cloud, cognito, new, PERSON), "could not sign in")
    story.done("'forgot password', the code from the mail, and in: through the app, with its old secret")
    _check(sign_in_with_temporary_password(cognito, new, handed), "could not sign in with a temporary password")
    story.done("without a verified address: in with the temporary password, and a new one chosen")
    _check(restored["status"] == "COMPLETE", f"the restore is {restored['status']}")
    print(f"\nAll of it holds. {story.seconds:.0f} seconds.")
    return 0


def _pool_worth_losing(cloud: Cloud, cognito: Any) -> tuple[str, SamplePool]:
    pool = cognito.create_user_pool(PoolName="shop", Schema=SCHEMA, AutoVerifiedAttributes=["email"])
    user_pool_id = pool["UserPool"]["Id"]
    for create, thing in ((cognito.create_identity_provider, PROVIDER_SETTINGS),
                          (cognito.create_resource_server, RESOURCE_SERVER),
                          (cognito.create_user_pool_client, CLIENT)):  # fmt: skip
        create(UserPoolId=user_pool_id, **thing)
    saved = sample_pool(user_pool_id, USERS)
    cloud.put_users(user_pool_id, saved.users, saved.groups)
    return user_pool_id, saved


def _check_the_pool(story: Story, cognito: Any, new: str, saved: SamplePool, handed: Mapping[str, str]) -> None:
    """Ask Cognito itself, beside the verification that the restore did."""
    pages = cognito.get_paginator("list_users").paginate(UserPoolId=new)
    found = {user["Username"]: user for page in pages for user in page["Users"]}
    local = {user["Username"]: user for user in saved.users if user.get("UserStatus") != "EXTERNAL_PROVIDER"}
    _check(found.keys() == local.keys(), f"{len(found)} users in the new pool, expected {len(local)}")
    waiting = {name for name, user in found.items() if user["UserStatus"] == "FORCE_CHANGE_PASSWORD"}
    unreachable = {name for name, user in local.items() if _attribute(user, "email_verified") != "true"}
    _check(waiting == unreachable == handed.keys(), f"{len(waiting)} users wait, {len(handed)} passwords are there")
    confirmed = sum(user["UserStatus"] == "CONFIRMED" for user in found.values())
    _check(confirmed == len(local) - len(waiting), f"{confirmed} users are CONFIRMED")
    disabled = {name for name, user in found.items() if not user["Enabled"]}
    expected = {name for name, user in local.items() if not user.get("Enabled", True)}
    _check(disabled == expected, f"{len(disabled)} disabled, expected {len(expected)}")
    kept = sum(
        _attribute(found[name], "custom:original_sub") == _attribute(user, "sub") for name, user in local.items()
    )
    _check(kept == len(local), "an old sub is missing")
    story.done(
        f"counted in the pool: {confirmed} users CONFIRMED, {len(waiting)} with a temporary password, "
        f"{len(disabled)} disabled"
    )
    story.note("each of them with its old sub")


def _copy(cloud: Cloud, bucket: str, prefix: str) -> int:
    """Copy what lies in the bucket to this machine, because the bucket goes with the demo."""
    shutil.rmtree(COPY / prefix.split("/")[0], ignore_errors=True)
    s3 = cloud.client("s3")
    keys = [entry["Key"] for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
            for entry in page.get("Contents", ())]  # fmt: skip
    for key in keys:
        path = COPY / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
    return len(keys)


def _read(cloud: Cloud, url: str) -> dict[str, Any]:
    bucket, _, key = url.removeprefix("s3://").partition("/")
    report: dict[str, Any] = json.load(cloud.client("s3").get_object(Bucket=bucket, Key=key)["Body"])
    return report


def _expected(saved: SamplePool) -> dict[str, int]:
    return {"users": len(saved.users), "groups": len(saved.groups), "memberships": saved.memberships}


def _counted(counts: dict[str, int]) -> str:
    return f"{counts['users']} users, {counts['groups']} groups, {counts['memberships']} memberships"


def _restored(report: dict[str, Any]) -> str:
    counts = report["counts"]
    return _counted({f"{kind}s": counts[kind].get("created", 0) for kind in ("user", "group", "membership")})


def _attribute(user: dict[str, Any], name: str) -> str | None:
    return next((str(given["Value"]) for given in user["Attributes"] if given["Name"] == name), None)


def _check(holds: bool, otherwise: str) -> None:
    if not holds:
        raise AssertionError(otherwise)


if __name__ == "__main__":
    sys.exit(main())

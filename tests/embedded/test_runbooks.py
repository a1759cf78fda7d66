"""Every runbook, followed step by step on a pool to which it has really happened.

What is started is what the page says, read from it; what comes out has to be what the page says one sees.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.cloud import running
from tests.embedded.conftest import WAIT_SCALE
from tests.embedded.deployed import (
    ANYBODY,
    ORIGINAL_SUB,
    SNAPSHOT_WRITER,
    WRITER_ARN,
    Deployed,
    Json,
    fits,
    named,
    person,
)
from tests.embedded.migrations import CLAIM, PASSWORD, claims, client
from tests.embedded.sign_ins import Door, handed_out, refusal
from tests.runbooks import ABROAD, BAD, CLIENT, DRILL, GOOD, POOL, REMOVED, RUN, RUNBOOKS, TARGET, Page, filled, seen

FEDERATED = "Google_112233445566778899"
PEOPLE = tuple(f"person{number:02d}" for number in range(1, 18))
ACCOUNT_POOL = "arn:aws:cognito-idp:us-east-1:000000000000:userpool/"


@dataclass
class Reader:
    """Somebody who follows a page: starts what it says next, and looks whether they see what it says."""

    deployed: Deployed
    page: Page
    known: dict[str, str]
    at: int = 0
    results: list[Json] = field(default_factory=list)

    def follow(self, *jobs: str) -> Json:
        """The next steps of the page, which start these machines; the last one's output."""
        for job in jobs:
            block = self._next(job, "request")
            fits(f"{job}.request", request := filled(block, self.known))
            self.results.append(self.deployed.run(job, request))
            if self.at < len(self.page.blocks) and self.page.blocks[self.at].kind == "result":
                self.sees(job, self.results[-1])
        return self.results[-1]

    def sees(self, job: str, output: Json) -> None:
        """The next output of the page is what came out."""
        for its_own in (RUN, DRILL):
            self.known.pop(its_own, None)
        differs = seen(self._next(job, "result"), output, self.known)
        assert not differs, f"{self.page.path.name}, block {self.at}: {differs}"

    def _next(self, job: str, kind: str) -> Json:
        block = self.page.blocks[self.at]
        self.at += 1
        assert (block.job, block.kind) == (job, kind), f"{self.page.path.name}:{block.line}"
        return block.document

    def is_through(self) -> bool:
        return self.at == len(self.page.blocks)


@dataclass(frozen=True)
class Shop:
    """The pool that the pages show: 20 users, of whom 18 have a verified address, one has none, one is Google's."""

    deployed: Deployed
    pool: str
    client: str

    def backup(self) -> str:
        """The id of a snapshot whose second is its own: within a second, ids do not tell which came first."""
        saved: str = self.deployed.backup(self.pool)["snapshot_id"]
        while f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}" == saved[:16]:
            time.sleep(0.05)
        return saved

    def reader(self, page: str, known: Mapping[str, str], deployed: Deployed | None = None) -> Reader:
        there = deployed or self.deployed
        own = {POOL: self.pool, "s3://bucket/": f"s3://{there.bucket}/"}
        return Reader(there, Page(RUNBOOKS / f"{page}.md"), {**own, **known})

    def set(self, username: str, **attributes: str) -> None:
        given = [{"Name": name.replace("__", ":"), "Value": value} for name, value in attributes.items()]
        self.deployed.idp(self.pool).admin_update_user_attributes(
            UserPoolId=self.pool, Username=username, UserAttributes=given
        )


def verified(name: str) -> dict[str, str]:
    return {"email": f"{name}@example.com", "email_verified": "true", "name": name.title(), "custom:tier": "silver"}


@pytest.fixture
def shop(deployed: Deployed) -> Shop:
    return make_shop(deployed)


def make_shop(deployed: Deployed, **settings: Any) -> Shop:
    pool = deployed.pool("tier", "badge", UserPoolTags={"poolsafe:backup": "true"}, **settings)
    app = client(deployed.idp(pool), pool, GenerateSecret=True)
    identity = json.dumps([{"userId": "112233445566778899", "providerName": "Google", "providerType": "Google"}])
    guest = {"identities": identity, "email": "guest@example.com"}
    people = [
        person("ada", "admins", "staff", attributes=verified("ada"), Password=PASSWORD),
        person("grace", "staff", attributes={"name": "Grace", "custom:tier": "gold"}),
        person(FEDERATED, f"{pool}_Google", attributes=guest, UserStatus="EXTERNAL_PROVIDER"),
        *(person(name, "staff", attributes=verified(name)) for name in PEOPLE),
    ]
    deployed.cloud.put_users(pool, people, named("admins", "staff", f"{pool}_Google"))
    return Shop(deployed, pool, app)


def assert_everybody_is_back(shop: Shop, before: Any, pool: str, deployed: Deployed | None = None) -> None:
    """All local users with their attributes and groups, and the old `sub` where the pool has a place for it."""
    there = deployed or shop.deployed
    users = there.users(pool)
    assert users.keys() - {FEDERATED} == before.keys() - {FEDERATED}
    for name in before.keys() - {FEDERATED}:
        attributes = dict(users[name].attributes)
        old_sub = attributes.pop(f"custom:{ORIGINAL_SUB}", None)
        assert attributes == before[name].attributes, name
        assert old_sub in (None, before[name].sub)
    members = {(group, name) for group, name in there.memberships(pool) if name != FEDERATED}
    assert members == {("admins", "ada"), *(("staff", name) for name in before.keys() - {FEDERATED})}


def test_a_pool_was_deleted(deployed: Deployed, shop: Shop) -> None:
    good, before = shop.backup(), deployed.users(shop.pool)

    def alarmed() -> bool:
        looked = deployed.run("watch", {"tag": "poolsafe:backup=true"})
        return any(problem.startswith(f"{shop.pool}: is gone") for problem in looked["problems"])

    assert not alarmed()
    deployed.idp(shop.pool).delete_user_pool(UserPoolId=shop.pool)
    assert alarmed()
    reader = shop.reader("pool-deleted", {GOOD: good})
    restored = reader.follow("retention", "restore", "restore")
    target = reader.known[TARGET]
    assert_everybody_is_back(shop, before, target)
    reader.follow("compare")
    folder = f"restores/{restored['restore_id']}"
    cut_over, ids = (deployed.document(f"{folder}/{name}.json") for name in ("cut_over", "id_map"))
    assert cut_over["changes"]
    assert [one["old"] for one in ids["clients"]] == [shop.client]
    told = deployed.idp(target).describe_user_pool_client(UserPoolId=target, ClientId=ids["clients"][0]["new"])
    assert told["UserPoolClient"]["ClientSecret"]
    door = Door.of(deployed.cloud, deployed.idp(target), target)
    assert door.forget_password("ada") == "ada@example.com"
    assert refusal(lambda: door.come_in("ada")) is None
    [grace] = handed_out(deployed, deployed.document(restored["report"])).values()
    assert (grace.username, door.come_in("grace", grace.password)) == ("grace", ("NEW_PASSWORD_REQUIRED",))
    assert b"billed" in deployed.content(restored["report"])
    reader.follow("migration", "backup", "retention", "watch")
    assert not alarmed()
    tags = deployed.idp(target).list_tags_for_resource(ResourceArn=f"{ACCOUNT_POOL}{target}")["Tags"]
    assert tags["poolsafe:backup"] == "true"
    assert reader.is_through()


def test_one_user(deployed: Deployed, shop: Shop) -> None:
    good, before = shop.backup(), deployed.users(shop.pool)
    deployed.idp(shop.pool).admin_delete_user(UserPoolId=shop.pool, Username="ada")
    rest = deployed.users(shop.pool)
    reader = shop.reader("one-user", {GOOD: good})
    upload(deployed, reader, "ada", re.findall(r"echo '(.*)' > ada.json", reader.page.text)[0])
    reader.follow("restore", "restore")
    assert_everybody_is_back(shop, before, shop.pool)
    after = deployed.users(shop.pool)
    assert {name: user for name, user in after.items() if name != "ada"} == rest
    assert Door.of(deployed.cloud, deployed.idp(shop.pool), shop.pool).forget_password("ada") == "ada@example.com"
    assert reader.is_through()


def test_one_user_otherwise(deployed: Deployed, shop: Shop) -> None:
    """What the page says of those who are not simply gone."""
    good, cognito = shop.backup(), deployed.idp(shop.pool)
    reader = shop.reader("one-user", {GOOD: good})
    [_, last] = [block.document for block in reader.page.blocks if block.kind == "request"]

    def brought(name: str, **options: Any) -> Json:
        request = {**filled(last, reader.known), "only": {"usernames": [name]}, **options}
        result = deployed.run("restore", request)
        return {"status": result["status"], **{key: value for key, value in result["counts"].items() if value}}

    cognito.admin_delete_user(UserPoolId=shop.pool, Username=FEDERATED)
    shop.set("grace", name="Damaged")
    cognito.admin_delete_user(UserPoolId=shop.pool, Username="ada")
    deployed.cloud.put_users(shop.pool, [person("ada", attributes=verified("ada"))])
    somebody_else = deployed.users(shop.pool)["ada"]
    nobody = deployed.refused("restore", {**filled(last, reader.known), "only": {"usernames": ["nobody"]}})
    assert (nobody.error, nobody.message[:15]) == ("InvalidRequest", "only.usernames:")
    assert brought(FEDERATED) == {"status": "COMPLETE", "deferred": 1}
    assert brought("grace") == {"status": "COMPLETE", "skipped": 1}
    assert brought("grace", on_conflict="update") == {"status": "COMPLETE", "updated": 1}
    assert deployed.users(shop.pool)["grace"].attributes["name"] == "Grace"
    for options in ({}, {"on_conflict": "update"}):
        assert brought("ada", **options) == {"status": "PARTIAL", "skipped": 1}, "somebody else"
    assert deployed.users(shop.pool)["ada"] == somebody_else


def upload(deployed: Deployed, reader: Reader, name: str, content: str) -> None:
    """As the page's command does it, to where its input looks for it."""
    assert f"aws s3 cp {name}.json s3://<SnapshotBucketName>/lists/{name}.json" in reader.page.text
    administrator(deployed).put_object(Bucket=deployed.bucket, Key=f"lists/{name}.json", Body=content.encode())


def test_a_bad_deploy_damaged_attributes(deployed: Deployed, shop: Shop, tmp_path: Path) -> None:
    good, before = shop.backup(), deployed.users(shop.pool)
    for name in PEOPLE[:8]:
        shop.set(name, custom__tier="undefined", name="")
    for name in PEOPLE[:2]:
        shop.set(name, custom__badge="undefined")
    shop.set(PEOPLE[2], email_verified="false")
    shop.set(PEOPLE[8], name="As I am called now")
    reader = shop.reader("damaged-attributes", {GOOD: good})
    compared = reader.follow("retention", "compare")
    upload(deployed, reader, "damaged", damaged_list(deployed, reader, compared, tmp_path))
    deployed.cloud.forget()
    reader.follow("restore")
    assert deployed.writes() == {}
    reader.follow("restore")
    assert deployed.writes().keys() == {"AdminUpdateUserAttributes"}
    after = deployed.users(shop.pool)
    for name in PEOPLE[:8]:
        mended = {key: after[name].attributes[key] for key in ("custom:tier", "name", "email")}
        assert mended == {key: before[name].attributes[key] for key in mended}, name
    assert after[PEOPLE[0]].attributes["custom:badge"] == "undefined", "update takes nothing away"
    assert after[PEOPLE[2]].attributes["email_verified"] == "false", "and changes no verified flag"
    assert after[PEOPLE[8]].attributes["name"] == "As I am called now", "nobody loses a change of their own"
    reader.follow("compare", "retention")
    assert reader.is_through()


def damaged_list(deployed: Deployed, reader: Reader, compared: Json, folder: Path) -> str:
    """What the page's own program makes of the rows."""
    (folder / "differences").mkdir()
    prefix = f"comparisons/{compared['comparison_id']}/differences/"
    for key in deployed.keys(prefix):
        (folder / "differences" / key.removeprefix(prefix)).write_bytes(deployed.content(key))
    [program] = reader.page.code("python")
    ran = subprocess.run([sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, check=True)
    assert f"It prints `{ran.stdout.strip()}`" in reader.page.text
    return (folder / "damaged.json").read_text("utf-8")


def test_ransom_or_an_insider(deployed: Deployed, shop: Shop) -> None:
    cognito = deployed.idp(shop.pool)
    removed, *_, good = [shop.backup() for _ in range(4)]
    apply = {"user_pool_ids": [shop.pool], "dry_run": False}
    assert deployed.run("retention", apply)["counts"]["removed"] == 1
    before = deployed.users(shop.pool)
    for name in PEOPLE[5:]:
        cognito.admin_delete_user(UserPoolId=shop.pool, Username=name)
    deployed.cloud.put_users(shop.pool, [person("mallory", "admins")])
    cognito.create_user_pool_client(UserPoolId=shop.pool, ClientName="back-door", GenerateSecret=True)
    bad = shop.backup()
    shop.backup(), shop.backup()
    assert deployed.run("retention", apply)["counts"]["removed"] == 0, "the brake is on"
    reader = shop.reader("ransom-or-insider", {GOOD: good, BAD: bad, REMOVED: removed})
    reader.follow("retention", "retention", "verify", "compare")
    rest = deployed.users(shop.pool)
    cognito.admin_delete_user(UserPoolId=shop.pool, Username="mallory")
    reader.follow("restore", "restore")
    assert_everybody_is_back(shop, before, shop.pool)
    after = deployed.users(shop.pool)
    assert {name: after[name] for name in rest if name != "mallory"} == {
        name: user for name, user in rest.items() if name != "mallory"
    }
    reader.follow("backup", "retention")
    put_back(deployed, f"snapshots/{shop.pool}/{removed}/")
    assert deployed.refused("restore", removed_dry_run(reader)).error == "SnapshotNotFound", "not before it is held"
    reader.follow("retention", "restore")
    assert deployed.run("retention", apply)["counts"]["braked"] == 0
    assert {deployed.keys(f"snapshots/{shop.pool}/{one}/manifest.json") != [] for one in (removed, good)} == {True}
    assert reader.is_through()


def removed_dry_run(reader: Reader) -> Json:
    """The page's last step, before its time."""
    [*_, last] = [block for block in reader.page.blocks if block.kind == "request"]
    request: Json = filled(last.document, reader.known)
    return request


def administrator(deployed: Deployed, *, writes: bool = False) -> Any:
    """S3 for somebody whose own policies allow everything, and who is not root: the bucket's policy decides.

    With `writes`, as the role that the stack's SnapshotWriterArns names.
    """
    iam, name = deployed.cloud.client("iam"), SNAPSHOT_WRITER if writes else f"administrator-{uuid.uuid4()}"
    try:
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(ANYBODY))["Role"]
    except iam.exceptions.EntityAlreadyExistsException:
        role = iam.get_role(RoleName=name)["Role"]
    everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    iam.put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=json.dumps(everything))
    answer = deployed.cloud.client("sts").assume_role(RoleArn=role["Arn"], RoleSessionName="test")
    return deployed.cloud.client("s3", keys=answer["Credentials"])


def put_back(deployed: Deployed, prefix: str) -> None:
    """As the page says it: the newest version of each object copied over it, the manifest last. Markers stay."""
    s3 = administrator(deployed, writes=True)
    listed = s3.list_object_versions(Bucket=deployed.bucket, Prefix=prefix)
    marker = listed["DeleteMarkers"][0]
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.delete_object(Bucket=deployed.bucket, Key=marker["Key"], VersionId=marker["VersionId"])
    newest: dict[str, str] = {}
    for version in listed["Versions"]:
        newest.setdefault(version["Key"], version["VersionId"])
    for key in sorted(newest, key=lambda key: key.endswith("/manifest.json")):
        source = {"Bucket": deployed.bucket, "Key": key, "VersionId": newest[key]}
        with pytest.raises(ClientError, match="AccessDenied"):
            administrator(deployed).copy_object(Bucket=deployed.bucket, Key=key, CopySource=source)
        s3.copy_object(Bucket=deployed.bucket, Key=key, CopySource=source)


def test_a_region_is_lost(deployed: Deployed, shop: Shop) -> None:
    good, before = shop.backup(), deployed.users(shop.pool)
    with running(settings={"SFN_WAIT_SCALE": WAIT_SCALE}) as cloud:
        there = Deployed(cloud, cloud.deploy({"SnapshotWriterArns": WRITER_ARN}))
        s3 = administrator(there, writes=True)
        for key in deployed.keys(f"snapshots/{shop.pool}/"):
            s3.put_object(Bucket=there.bucket, Key=key, Body=deployed.content(key))
        reader = shop.reader("region-lost", {GOOD: good}, there)
        reader.follow("verify", "restore")
        restored = reader.follow("restore")
        target = reader.known[ABROAD]
        assert_everybody_is_back(shop, before, target, there)
        todo = there.document(restored["report"])["configuration"]["todo"]
        assert [(one["name"], one["why"]) for one in todo] == [(shop.client, "secret_not_known")]
        reader.follow("backup")
        assert reader.is_through()


def test_migration_to_change_an_immutable_setting(deployed: Deployed, own: Any) -> None:
    shop = make_shop(deployed, UsernameConfiguration={"CaseSensitive": True})
    idp, before = deployed.idp(shop.pool), deployed.users(shop.pool)
    app = client(idp, shop.pool)
    asking = client(idp, shop.pool, ExplicitAuthFlows=["ALLOW_ADMIN_USER_PASSWORD_AUTH"])
    reader = shop.reader("immutable-setting", {CLIENT: asking})

    def makes_no_difference(target: str) -> None:
        told = deployed.idp(target).describe_user_pool(UserPoolId=target)["UserPool"]
        assert told["UsernameConfiguration"] == {"CaseSensitive": False}

    reader.follow("assess", "backup", "restore", "restore")
    makes_no_difference(reader.known[TARGET])
    assert_everybody_is_back(shop, before, reader.known[TARGET])
    # The other way, into a pool of its own.
    del reader.known[TARGET]
    made = reader.follow("restore")
    target = reader.known[TARGET]
    makes_no_difference(target)
    reader.follow("migration")
    ids = deployed.document(made["report"].replace("report.json", "id_map.json"))
    [copied] = [one["new"] for one in ids["clients"] if one["old"] == app]

    def sign_in(name: str) -> Json:
        typed = {"USERNAME": name, "PASSWORD": PASSWORD}
        answer: Json = own.initiate_auth(ClientId=copied, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=typed)
        return answer

    assert refusal(lambda: sign_in("ADA")) == "NotAuthorizedException", "the old pool knows nobody of that name"
    for name in ("ada", "ADA"):
        assert claims(sign_in(name))[CLAIM] == before["ada"].sub
    reader.follow("migration", "migration")
    assert deployed.users(target).keys() == {"ada"}
    finished = reader.follow("migration")
    assert (finished["status"], finished["counts"]["not_yet"]) == ("COMPLETE", 0)
    assert finished["source_can_go_at"]
    assert deployed.users(target).keys() == before.keys() - {FEDERATED}
    assert reader.is_through()


def test_after_a_failed_drill(deployed: Deployed, shop: Shop) -> None:
    good, bad = shop.backup(), shop.backup()
    [key] = deployed.keys(f"snapshots/{shop.pool}/{bad}/users/")
    deployed.put(key, deployed.content(key)[:-1])
    failed = deployed.run("drill", {"user_pool_id": shop.pool, "sample_size": 10})
    reader = shop.reader("drill-failed", {GOOD: good, BAD: bad})
    reader.sees("drill", failed)
    verified = reader.follow("verify")
    assert verified["damaged"][0]["snapshot"] == f"{shop.pool}/{bad}"
    reader.follow("retention", "backup")
    assert reader.results[-1]["status"] == "COMPLETE"
    before = deployed.users(shop.pool)
    reader.follow("drill")
    plan = deployed.document(reader.results[-1]["report"])["plan"]
    assert plan["bill"]["users_billed_as_active"] >= 1
    reader.follow("drill", "drill")
    assert deployed.users(shop.pool) == before
    assert reader.is_through()

"""A pool with every kind of configuration is saved and made again: what differs is what members.py says, no more."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from local.cloud import Cloud
from poolsafe.domain.configuration.members import NOT_RESTORED
from tests.embedded import rich_pool
from tests.embedded.deployed import Deployed, Json, fits, named, person
from tests.embedded.rich_pool import RichPool, configuration

PASSWORD = "Chosen-after-the-restore-1"
#: What a copy has on purpose beyond what its original had, or while the original lives: by section and member.
ADDED = {
    ("user_pool", "Name"): "the copy's own name",
    ("user_pool", "Domain"): "the prefix is still the original's, or another was chosen",
    ("user_pool", "SchemaAttributes"): "custom:original_sub",
    ("user_pool", "UserPoolTags"): "poolsafe:restore-id",
    ("tags", "poolsafe:restore-id"): "marks the copy",
}


@pytest.fixture(scope="module")
def original(cloud: Cloud) -> RichPool:
    pool = rich_pool.make(cloud, "shop-original")
    people = [
        person(
            "anna@example.com",
            "staff",
            attributes={
                "email": "anna@example.com",
                "email_verified": "true",
                "custom:tenant": "acme",
                "custom:age": "40",
            },
        ),
        person("boris@example.com", attributes={"email": "boris@example.com", "email_verified": "true"}),
    ]
    cloud.put_users(pool.user_pool_id, people, named("staff"))
    return pool


@pytest.fixture(scope="module")
def backup(deployed: Deployed, original: RichPool) -> Json:
    return deployed.backup(original.user_pool_id)


@pytest.fixture(scope="module")
def copy(deployed: Deployed, original: RichPool, backup: Json) -> Json:
    request = {
        "snapshot": f"{original.user_pool_id}/{backup['snapshot_id']}",
        "create_pool": {"pool_name": "shop-copy", "override": {"domain": "shop-copy"}},
    }
    return deployed.run("restore", request)


def snapshot_prefix(backup: Json) -> str:
    return f"snapshots/{backup['user_pool_id']}/{backup['snapshot_id']}/"


def differing(left: Any, right: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The paths of the members that differ; entries of lists count with the list."""
    if isinstance(left, dict) and isinstance(right, dict):
        for name in sorted({*left, *right}):
            yield from differing(left.get(name), right.get(name), (*path, name))
    elif isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
        for position, (one, other) in enumerate(zip(left, right, strict=True)):
            yield from differing(one, other, (*path, str(position)))
    elif left != right and (left or right):
        yield path


def declared(path: tuple[str, ...]) -> bool:
    section = path[0]
    members = {*NOT_RESTORED.get(section, {}), *(member for at, member in ADDED if at == section)}
    return any(step in members for step in path[1:])


def test_a_backup_of_every_kind_of_section_is_complete(deployed: Deployed, backup: Json) -> None:
    assert (backup["status"], backup["warnings"]) == ("COMPLETE", [])
    manifest = deployed.document(backup["manifest"])
    fits("manifest", manifest)
    assert {section["name"]: section["status"] for section in manifest["sections"]} == dict.fromkeys(
        [section["name"] for section in manifest["sections"]], "saved"
    )
    paths = {file["path"] for file in manifest["files"]}
    assert {f"config/{section['name']}.json" for section in manifest["sections"]} <= paths
    assert "config/pool.template.yaml" in paths


def test_every_section_is_what_its_schema_says(deployed: Deployed, backup: Json) -> None:
    for section in deployed.document(backup["manifest"])["sections"]:
        name = section["name"]
        fits(f"config.{name}", deployed.document(f"{snapshot_prefix(backup)}config/{name}.json"))


def test_secrets_lie_apart_and_nowhere_else(deployed: Deployed, backup: Json) -> None:
    everything = b"".join(deployed.content(key) for key in deployed.keys(snapshot_prefix(backup)))
    assert rich_pool.SECRET.encode() not in everything
    assert rich_pool.OIDC_SECRET.encode() not in everything
    apart = f"secrets/{backup['user_pool_id']}/{backup['snapshot_id']}/"
    assert deployed.keys(apart) == [f"{apart}clients.json", f"{apart}identity_providers.json"]
    assert rich_pool.SECRET in deployed.document(f"{apart}clients.json").values()
    assert deployed.document(f"{apart}identity_providers.json") == {
        "/1/ProviderDetails/client_secret": rich_pool.OIDC_SECRET
    }
    told = deployed.cloud.client("s3").head_object(Bucket=deployed.bucket, Key=f"{apart}clients.json")
    assert told["ServerSideEncryption"] == "aws:kms"


def test_secrets_can_be_left_out(deployed: Deployed, original: RichPool) -> None:
    backup = deployed.backup(original.user_pool_id, secrets="redact")
    assert backup["status"] == "COMPLETE"
    assert any("redact" in warning for warning in backup["warnings"])
    assert deployed.keys(f"secrets/{backup['user_pool_id']}/{backup['snapshot_id']}/") == []
    assert deployed.document(backup["manifest"])["options"]["secrets"] == "redact"


def test_a_copy_is_its_original_but_for_what_is_declared(
    deployed: Deployed, idp: Any, original: RichPool, copy: Json
) -> None:
    assert copy["status"] == "COMPLETE"
    before = configuration(rich_pool.newest(deployed.cloud), original.user_pool_id)
    after = configuration(rich_pool.newest(deployed.cloud), copy["target_user_pool_id"])
    # The two are listed in no order that means anything.
    paths = [path for path in differing(_sorted(before), _sorted(after)) if not declared(path)]
    assert paths == []


def test_the_copy_is_asked_about_and_proven_by_the_restore_itself(deployed: Deployed, copy: Json) -> None:
    report = deployed.document(copy["report"])
    fits("restore.report", report)
    assert report["verification"]["passed"]
    assert report["configuration"]["undeclared"] == {}
    assert report["configuration"]["clients"] == 4
    for name in ("id_map", "cut_over"):
        fits(name, deployed.document(report["files"][name]))
    fits("plan", deployed.document(report["files"]["plan"]))
    page = report["files"]["html"].removeprefix(f"s3://{deployed.bucket}/")
    told = deployed.cloud.client("s3").head_object(Bucket=deployed.bucket, Key=page)
    assert told["ContentType"] == "text/html; charset=utf-8"
    assert report["target_user_pool_id"] in deployed.content(page).decode()
    fits("pool", deployed.document(report["files"]["plan"].replace("plan.json", "pool.json")))


def test_what_a_trigger_needs_is_a_command_to_copy(deployed: Deployed, original: RichPool, copy: Json) -> None:
    [todo] = deployed.document(copy["report"])["configuration"]["todo"]
    assert (todo["why"], todo["name"]) == ("needs_permission", "LambdaConfig.PreTokenGenerationConfig")
    assert f"--function-name {original.trigger} " in todo["do"]
    assert todo["do"].endswith(f"userpool/{copy['target_user_pool_id']}")


def test_the_id_map_leads_from_every_old_client_to_its_new_one(
    deployed: Deployed, idp: Any, original: RichPool, copy: Json
) -> None:
    ids = deployed.document(deployed.document(copy["report"])["files"]["id_map"])
    assert ids["user_pool_id"] == {"old": original.user_pool_id, "new": copy["target_user_pool_id"]}
    new = {
        c["ClientName"]: c["ClientId"]
        for c in idp.list_user_pool_clients(UserPoolId=copy["target_user_pool_id"], MaxResults=60)["UserPoolClients"]
    }
    assert {client["old"]: client["new"] for client in ids["clients"]} == {
        old: new[name] for name, old in original.clients.items()
    }


def test_the_application_signs_in_with_the_secret_it_always_had(
    cloud: Cloud, idp: Any, original: RichPool, copy: Json
) -> None:
    pool_id = copy["target_user_pool_id"]
    allow(cloud, original.trigger, idp.describe_user_pool(UserPoolId=pool_id)["UserPool"]["Arn"])
    clients = idp.list_user_pool_clients(UserPoolId=pool_id, MaxResults=60)["UserPoolClients"]
    client_id = next(client["ClientId"] for client in clients if client["ClientName"] == "confidential")
    idp.admin_set_user_password(UserPoolId=pool_id, Username="anna@example.com", Password=PASSWORD, Permanent=True)
    digest = hmac.new(rich_pool.SECRET.encode(), f"anna@example.com{client_id}".encode(), hashlib.sha256).digest()
    parameters = {
        "USERNAME": "anna@example.com",
        "PASSWORD": PASSWORD,
        "SECRET_HASH": base64.b64encode(digest).decode(),
    }
    answer = idp.initiate_auth(ClientId=client_id, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=parameters)
    assert answer["AuthenticationResult"]["AccessToken"]
    with pytest.raises(idp.exceptions.NotAuthorizedException):
        wrong = {**parameters, "SECRET_HASH": base64.b64encode(b"another").decode()}
        idp.initiate_auth(ClientId=client_id, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=wrong)


def allow(cloud: Cloud, trigger: str, pool_arn: str) -> None:
    """What the to-do item of a trigger says: until the new pool may invoke it, Cognito lets nobody in."""
    cloud.client("lambda").add_permission(
        FunctionName=trigger,
        StatementId="the-copy",
        Action="lambda:InvokeFunction",
        Principal="cognito-idp.amazonaws.com",
        SourceArn=pool_arn,
    )


def test_users_come_back_and_keep_their_old_sub(deployed: Deployed, original: RichPool, copy: Json) -> None:
    old = {account.attributes["email"]: account for account in deployed.users(original.user_pool_id).values()}
    new = {account.attributes["email"]: account for account in deployed.users(copy["target_user_pool_id"]).values()}
    assert new.keys() == old.keys()
    for email, account in new.items():
        assert account.attributes["custom:original_sub"] == old[email].sub
    assert deployed.document(copy["report"])["counts"]["membership"] == {"created": 1}


def test_the_domain_of_a_living_pool_is_a_thing_to_do_and_not_a_silent_gap(
    deployed: Deployed, original: RichPool, backup: Json
) -> None:
    snapshot = f"{original.user_pool_id}/{backup['snapshot_id']}"
    result = deployed.run(
        "restore",
        {
            "snapshot": snapshot,
            "create_pool": {"pool_name": "shop-without-domain"},
            "only": {"sections": ["config"]},
        },
    )
    assert result["status"] == "PARTIAL"
    [todo] = [t for t in deployed.document(result["report"])["configuration"]["todo"] if t["section"] == "domains"]
    assert (todo["name"], todo["why"]) == ("shop-original", "domain_taken")
    assert original.user_pool_id in todo["do"]


def test_the_template_makes_the_same_pool(deployed: Deployed, cloud: Cloud, idp: Any, backup: Json) -> None:
    text = deployed.content(f"{snapshot_prefix(backup)}config/pool.template.yaml").decode()
    template = yaml.safe_load(text)
    parameters = [
        {"ParameterKey": name, "ParameterValue": rich_pool.OIDC_SECRET}
        for name, parameter in template["Parameters"].items()
        if parameter.get("NoEcho") and "Default" not in parameter
    ]
    assert len(parameters) == 1
    prefix = next(name for name, p in template["Parameters"].items() if p.get("Default") == "shop-original")
    parameters.append({"ParameterKey": prefix, "ParameterValue": "shop-by-template"})
    stacks = cloud.client("cloudformation")
    stacks.create_stack(StackName="by-template", TemplateBody=text, Parameters=parameters)
    stacks.get_waiter("stack_create_complete").wait(StackName="by-template", WaiterConfig={"Delay": 1})
    outputs = stacks.describe_stacks(StackName="by-template")["Stacks"][0]["Outputs"]
    made = next(output["OutputValue"] for output in outputs if output["OutputKey"] == "UserPoolId")
    newest = rich_pool.newest(cloud)
    before, after = (_sorted(configuration(newest, pool_id)) for pool_id in (backup["user_pool_id"], made))
    never_held = {"sessions", "ui_customization", "branding", "terms", "risk", "log_delivery"}
    notes = " ".join(template["Metadata"]["Poolsafe"]["Notes"])
    paths = [
        path
        for path in differing(before, after)
        if path[0] not in never_held
        and path[-1] not in notes  # a setting that CloudFormation does not know yet is named
        and not declared(path)
        and "ClientSecret" not in path  # CloudFormation takes none: a confidential client gets a new one
        and not path[-1].startswith("aws:cloudformation")
    ]
    assert paths == []
    own = {name for name in deployed.groups(made) if not name.startswith(f"{made}_")}
    assert own == {"staff"}


def _sorted(told: Any) -> Any:
    if isinstance(told, dict):
        return {name: _sorted(value) for name, value in told.items()}
    if isinstance(told, list):
        return sorted(
            map(_sorted, told), key=lambda value: str(value.get("Name", value) if isinstance(value, dict) else value)
        )
    return told

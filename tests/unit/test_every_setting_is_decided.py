"""A new botocore with a new setting fails here, until somebody has decided what becomes of it.

Read from botocore's own service models: that of the boto3 installed, and those of layers that were built (.aws-sam,
.embedded), where there are any.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import botocore
import botocore.loaders
import pytest
from botocore.model import ServiceModel

from poolsafe.domain.configuration.forms import client
from poolsafe.domain.configuration.members import (
    CLIENT_INSTEAD,
    CLIENT_NOT_RESTORED,
    CLIENT_SECRET,
    CLIENT_SETTINGS,
    FINISHING,
    IMMUTABLE,
    RENAMED,
    SETTINGS,
    USER_POOL_NOT_RESTORED,
)
from poolsafe.domain.configuration.pool import creation, finishing, settings
from poolsafe.operations.read_configuration import _READERS

ROOT = Path(__file__).parents[2]
DATA = "botocore/data/cognito-idp"


def _models() -> dict[str, Path]:
    """Folders of models by the version of their botocore; one of each is enough."""
    built = sorted(path.parent for folder in (".aws-sam", ".embedded") for path in (ROOT / folder).rglob(DATA))
    return {
        **{f"layer {_version(path)}": path for path in built},
        f"installed {botocore.__version__}": Path(botocore.__file__).parent / "data",
    }


def _version(data: Path) -> str:
    found = [path.name for path in data.parents[1].glob("botocore-*.dist-info")]
    return found[0].removeprefix("botocore-").removesuffix(".dist-info") if found else str(data.relative_to(ROOT))


MODELS = _models()
EVERY_MODEL = pytest.mark.parametrize("model", MODELS)


@cache
def model_of(name: str) -> Any:
    loader = botocore.loaders.Loader(extra_search_paths=[str(MODELS[name])], include_default_search_paths=False)
    return ServiceModel(loader.load_service_model("cognito-idp", "service-2"), "cognito-idp")


def members(model: str, shape: str) -> set[str]:
    return set(model_of(model).shape_for(shape).members)


def sent_by(model: str, operation: str) -> set[str]:
    return set(model_of(model).operation_model(operation).input_shape.members)


def decided(found: set[str], tables: dict[str, Any], shape: str) -> None:
    """Every member is in exactly one of the tables."""
    undecided = sorted(found - {name for entries in tables.values() for name in entries})
    assert not undecided, (
        f"{shape} has members about which nothing is decided: {', '.join(undecided)}. What can be set goes into the "
        f"table of what is sent ({', '.join(tables)}) in domain/configuration/members.py; of what cannot, say there "
        "why it differs in a new pool. The embedded cloud and docs/ then want a word of it, too."
    )
    for name in sorted(found):
        inside = [table for table, entries in tables.items() if name in entries]
        assert len(inside) == 1, f"{shape}.{name} is in {' and in '.join(inside)}; leave it in one"


POOL_TABLES = {
    "IMMUTABLE": IMMUTABLE,
    "SETTINGS": SETTINGS,
    "FINISHING": FINISHING,
    "RENAMED": RENAMED,
    "USER_POOL_NOT_RESTORED": USER_POOL_NOT_RESTORED,
}
CLIENT_TABLES = {
    "CLIENT_SETTINGS": CLIENT_SETTINGS,
    "CLIENT_SECRET": {CLIENT_SECRET},
    "CLIENT_NOT_RESTORED": CLIENT_NOT_RESTORED,
}


@EVERY_MODEL
def test_every_member_that_cognito_tells_of_a_pool_is_decided(model: str) -> None:
    decided(members(model, "UserPoolType"), POOL_TABLES, "UserPoolType")


@EVERY_MODEL
def test_every_member_that_a_pool_is_made_with_is_decided(model: str) -> None:
    renamed = {"PoolName": "Name", "Schema": "SchemaAttributes"}
    found = {renamed.get(name, name) for name in sent_by(model, "CreateUserPool")}
    decided(found, POOL_TABLES, "CreateUserPool")


@EVERY_MODEL
def test_every_member_that_cognito_tells_of_a_client_is_decided(model: str) -> None:
    decided(members(model, "UserPoolClientType"), CLIENT_TABLES, "UserPoolClientType")


@EVERY_MODEL
def test_every_member_that_a_client_is_made_with_is_decided(model: str) -> None:
    tables = {**CLIENT_TABLES, "CLIENT_INSTEAD": CLIENT_INSTEAD}
    decided(sent_by(model, "CreateUserPoolClient"), tables, "CreateUserPoolClient")


#: What only a botocore newer than that of these tests knows; it is that of the layer that is deployed.
NEWER = {"AcrConfiguration", "ClientType", "DcrConfiguration"}


def test_no_table_names_what_cognito_does_not_know() -> None:
    for shape, tables in (("UserPoolType", POOL_TABLES), ("UserPoolClientType", CLIENT_TABLES)):
        told = {name for model in MODELS for name in members(model, shape)}
        assert {name for table in tables.values() for name in table} <= told | NEWER


@EVERY_MODEL
def test_only_a_new_pool_takes_what_is_called_immutable(model: str) -> None:
    assert set(IMMUTABLE) <= sent_by(model, "CreateUserPool") - sent_by(model, "UpdateUserPool")
    assert {*SETTINGS, *FINISHING} <= sent_by(model, "UpdateUserPool") | NEWER
    assert set(CLIENT_SETTINGS) <= sent_by(model, "UpdateUserPoolClient") | NEWER


# New settings come with new operations, too.

#: Read operations that tell nothing of a pool's configuration: of users, of jobs, of the account.
OF_USERS = {
    *("GetCSVHeader", "GetUser", "GetUserAttributeVerificationCode", "GetUserAuthFactors", "GetTokensFromRefreshToken"),
    *("GetGroup", "GetDevice", "ListDevices", "ListGroups", "ListUsers", "ListUsersInGroup", "ListUserImportJobs"),
    *("ListWebAuthnCredentials", "DescribeUserImportJob", "GetProvisionedLimit", "GetClientToken", "GetDerivedToken"),
    *("ListUserSessions",),
}
#: Another way to what is read already.
TWICE = {
    "GetIdentityProviderByIdentifier",
    "DescribeManagedLoginBranding",
    "DescribeResourceServer",
    "DescribeTermsByClient",
}
#: Known gaps: a configuration that no section holds.


@EVERY_MODEL
def test_every_operation_that_tells_of_a_configuration_is_used_or_is_known_not_to_be(model: str) -> None:
    used = {operation for _, needed in _READERS.values() for operation in needed} | {"ListUserPools"}
    found = {name for name in model_of(model).operation_names if name.startswith(("Get", "Describe", "List"))}
    assert found - used - OF_USERS - TWICE == set(), "read it in a section, or say here why not"


# A table that says "restored" is not yet a request that carries it.


def anything(shape: Any) -> Any:
    """A value of a shape, with every member of it."""
    if shape.type_name == "structure":
        return {name: anything(inner) for name, inner in shape.members.items()}
    if shape.type_name == "list":
        return [anything(shape.member)]
    if shape.type_name == "map":
        return {"key": anything(shape.value)}
    return {"boolean": True, "integer": 5, "long": 5, "string": f"any {shape.name}"}.get(shape.type_name, "2026")


@EVERY_MODEL
@pytest.mark.parametrize("name", [*IMMUTABLE, *SETTINGS, *FINISHING])
def test_a_setting_of_a_pool_that_is_restored_is_sent(model: str, name: str) -> None:
    shape = model_of(model).shape_for("UserPoolType")
    if name not in shape.members:
        assert name in NEWER
        return
    value = anything(shape.members[name])
    pool = {name: value}
    sent = {**settings(pool), **finishing(pool, pool.get("LambdaConfig", {}))}
    if name in IMMUTABLE:
        sent = creation(pool, "new", {})
    if name == "LambdaConfig":
        value = {**value, "PreTokenGeneration": value["PreTokenGenerationConfig"]["LambdaArn"]}
    if name == "VerificationMessageTemplate":
        value = {of: told for of, told in value.items() if "ByLink" not in of}
    assert sent[name] == value


@pytest.mark.parametrize("name", CLIENT_SETTINGS)
@pytest.mark.parametrize("empty", [False, True], ids=["set", "off"])
def test_a_setting_of_a_client_that_is_restored_is_sent(name: str, empty: bool) -> None:
    newest = [*MODELS][-1]
    shape = model_of(newest).shape_for("UserPoolClientType").members[name]
    value = anything(shape)
    if empty:
        value = {"boolean": False, "integer": 0}.get(shape.type_name, value)
    assert client({"ClientId": "x", name: value})[name] == value


@EVERY_MODEL
def test_what_is_renamed_is_sent_under_its_new_name(model: str) -> None:
    attribute = anything(model_of(model).shape_for("SchemaAttributeType"))
    told = {"Name": "old", "SchemaAttributes": [{**attribute, "Name": "custom:a"}, {**attribute, "Name": "email"}]}
    made = creation(told, "new", {})
    assert made["PoolName"] == "new"
    assert [entry["Name"] for entry in made["Schema"]] == ["email", "a"]
    told_of_custom = made["Schema"][1]
    assert {"AttributeDataType", "Mutable"} <= told_of_custom.keys() <= attribute.keys()

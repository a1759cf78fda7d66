"""What a new pool can have: the rest is named, with why and what to do, and never left out in silence."""

from __future__ import annotations

from typing import Any

import pytest

from poolsafe.domain.configuration.desired import Desired, planned_description, same_clients
from poolsafe.domain.configuration.differences import ConfigDifference, differences
from poolsafe.domain.configuration.model import Configuration, Section, SectionName
from poolsafe.domain.configuration.override import Override
from poolsafe.domain.configuration.todo import Todo, Why, domain_taken, refused
from poolsafe.domain.configuration.wanted import COPIED, Place, wanted
from poolsafe.errors import InvalidRequest, Rejected
from tests.unit.configurations import ACCOUNT, CLIENTS, DOMAINS, OLD_ID, client, function, minimal, rich, rich_pool

HERE = Place("us-east-1", ACCOUNT)
OTHER_ACCOUNT = "arn:aws:lambda:us-east-1:999999999999:function:x"
OTHER_REGION = f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:x"


def why(source: Configuration, place: Place = HERE) -> set[tuple[str, str, str]]:
    return {(todo.section, todo.name, todo.why.value) for todo in wanted(source, place)[1]}


@pytest.mark.parametrize(
    ("arn", "reason"),
    [
        (OTHER_ACCOUNT, Why.OTHER_ACCOUNT),
        (OTHER_REGION, Why.OTHER_REGION),
        (function("x"), None),
        ("arn:aws:s3:::bucket", None),
        (f"arn:aws:iam::{ACCOUNT}:role/a", None),
        ("not an arn", None),
    ],
)
def test_what_belongs_elsewhere_cannot_serve_a_pool_here(arn: str, reason: Why | None) -> None:
    assert HERE.why_not(arn) is reason


def test_a_pool_of_nothing_leaves_nothing_to_do() -> None:
    assert wanted(minimal(), HERE)[1] == []


@pytest.mark.parametrize(("arn", "reason"), [(OTHER_ACCOUNT, "other_account"), (OTHER_REGION, "other_region")])
def test_a_trigger_from_elsewhere_is_left_out_and_to_do(arn: str, reason: str) -> None:
    config = {"PreSignUp": arn, "PostConfirmation": function("a")}
    source = minimal(LambdaConfig=config)
    possible, _ = wanted(source, HERE)
    assert possible.user_pool["LambdaConfig"] == {"PostConfirmation": function("a")}
    assert why(source) == {
        ("user_pool", "LambdaConfig.PreSignUp", reason),
        ("user_pool", "LambdaConfig.PostConfirmation", "needs_permission"),
    }


def test_both_forms_of_a_trigger_from_elsewhere_are_left_out() -> None:
    config = {"PreTokenGeneration": OTHER_ACCOUNT, "PreTokenGenerationConfig": {"LambdaArn": OTHER_ACCOUNT}}
    possible, todos = wanted(minimal(LambdaConfig=config), HERE)
    assert possible.user_pool["LambdaConfig"] == {}
    assert [todo.name for todo in todos] == ["LambdaConfig.PreTokenGenerationConfig"]


def test_a_sender_whose_key_is_elsewhere_is_left_out_with_the_key() -> None:
    config = {
        "CustomEmailSender": {"LambdaArn": function("mail"), "LambdaVersion": "V1_0"},
        "KMSKeyID": f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1",
    }
    possible, _ = wanted(minimal(LambdaConfig=config), HERE)
    assert possible.user_pool["LambdaConfig"] == {}


@pytest.mark.parametrize(
    ("key", "reason", "stays"),
    [
        (f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1", "needs_key_policy", True),
        (f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1", "other_region", False),
        ("arn:aws:kms:us-east-1:999999999999:key/1", "other_account", False),
    ],
)
def test_a_key_of_its_own_needs_a_word_of_its_policy_or_another_key(key: str, reason: str, stays: bool) -> None:
    source = minimal(KeyConfiguration={"KeyType": "CUSTOMER_MANAGED_KEY", "KmsKeyArn": key})
    possible, _ = wanted(source, HERE)
    assert ("KeyConfiguration" in possible.user_pool) is stays
    assert why(source) == {("user_pool", "KeyConfiguration", reason)}


def test_the_role_for_messages_of_another_account_is_to_do() -> None:
    source = minimal(SmsConfiguration={"SnsCallerArn": "arn:aws:iam::999999999999:role/sms"})
    assert why(source) == {("user_pool", "SmsConfiguration", "other_account")}
    assert "SmsConfiguration" not in wanted(source, HERE)[0].user_pool


@pytest.mark.parametrize("secret", [True, False])
def test_a_provider_needs_its_secret(secret: bool) -> None:
    possible, _ = wanted(rich(secrets=secret), HERE)
    names = {provider["ProviderName"] for provider in possible.entries(SectionName.IDENTITY_PROVIDERS)}
    assert names == ({"Okta", "Partner-OIDC"} if secret else {"Okta"})
    assert (("identity_providers", "Partner-OIDC", "secret_not_known") in why(rich(secrets=secret))) is not secret
    assert (("clients", "1client1web", "provider_not_made") in why(rich(secrets=secret))) is not secret
    supported = possible.entries(SectionName.CLIENTS)[0]["SupportedIdentityProviders"]
    assert ("Partner-OIDC" in supported) is secret


def test_a_client_with_an_unknown_secret_gets_another_and_one_with_two_is_told_of() -> None:
    known = {name: [{"ClientSecretId": "1"}] * count for name, count in (("one", 1), ("two", 2), ("none", 0))}
    clients = [client("one", "one"), client("two", "two", ClientSecret="told"), client("none", "none")]
    source = rich(secrets=True, clients=clients, client_secrets=known)
    possible, _ = wanted(source, HERE)
    assert {told["ClientId"]: told.get("GenerateSecret") for told in possible.entries(SectionName.CLIENTS)} == {
        "one": True,
        "two": None,
        "none": None,
    }
    assert {item for item in why(source) if item[0] == "clients"} == {
        ("clients", "one", "secret_not_known"),
        ("clients", "two", "second_secret"),
    }


@pytest.mark.parametrize("status", ["failed", "not_known", "not_offered", "saved"])
@pytest.mark.parametrize("name", [name for name in SectionName if name is not SectionName.USER_POOL])
def test_a_section_that_was_not_saved_is_to_do(name: SectionName, status: str) -> None:
    section = Section(name.value, status, "SomeCode")
    source = Configuration(minimal().documents, (section,))
    expected = {(name.value, name.value, "section_not_saved")} if status in ("failed", "not_known") else set()
    assert why(source) == (expected if name in COPIED else set())


def test_a_replica_and_a_custom_domain_and_a_firewall_elsewhere_are_to_do() -> None:
    acl = "arn:aws:wafv2:eu-west-1:123456789012:regional/webacl/a/1"
    source = rich(
        secrets=True,
        replicas=[{"RegionName": "us-west-2", "Role": "SECONDARY"}, {"RegionName": "us-east-1", "Role": "PRIMARY"}],
        external=[{"kind": "web_acl", "used_by": "wafv2", "arn": acl}],
    )
    assert {
        ("replicas", "us-west-2", "not_copied"),
        ("external", "web_acl", "other_region"),
        ("domains", "auth.example.com", "needs_dns"),
    } <= why(source)
    assert not [item for item in why(source) if item[:2] == ("replicas", "us-east-1")]


@pytest.mark.parametrize("reason", list(Why))
def test_a_to_do_item_travels_and_is_the_same(reason: Why) -> None:
    todo = Todo("clients", "a", reason, "Do it.", "Code")
    assert Todo.of(todo.to_state()) == todo
    assert reason.is_gap is (reason.value not in ("needs_permission", "needs_key_policy", "needs_dns"))


def test_a_refusal_tells_where_to_look_and_a_refused_domain_who_may_have_it() -> None:
    todo = refused(SectionName.TERMS, "terms-of-use", Rejected("CreateTerms", "SomeCode"))
    assert (todo.why, todo.code) == (Why.REFUSED, "SomeCode")
    assert "config/terms.json" in todo.do
    assert refused(SectionName.DOMAINS, "a", Rejected("CreateUserPoolDomain", "X")).why is Why.DOMAIN_TAKEN


# Overrides.


def override(**settings: Any) -> Override:
    return Override.of(settings)


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        (
            {"alias_attributes": ["email"]},
            "create_pool.override.alias_attributes: does not go with the",
        ),
        ({"required_attributes": ["custom:tenant"]}, "create_pool.override.required_attributes: names"),
        ({"required_attributes": ["no_such"]}, "create_pool.override.required_attributes: names"),
    ],
)
def test_an_override_that_contradicts_the_pool_is_refused(settings: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        override(**settings).apply(rich())
    assert str(refusal.value).startswith(field)


def test_aliases_in_place_of_sign_in_by_address_are_possible_when_both_are_said() -> None:
    pool = override(username_attributes=[], alias_attributes=["email"]).apply(rich()).user_pool
    assert (pool["UsernameAttributes"], pool["AliasAttributes"]) == ([], ["email"])


def test_an_override_changes_what_it_names_and_nothing_else() -> None:
    source = rich()
    assert override().apply(source) == source
    changed = override(case_sensitive=True).apply(source)
    assert changed.user_pool == {**source.user_pool, "UsernameConfiguration": {"CaseSensitive": True}}


def test_required_attributes_are_those_that_are_named_and_sub() -> None:
    pool = override(required_attributes=["name"]).apply(rich()).user_pool
    assert {told["Name"] for told in pool["SchemaAttributes"] if told["Required"]} == {"sub", "name"}


def test_another_prefix_leaves_the_custom_domain_as_it_is() -> None:
    domains = override(domain="other").apply(rich()).entries(SectionName.DOMAINS)
    assert [domain["Domain"] for domain in domains] == ["other", "auth.example.com"]
    assert domains[0]["ManagedLoginVersion"] == DOMAINS[0]["ManagedLoginVersion"]


@pytest.mark.parametrize(
    "settings", [{}, {"case_sensitive": False}, {"username_attributes": []}, {"alias_attributes": ["email"]}]
)
def test_an_override_travels_and_is_the_same(settings: dict[str, Any]) -> None:
    assert Override.of(override(**settings).to_state()) == override(**settings)


# What the plan and the comparison rest upon.


def test_a_domain_that_is_taken_is_not_wanted() -> None:
    taken = (domain_taken("customers-login", OLD_ID),)
    desired = Desired.of(rich(), Override(), HERE, taken)
    assert [one["Domain"] for one in desired.wanted.entries(SectionName.DOMAINS)] == ["auth.example.com"]
    assert taken[0] in desired.todos


def test_a_pool_that_is_not_there_yet_has_a_place_for_the_old_sub() -> None:
    planned = planned_description(minimal().user_pool, "eu-west-1", "custom:was")
    assert [told["Name"] for told in planned["SchemaAttributes"]] == ["custom:was"]
    assert planned["Id"].startswith("eu-west-1_")
    has = rich().user_pool
    again = planned_description(has, "us-east-1", "custom:original_sub")
    assert again["SchemaAttributes"] == has["SchemaAttributes"]
    assert planned_description(has, "us-east-1", None)["SchemaAttributes"] == has["SchemaAttributes"]


def test_clients_are_known_by_their_id_or_by_a_name_that_is_unique_on_both_sides() -> None:
    source = rich()
    renamed = [{**one, "ClientId": f"new-{one['ClientName']}-{number}"} for number, one in enumerate(CLIENTS)]
    assert same_clients(source, rich(clients=renamed)) == {
        "1client1web": "new-web-0",
        "2client2mobile": "new-mobile app-1",
    }
    assert same_clients(source, source) == {one["ClientId"]: one["ClientId"] for one in CLIENTS}
    assert same_clients(source, rich(clients=[*renamed, {**renamed[0], "ClientId": "another"}])) == {
        "2client2mobile": "new-mobile app-1"
    }


def found(old: Configuration, new: Configuration, *todos: Todo, added: tuple[str, ...] = ()) -> list[ConfigDifference]:
    same = {one["ClientId"]: one["ClientId"] for one in CLIENTS}
    everything = tuple(Section(name.value, "saved") for name in SectionName)
    return differences(old, Configuration(new.documents, everything), same, todos, added)


def test_a_configuration_does_not_differ_from_itself() -> None:
    assert found(rich(), rich()) == []


def test_a_difference_is_unexplained_until_a_to_do_item_speaks_of_it() -> None:
    changed = rich_pool(DeviceConfiguration=None)
    (difference,) = found(rich(), changed)
    assert (difference.section, difference.member, difference.because) == ("user_pool", "DeviceConfiguration", None)
    todo = Todo("user_pool", "DeviceConfiguration", Why.REFUSED, "Set it.")
    assert [one.because for one in found(rich(), changed, todo)] == ["refused"]
    elsewhere = Todo("mfa", "DeviceConfiguration", Why.REFUSED, "Set it.")
    assert [one.because for one in found(rich(), changed, elsewhere)] == [None]


def test_an_item_about_one_client_explains_nothing_of_another() -> None:
    clients = [{**one, "AuthSessionValidity": 9} for one in CLIENTS[:2]] + CLIENTS[2:]
    todo = Todo("clients", "1client1web", Why.REFUSED, "Set it.")
    assert {one.name: one.because for one in found(rich(), rich(clients=clients), todo)} == {
        "1client1web": "refused",
        "2client2mobile": None,
    }


def test_what_a_restore_adds_on_purpose_is_no_difference() -> None:
    tags = {**rich().documents["tags"], "poolsafe:restore-id": "a"}
    schema = [*rich().user_pool["SchemaAttributes"], {"Name": "custom:was", "AttributeDataType": "String"}]
    assert found(rich(), rich(tags=tags)) == []
    assert len(found(rich(), rich_pool(SchemaAttributes=schema))) == 1
    assert found(rich(), rich_pool(SchemaAttributes=schema), added=("custom:was",)) == []


def test_no_difference_tells_a_value() -> None:
    clients = [{**CLIENTS[0], "CallbackURLs": ["https://private.example.com"]}, *CLIENTS[1:]]
    assert "private" not in str([one.to_json() for one in found(rich(), rich(clients=clients))])


def test_a_permission_to_be_given_does_not_explain_a_trigger_that_is_not_there() -> None:
    todos = wanted(rich(), Place("us-east-1", ACCOUNT))[1]
    name = "LambdaConfig.PreSignUp"
    assert [todo.why for todo in todos if todo.name == name] == [Why.NEEDS_PERMISSION]
    lost = {key: value for key, value in rich().user_pool["LambdaConfig"].items() if key != "PreSignUp"}
    assert [(one.member, one.because) for one in found(rich(), rich_pool(LambdaConfig=lost), *todos)] == [(name, None)]


def test_a_trigger_that_could_not_come_along_explains_no_other() -> None:
    lost = {"PreTokenGeneration": "arn:1"}
    todo = Todo("user_pool", "LambdaConfig.PreSignUp", Why.OTHER_ACCOUNT, "Deploy it.")
    reasons = {one.member: one.because for one in found(rich(), rich_pool(LambdaConfig=lost), todo)}
    assert reasons.pop("LambdaConfig.PreSignUp") == "other_account"
    assert reasons
    assert set(reasons.values()) == {None}


def test_triggers_that_cognito_refused_together_are_explained_together() -> None:
    todo = Todo("user_pool", "LambdaConfig", Why.REFUSED, "Set them.")
    reasons = {one.because for one in found(rich(), rich_pool(LambdaConfig={}), todo)}
    assert reasons == {"refused"}


def test_a_dns_entry_to_be_made_does_not_explain_a_domain_that_is_not_there() -> None:
    todos = wanted(rich(), Place("us-east-1", ACCOUNT))[1]
    [custom] = [todo.name for todo in todos if todo.why is Why.NEEDS_DNS]
    left = [domain for domain in DOMAINS if domain["Domain"] != custom]
    reasons = {one.name: one.because for one in found(rich(), rich(domains=left), *todos)}
    assert reasons == {custom: None}


@pytest.mark.parametrize("why", [Why.PROVIDER_NOT_MADE, Why.SECRET_NOT_KNOWN, Why.SECOND_SECRET])
def test_what_a_client_could_not_be_given_explains_nothing_else_of_it(why: Why) -> None:
    changed = [{**CLIENTS[0], "CallbackURLs": ["https://elsewhere.example.com"]}, *CLIENTS[1:]]
    todo = Todo("clients", CLIENTS[0]["ClientId"], why, "Do it.")
    assert [one.because for one in found(rich(), rich(clients=changed), todo)] == [None]


def test_a_pool_that_tells_nothing_of_letter_case_is_like_one_that_is_case_sensitive() -> None:
    old, new = rich_pool(UsernameConfiguration=None), rich_pool(UsernameConfiguration={"CaseSensitive": True})
    assert found(old, new) == []
    assert Desired.of(old, Override(), Place("us-east-1", ACCOUNT)).into(new).todos == (
        Desired.of(new, Override(), Place("us-east-1", ACCOUNT)).into(new).todos
    )


def test_a_trigger_of_a_pools_own_is_not_kept_when_its_configuration_is_overwritten() -> None:
    old, new = rich_pool(LambdaConfig=None), rich_pool(LambdaConfig={"PreSignUp": "arn:own"})
    everything = tuple(Section(name.value, "saved") for name in SectionName)
    same = {one["ClientId"]: one["ClientId"] for one in CLIENTS}
    told = differences(old, Configuration(new.documents, everything), same, [], keeps=True)
    assert [(one.member, one.because) for one in told] == [("LambdaConfig.PreSignUp", None)]

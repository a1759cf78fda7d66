"""Reading a configuration: every section ends in a word about it, and nothing is guessed."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from poolsafe.domain.configuration.model import SectionName
from poolsafe.domain.snapshot import region_of
from poolsafe.errors import PoolNotFound, Throttled
from poolsafe.operations.read_configuration import _READERS, ReadConfiguration
from poolsafe.operations.save_configuration import secrets_not_told
from poolsafe.schema_check import require
from tests.fake_cognito import FakeCognito, FakeWaf, refused, throttled_once
from tests.fakes import EveryTime, FakeUserPool
from tests.step_functions import Deployed
from tests.unit.configurations import ACCOUNT, OLD_ID
from tests.unit.created_pools import IMAGE, KIOSK, MOBILE, WEB, WEB_ACL, Shop, documents, plain, plus


def reader_of(cognito: FakeCognito, waf: FakeWaf | None = None) -> ReadConfiguration:
    return ReadConfiguration(cognito, waf or FakeWaf(), cognito.web, OLD_ID)


def cognito_with(told: dict[str, Any], **options: Any) -> FakeCognito:
    cognito = FakeCognito(region_of(OLD_ID), **options)
    cognito.put(told)
    return cognito


def read(told: dict[str, Any] | None = None, **options: Any) -> Any:
    return reader_of(cognito_with(plus() if told is None else told, **options)).everything()


def statuses(configuration: Any) -> dict[str, tuple[str, str | None]]:
    return {section.name: (section.status, section.error) for section in configuration.sections}


def test_a_rich_pool_is_read_whole() -> None:
    found = read()
    assert {status for status, _ in statuses(found).values()} == {"saved"}
    assert list(statuses(found)) == [name.value for name in SectionName]
    told = plus()
    for section in ("mfa", "resource_servers", "domains", "terms", "risk", "log_delivery"):
        assert _without_ids(found.documents[section]) == _without_ids(told[section]), section
    assert [client["ClientId"] for client in found.documents["clients"]] == [c["ClientId"] for c in told["clients"]]
    assert {name: len(secrets) for name, secrets in found.documents["client_secrets"].items() if secrets} == {WEB: 1}


def _without_ids(document: Any) -> Any:
    if isinstance(document, list):
        return [_without_ids(entry) for entry in document]
    if isinstance(document, dict):
        return {name: _without_ids(value) for name, value in document.items() if name not in ("UserPoolId", "TermsId")}
    return document


@pytest.mark.parametrize("page_sizes", [(1,), (0, 1), (0, 0, 2), (3, 0)])
def test_a_short_or_empty_page_does_not_end_a_listing(page_sizes: tuple[int, ...]) -> None:
    def told(found: Any) -> Any:
        return json.loads(json.dumps(dict(found.documents)))

    assert told(read(page_sizes=page_sizes)) == told(read())


@pytest.mark.parametrize(
    ("operation", "section"),
    [
        ("DescribeUserPoolClient", "clients"),
        ("DescribeIdentityProvider", "identity_providers"),
        ("DescribeTerms", "terms"),
    ],
)
def test_what_is_deleted_after_it_was_listed_is_left_out(operation: str, section: str) -> None:
    cognito = cognito_with(plus())
    state = cognito.pools[OLD_ID]
    things: dict[str, dict[str, Any]] = {
        "clients": state.clients,
        "identity_providers": state.providers,
        "terms": state.terms,
    }
    gone = sorted(things[section])[-1]

    def delete(called: str) -> None:
        if called == operation:
            things[section].pop(gone, None)

    cognito.before = delete
    found = reader_of(cognito).everything()
    assert statuses(found)[section] == ("saved", None)
    assert len(found.documents[section]) == len(things[section])
    assert gone not in json.dumps(found.documents[section])


def test_a_client_deleted_before_its_secrets_are_read_is_left_out_of_them() -> None:
    cognito = cognito_with(plus())

    def delete(called: str) -> None:
        if called == "ListUserPoolClientSecrets":
            cognito.pools[OLD_ID].clients.pop(KIOSK, None)

    cognito.before = delete
    found = reader_of(cognito).everything()
    assert KIOSK not in found.documents["client_secrets"]
    assert {status for status, _ in statuses(found).values()} == {"saved"}


@pytest.mark.parametrize(
    ("section", "operation"),
    [(name, operation) for name, (_, needed) in _READERS.items() for operation in needed if name != "user_pool"],
)
def test_an_operation_that_the_sdk_lacks_is_detected(section: SectionName, operation: str) -> None:
    cognito = cognito_with(plus(), unknown=frozenset({operation}))
    found = reader_of(cognito).everything()
    assert statuses(found)[section] == ("not_known", None)
    assert section not in found.documents
    assert operation not in cognito.operations


def test_a_section_that_the_sdk_cannot_read_is_said_in_the_manifest_and_the_snapshot_is_complete() -> None:
    shop = Shop()
    shop.cognito.unknown = frozenset({"ListUserPoolReplicas", "ListTerms"})
    with shop:
        manifest = shop.backup()
    assert manifest["status"] == "COMPLETE"
    assert (
        "The boto3 in use does not know how to read terms, replicas; deploy a newer Poolsafe." in manifest["warnings"]
    )
    require("manifest", manifest)


@pytest.mark.parametrize(
    ("operation", "section"),
    [
        ("DescribeManagedLoginBrandingByClient", "branding"),
        ("ListTerms", "terms"),
        ("DescribeRiskConfiguration", "risk"),
        ("ListUserPoolReplicas", "replicas"),
    ],
)
@pytest.mark.parametrize(
    "code",
    [
        "FeatureUnavailableInTierException",
        "OperationNotEnabledException",
        "UserPoolAddOnNotEnabledException",
        "UnknownOperationException",
    ],
)
def test_what_the_plan_of_a_pool_does_not_offer_is_recorded_with_the_code(
    operation: str, section: str, code: str
) -> None:
    found = read(before=refused({operation: code}))
    assert statuses(found)[section] == ("not_offered", code)
    assert section not in found.documents


def test_threat_protection_that_is_off_has_no_risk_configuration() -> None:
    assert statuses(read(documents()))["risk"] == ("not_offered", "UserPoolAddOnNotEnabledException")


@pytest.mark.parametrize(
    ("code", "said"),
    [("SomethingNewException", "SomethingNewException"), ("AccessDeniedException", "AccessDenied")],
)
@pytest.mark.parametrize(
    "section", [name for name in SectionName if name not in (SectionName.USER_POOL, SectionName.EXTERNAL)]
)
def test_a_code_that_nobody_knows_fails_the_section_and_no_other(section: SectionName, code: str, said: str) -> None:
    operation = _READERS[section][1][0]
    found = read(before=refused({operation: code}))
    failed = {name for name, (status, _) in statuses(found).items() if status == "failed"}
    assert failed == {section.value}
    assert statuses(found)[section] == ("failed", said)


def test_a_failed_section_makes_the_snapshot_partial_and_is_named_with_its_code() -> None:
    shop = Shop()
    shop.cognito.before = refused({"GetLogDeliveryConfiguration": "SomethingNewException"})
    with shop:
        manifest = shop.backup()
    assert manifest["status"] == "PARTIAL"
    assert (
        "Section log_delivery of the configuration could not be read (SomethingNewException). This makes the snapshot "
        "PARTIAL." in manifest["warnings"]
    )
    assert "config/log_delivery.json" not in {file["path"] for file in manifest["files"]}


def test_a_firewall_that_nobody_may_ask_about_fails_the_pointers_alone() -> None:
    waf = FakeWaf(before=refused({"GetWebACLForResource": "AccessDeniedException"}))
    found = reader_of(cognito_with(plus()), waf).everything()
    assert {name for name, (status, _) in statuses(found).items() if status != "saved"} == {"external"}


@pytest.mark.parametrize("code", ["WAFNonexistentItemException", "WAFUnsupportedResourceTypeException"])
def test_a_pool_without_a_web_acl_has_none(code: str) -> None:
    waf = FakeWaf(before=refused({"GetWebACLForResource": code}))
    found = reader_of(cognito_with(plus()), waf).everything()
    assert statuses(found)["external"] == ("saved", None)


def test_a_pool_that_is_gone_is_an_error_and_not_a_section() -> None:
    with pytest.raises(PoolNotFound, match=f"{OLD_ID} does not exist"):
        ReadConfiguration(FakeCognito(), FakeWaf(), FakeCognito().web, OLD_ID).everything()


def test_a_throttle_is_no_failed_section() -> None:
    with pytest.raises(Throttled):
        read(before=throttled_once("ListTerms"))


def test_throttled_calls_are_made_again() -> None:
    shop = Shop()
    shop.cognito.before = throttled_once("DescribeUserPoolClient")
    with shop:
        assert shop.backup()["status"] == "COMPLETE"


# What lies outside.


def test_pointers_tell_everything_that_lies_outside() -> None:
    cognito = cognito_with(plus())
    waf = FakeWaf(acls=frozenset({WEB_ACL}))
    waf.call("AssociateWebACL", WebACLArn=WEB_ACL, ResourceArn=cognito.pools[OLD_ID].description["Arn"])
    pointers = reader_of(cognito, waf).everything().documents["external"]
    kinds = [pointer["kind"] for pointer in pointers]
    assert sorted(set(kinds)) == [
        "certificate",
        "kms_key",
        "log_destination",
        "ses_identity",
        "sms_role",
        "trigger",
        "web_acl",
    ]
    assert kinds.count("trigger") == 4
    assert {"kind": "web_acl", "used_by": "wafv2", "arn": WEB_ACL} in pointers
    assert all(f":{ACCOUNT}:" in pointer["arn"] for pointer in pointers)


def test_the_logo_is_fetched_and_kept() -> None:
    cognito = cognito_with(plus())
    (everybody, mobile) = reader_of(cognito).everything().documents["ui_customization"]
    assert base64.b64decode(everybody["ImageFile"]) == IMAGE
    assert cognito.web.fetched == [everybody["ImageUrl"]]
    assert (mobile["ClientId"], "ImageFile" in mobile) == (MOBILE, False)


@pytest.mark.parametrize("content", [None, b"x" * 131_073])
def test_a_logo_that_cannot_be_fetched_fails_its_section(content: bytes | None) -> None:
    cognito = cognito_with(plus())
    for url in list(cognito.web.files):
        del cognito.web.files[url]
        if content:
            cognito.web.files[url] = content
    found = reader_of(cognito).everything()
    status, code = statuses(found)["ui_customization"]
    assert (status, code) == ("failed", "TooLarge" if content else "ServiceUnavailable")


def test_a_pool_with_nothing_but_itself_is_read_too() -> None:
    found = read(plain())
    assert {status for status, _ in statuses(found).values()} == {"saved", "not_offered"}
    empty = ("clients", "identity_providers", "resource_servers", "domains", "ui_customization", "branding", "terms")
    assert {name: found.documents[name] for name in empty} == {name: [] for name in empty}


def test_a_pool_of_the_other_fake_is_answered_for() -> None:
    pool = FakeUserPool(OLD_ID, custom=("custom:a",))
    found = reader_of(FakeCognito(adopted={OLD_ID: pool})).everything()
    assert found.user_pool == pool._described()
    assert found.documents["clients"] == []


# Handing over.


@pytest.mark.parametrize("steps", [1, 2, 3, 7])
def test_a_hand_over_between_sections_ends_in_the_same_files(steps: int) -> None:
    def saved(machines: Deployed) -> dict[str, bytes]:
        with Shop(plus(), machines) as shop:
            shop.backup()
        wanted = ("config", "secrets")
        objects = shop.machines.store.objects
        return {
            key: stored.content for key, stored in objects.items() if any(name in key.split("/") for name in wanted)
        }

    assert saved(Deployed(deadline=EveryTime(steps))) == saved(Deployed())


def test_a_warning_names_some_clients_of_thousands() -> None:
    ids = [f"client{number:04d}" for number in range(3000)]
    told = {
        "clients": [{"ClientId": client_id} for client_id in ids],
        "client_secrets": {client_id: [{"ClientSecretId": "1"}] for client_id in ids},
    }
    [warning] = secrets_not_told(told)
    assert warning.startswith("Of 3000 app clients")
    assert (ids[0] in warning, ids[9] in warning, ids[10] in warning) == (True, True, False)

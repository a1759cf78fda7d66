"""Which settings differ between two configurations, path by path; and the page that people read about it."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from typing import Any

from poolsafe.adapters.html import comparison_html
from poolsafe.domain.compare.change import Kind
from poolsafe.domain.compare.page import SHOWN
from poolsafe.domain.compare.report import comparison_report
from poolsafe.domain.compare.settings import not_compared, setting_changes
from poolsafe.domain.configuration.model import Configuration, Section, SectionName, SectionStatus
from poolsafe.schema_check import require
from tests.unit.configurations import CLIENTS, OLD_ID, SECRET, minimal, restored, rich

EVIL = "<script>alert(1)</script>"


def told(before: Configuration, after: Configuration) -> set[tuple[Any, ...]]:
    return {
        (one.change.value, one.name, one.field, one.before, one.after) for one in setting_changes(before, after)
    }  # fmt: skip


def with_pool(**settings: Any) -> Configuration:
    configuration = copy.deepcopy(rich())
    return replace(
        configuration,
        documents={**configuration.documents, SectionName.USER_POOL: {**configuration.user_pool, **settings}},
    )


def test_a_configuration_compared_with_itself_is_equal() -> None:
    for one in (rich(), minimal(), rich(secrets=True)):
        assert told(one, copy.deepcopy(one)) == set()


def test_a_setting_that_changed_is_told_with_its_path_and_both_values() -> None:
    found = told(rich(), with_pool(DeletionProtection="INACTIVE"))
    assert found == {("changed", "user_pool/protection", "DeletionProtection", "ACTIVE", "INACTIVE")}
    policies = copy.deepcopy(rich().user_pool["Policies"])
    policies["PasswordPolicy"]["MinimumLength"] = 31
    path = "Policies.PasswordPolicy.MinimumLength"
    assert told(rich(), with_pool(Policies=policies)) == {("changed", "user_pool/settings", path, "12", "31")}


def test_a_thing_that_is_on_one_side_alone_is_one_difference_and_swapping_swaps_it() -> None:
    fewer = rich(clients=CLIENTS[:-1])
    [(change, name, path, before, after)] = told(rich(), fewer)
    assert (change, name, path, after) == ("removed", f"clients/{CLIENTS[-1]['ClientId']}", None, None)
    assert json.loads(str(before))["ClientName"] == "kiosk"
    assert told(fewer, rich()) == {("added", name, None, None, before)}


def test_a_value_that_is_on_one_side_alone_is_added_or_removed() -> None:
    tags = {**rich().documents[SectionName.TAGS], "poolsafe:restore-id": "x"}
    assert told(rich(), rich(tags={**tags, "owner": "me"})) == {("added", "tags/tags", "owner", None, "me")}
    assert told(rich(tags={**tags, "owner": "me"}), rich()) == {("removed", "tags/tags", "owner", "me", None)}


def test_a_new_secret_of_a_client_is_seen_and_no_secret_is_told() -> None:
    inventory = {"1client1web": [{"ClientSecretId": "2", "ClientSecretCreateDate": "2026-01-01"}]}
    found = told(rich(secrets=True), rich(secrets=True, client_secrets=inventory))
    assert {(change, name, path) for change, name, path, *_ in found} == {
        ("changed", "client_secrets/client_secrets", "client_secrets.1client1web")
    }
    everything = told(rich(secrets=True), minimal()) | told(minimal(), rich(secrets=True))
    assert everything
    assert SECRET not in repr(everything)


def test_a_copy_has_its_clients_by_name_and_its_own_ids_are_no_difference() -> None:
    found = told(rich(), restored())
    assert {name.partition("/")[0] for _, name, *_ in found} <= {"domains", "tags", "clients", "branding", "terms"}
    assert not {path for _, name, path, *_ in found if name == "user_pool/settings"}


def test_what_no_pool_takes_from_another_is_compared_of_the_same_pool_alone() -> None:
    """A restored pool has a certificate and ids of secrets of its own, and nobody has changed anything."""

    def holding(configuration: Configuration, word: str) -> Configuration:
        own: dict[str, Any] = {
            SectionName.CLIENT_SECRETS: {"1client1web": [{"ClientSecretId": word, "ClientSecretCreateDate": word}]},
            SectionName.SIGNING_CERTIFICATE: {"Certificate": word},
        }
        documents: dict[str, Any] = {**configuration.documents, **own}
        return Configuration(documents, tuple(Section(name, SectionStatus.SAVED, None) for name in documents))

    sections = {SectionName.CLIENT_SECRETS.value, SectionName.SIGNING_CERTIFICATE.value}
    for other, seen in ((rich(), sections), (restored(), set())):
        found = told(holding(rich(), "one"), holding(other, "other"))
        assert {name.partition("/")[0] for _, name, *_ in found} & sections == seen


def test_what_one_side_does_not_know_is_not_compared_and_named() -> None:
    failed = (Section(SectionName.CLIENTS.value, SectionStatus.FAILED, "Oops"),)
    documents = {name: document for name, document in rich().documents.items() if name != SectionName.CLIENTS}
    unknown = Configuration(documents, failed)
    assert told(rich(), unknown) == set()
    assert SectionName.CLIENTS.value in not_compared(rich(), unknown)
    assert told(Configuration({}), rich()) == set()
    older = Configuration({SectionName.USER_POOL: rich().user_pool})
    assert told(older, rich()) == set()
    assert {name for _, name, *_ in told(older, with_pool(DeletionProtection="INACTIVE"))} == {"user_pool/protection"}
    assert SectionName.USER_POOL.value in not_compared(Configuration({}), rich())


# The report and its page


def report(**told: Any) -> dict[str, Any]:
    side = {"name": f"{OLD_ID}/20261122T030000Z-3f9a1c", "taken_at": "2026-11-22T03:10:00+00:00", "is_partial": False}
    values: dict[str, Any] = {
        "comparison_id": "20261126T090000Z-3f9a1c",
        "at": "2026-11-26T09:00:00Z",
        "sides": {"before": side, "after": {**side, "name": OLD_ID}},
        "records": {},
        "settings": {"counts": {"added": 0, "removed": 0, "changed": 0}, "not_compared": []},
        "changed_settings": [],
        "differences": "s3://bucket/comparisons/x/differences/",
        **told,
    }
    made = comparison_report(**values)
    require("compare.report", made)
    return made


def test_a_report_of_nothing_says_so() -> None:
    made = report()
    assert made["status"] == "EQUAL"
    assert made["counts"][Kind.MEMBERSHIPS] == {"added": 0, "removed": 0}
    assert "Nothing differs." in comparison_html(made)


def test_what_was_not_compared_is_warned_of() -> None:
    made = report(settings={"counts": {"added": 0, "removed": 0, "changed": 0}, "not_compared": ["clients"]})
    assert made["status"] == "EQUAL"
    page = comparison_html(made)
    assert "Nothing differs of what could be compared." in page
    assert "Not compared, because one side does not know them: clients." in page


def test_the_page_tells_numbers_and_escapes_every_name() -> None:
    records = {
        "counts": {"users": {"added": 1200, "changed": 1}, "groups": {"removed": 1}},
        "fields": {"users": {f"custom:{EVIL}": 1}, "groups": {"description": 1}},
    }
    setting = {"section": "clients", "name": EVIL, "path": None, "change": "added"}
    made = report(
        records=records,
        settings={"counts": {"added": SHOWN + 1, "removed": 0, "changed": 0}, "not_compared": []},
        changed_settings=[setting] * (SHOWN + 1),
    )
    page = comparison_html(made)
    assert "1,201 users, 1 group and 301 settings differ." in page
    assert "And 1 more" in page
    assert "<script" not in page
    assert "&lt;script&gt;" in page

"""Secrets of a configuration: apart from everything else, under a key of their own, or nowhere."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolsafe.domain.configuration.secrets import SECRET_MEMBERS, put_back, take_out
from poolsafe.domain.snapshot import SnapshotRef
from poolsafe.errors import SnapshotDamaged
from poolsafe.operations.load_configuration import load_configuration
from poolsafe.operations.open_snapshot import read_manifest
from tests.step_functions import ExecutionFailed
from tests.unit.configurations import OLD_ID
from tests.unit.created_pools import MARKER, WEB, WEB_SECRET, Shop, documents, plus, second_secret, todos

NAMES = st.one_of(st.sampled_from(sorted(SECRET_MEMBERS)), st.text("ab/~01", max_size=4))
LEAVES = st.none() | st.booleans() | st.integers() | st.text(max_size=5)
DOCUMENTS = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4))


def secret_values(document: Any) -> list[str]:
    if isinstance(document, list):
        return [value for entry in document for value in secret_values(entry)]
    if not isinstance(document, dict):
        return []
    own = [value for name, value in document.items() if name in SECRET_MEMBERS and isinstance(value, str) and value]
    return own + [value for entry in document.values() for value in secret_values(entry)]


@given(DOCUMENTS)
def test_what_is_taken_out_is_put_back_where_it_was(document: Any) -> None:
    before = json.dumps(document)
    clean, secrets = take_out(document)
    assert put_back(clean, secrets) == document
    assert json.dumps(document) == before


@given(DOCUMENTS)
def test_nothing_secret_stays_and_nothing_else_is_taken(document: Any) -> None:
    clean, secrets = take_out(document)
    assert secret_values(clean) == []
    assert sorted(secrets.values()) == sorted(secret_values(document))


def test_a_secret_is_named_by_its_place() -> None:
    document = [{"a/b": {"x~y": {"ExternalId": "1"}}}, {"ProviderDetails": {"client_secret": "2", "client_id": "3"}}]
    assert take_out(document)[1] == {"/0/a~1b/x~0y/ExternalId": "1", "/1/ProviderDetails/client_secret": "2"}


@pytest.mark.parametrize("told", [documents, plus])
def test_no_file_of_a_snapshot_holds_a_secret(told: Any) -> None:
    with Shop(told()) as shop:
        manifest = shop.backup()
    texts = shop.texts()
    assert [key for key, text in texts.items() if MARKER in text and not key.startswith("secrets/")] == []
    assert sorted(key.rpartition("/")[2] for key in texts if key.startswith("secrets/")) == [
        "clients.json",
        "identity_providers.json",
        "mfa.json",
        "user_pool.json",
    ]
    assert {file["path"] for file in manifest["secrets"]} == {key for key in texts if key.startswith("secrets/")}


def test_every_secret_comes_back_from_its_file() -> None:
    with Shop() as shop:
        shop.backup()
        snapshot_id = next(iter(shop.machines.store.objects)).split("/")[2]
    store = shop.machines.store
    manifest = read_manifest(store, SnapshotRef(OLD_ID, snapshot_id))
    whole = load_configuration(store, store.with_secrets, manifest)
    clients = {client["ClientId"]: client.get("ClientSecret") for client in whole.documents["clients"]}
    assert clients[WEB] == WEB_SECRET
    assert {name for name, secret in clients.items() if secret} == {WEB}
    assert MARKER not in json.dumps(dict(load_configuration(store, None, manifest).documents))


def test_a_redacted_snapshot_holds_no_secret_and_its_manifest_says_so() -> None:
    with Shop() as shop:
        manifest = shop.backup(secrets="redact")
    assert not [key for key, text in shop.texts().items() if MARKER in text or key.startswith("secrets/")]
    assert manifest["secrets"] == []
    assert manifest["options"]["secrets"] == "redact"
    assert manifest["status"] == "COMPLETE"
    assert [warning for warning in manifest["warnings"] if "were left out, as asked for (secrets: redact)" in warning]


def test_a_client_with_two_secrets_is_warned_about() -> None:
    shop = Shop()
    second_secret(shop, WEB)
    with shop:
        manifest = shop.backup()
    assert f"Of 1 app clients Cognito told fewer secrets than they have: {WEB}." in manifest["warnings"]
    assert manifest["status"] == "COMPLETE"


@pytest.mark.parametrize("damage", ["gone", "other", "longer"])
def test_a_pool_is_not_made_of_damaged_secrets(damage: str) -> None:
    with Shop() as shop:
        shop.backup()
        objects = shop.machines.store.objects
        key = next(key for key in objects if key.startswith("secrets/") and key.endswith("clients.json"))
        if damage == "gone":
            del objects[key]
        else:
            content = objects[key].content
            shop.machines.store.with_secrets.put(key, content + b" " if damage == "longer" else b"{}")
        with pytest.raises(ExecutionFailed, match=SnapshotDamaged.__name__) as failed:
            shop.create()
    assert key in failed.value.cause
    assert shop.cognito.writes == []


def test_a_snapshot_that_was_copied_here_without_its_secrets_makes_a_pool_as_one_that_was_made_without() -> None:
    left = {}
    for secrets in ("keep", "redact"):
        with Shop() as shop:
            shop.backup(secrets=secrets)
            for key in [key for key in shop.machines.store.objects if key.startswith("secrets/")]:
                del shop.machines.store.objects[key]
            left[secrets] = todos(shop.file(shop.create()["restore_id"], "report.json")["configuration"])
    assert left["keep"] == left["redact"]
    assert ("clients", WEB, "secret_not_known") in left["keep"]

"""Secrets of clients and providers lie in their own files and in the new pool, and nowhere else: not even in a log."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.fake_cognito import refused
from tests.step_functions import ExecutionFailed
from tests.unit.created_pools import MARKER, Shop, plus, second_secret
from tests.unit.created_pools import WEB as CONFIDENTIAL

FILES = (
    "pool.json",
    "plan.json",
    "report.json",
    "report.html",
    "cut_over.json",
    "id_map.json",
    "config_differences.json",
)


def made_public(shop: Shop) -> str:
    """Everything of the bucket that is not under the prefix of secrets, and what travelled between states."""
    kept = [text for key, text in shop.texts().items() if not key.startswith("secrets/")]
    payloads = [json.dumps(execution.payloads) for execution in shop.machines.executions]
    return "\n".join((*kept, *payloads))


def test_a_backup_and_a_restore_tell_no_secret(capsys: pytest.CaptureFixture[str]) -> None:
    shop = Shop(plus())
    second_secret(shop, CONFIDENTIAL)
    with shop:
        shop.backup()
        result = shop.create()
    captured = capsys.readouterr()
    assert MARKER not in made_public(shop)
    assert MARKER not in captured.out + captured.err
    names = {key.rpartition("/")[2] for key in shop.machines.store.objects if result["restore_id"] in key}
    assert names.issuperset(FILES)


def test_the_markers_would_be_found(capsys: pytest.CaptureFixture[str]) -> None:
    """They are in the secrets' files and in the calls to Cognito: the test above looks for the right thing."""
    with Shop(plus()) as shop:
        shop.backup()
        shop.create()
    assert MARKER in "".join(text for key, text in shop.texts().items() if key.startswith("secrets/"))
    assert MARKER in json.dumps(shop.cognito.sent("CreateUserPoolClient"))
    assert MARKER in json.dumps(shop.cognito.sent("CreateIdentityProvider"))


@pytest.mark.parametrize("code", ["InvalidParameterException", "LimitExceededException", "AccessDeniedException"])
@pytest.mark.parametrize(
    "operation", ["CreateUserPoolClient", "CreateIdentityProvider", "UpdateUserPool", "SetUserPoolMfaConfig"]
)
def test_a_call_with_secrets_that_is_refused_tells_none(
    operation: str, code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with Shop(plus()) as shop:
        shop.backup()
        shop.cognito.before = refused({operation: code})
        try:
            shop.create()
        except ExecutionFailed as failed:
            assert MARKER not in failed.cause
    captured = capsys.readouterr()
    assert MARKER not in made_public(shop) + captured.out + captured.err


def test_a_defect_in_a_call_with_secrets_tells_none(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with Shop(plus()) as shop:
        shop.backup()
        called = type(shop.cognito).call

        def break_down(self: Any, operation: str, **members: Any) -> Any:
            if operation == "CreateUserPoolClient":
                raise RuntimeError(str(members))
            return called(self, operation, **members)

        monkeypatch.setattr(type(shop.cognito), "call", break_down)
        with pytest.raises(ExecutionFailed) as failed:
            shop.create()
    captured = capsys.readouterr()
    assert failed.value.error == "Unexpected"
    assert MARKER not in failed.value.cause + captured.out + captured.err + made_public(shop)

"""What checkov is not asked has a reason, and what the reasons lean on is so."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
import yaml

from tests.architecture.cloudformation import cloudformation, decided
from tests.architecture.repository import ROOT, TEMPLATE, functions, resources, template

CONFIGURATION = (ROOT / "tests/checks/checkov.yaml").read_text("utf-8")
SKIPPED = re.compile(r"  - (CKV2?_AWS_\d+)")
#: Whoever may read the configuration of its functions sees it, and can do nothing with it by itself.
MAY_BE_SEEN = {"MigrationExternalId"}


@pytest.fixture(autouse=True)
def somewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """SAM wants to know the Region's partition."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")


def test_every_check_that_is_skipped_has_a_reason() -> None:
    lines = CONFIGURATION.splitlines()
    skipped = {found[1]: before for before, line in pairwise(lines) if (found := SKIPPED.fullmatch(line))}
    assert yaml.safe_load(CONFIGURATION) == {"skip-check": list(skipped)}
    assert [check for check, before in skipped.items() if not before.startswith("  # ")] == []


def test_no_check_is_skipped_where_no_reason_is_asked_for() -> None:
    assert "checkov" not in TEMPLATE.read_text("utf-8")
    assert not list(ROOT.glob(".checkov*"))


def test_checkov_sees_what_either_branch_of_a_condition_deploys() -> None:
    """It judges no policy with an `Fn::If` in it."""
    assert "Fn::If" in str(cloudformation()["Resources"])
    always = {name for name, resource in cloudformation()["Resources"].items() if "Condition" not in resource}
    algorithms = set()
    for conditions in (True, False):
        document = decided(conditions=conditions)
        assert document["Resources"].keys() == (cloudformation()["Resources"].keys() if conditions else always)
        assert "Fn::If" not in str(document["Resources"])
        assert "AWS::NoValue" not in str(document["Resources"])
        [bucket] = resources("AWS::S3::Bucket", document).values()
        [rule] = bucket["Properties"]["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        algorithms.add(rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"])
    assert algorithms == {"aws:kms", "AES256"}


def test_every_queue_is_encrypted() -> None:
    """CKV_AWS_27."""
    for queue in resources("AWS::SQS::Queue").values():
        assert queue["Properties"]["SqsManagedSseEnabled"] is True


def test_nobody_calls_a_function_without_waiting_for_it() -> None:
    """CKV_AWS_116. What calls a function by itself is an event of it, or is let in by a permission."""
    assert [name for name, function in functions().items() if {"Events", "EventInvokeConfig"} & function.keys()] == []
    assert not resources("AWS::Lambda::Permission", cloudformation())


def test_nothing_secret_is_in_the_environment_of_a_function() -> None:
    """CKV_AWS_173."""
    secret = {name for name, parameter in template()["Parameters"].items() if parameter.get("NoEcho")}
    seen = {name for name in secret for it in functions().values() if f"'{name}'" in str(it["Environment"])}
    assert seen == MAY_BE_SEEN

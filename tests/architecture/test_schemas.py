"""The JSON Schemas: they are ones, their examples fit them, and so does what the documents tell people to type."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from poolsafe.domain import requests
from poolsafe.domain.compare.request import CompareRequest
from poolsafe.domain.configuration.model import SectionName
from poolsafe.domain.configuration.secrets import SECRET_MEMBERS
from poolsafe.domain.migration.request import MigrationRequest
from poolsafe.domain.nightly.request import NightlyRequest
from poolsafe.domain.records import Group, Membership, User
from poolsafe.domain.restore.difference import Declared, Undeclared
from poolsafe.domain.restore.outcome import Kind, Result
from poolsafe.domain.retention.request import RetentionRequest
from tests.architecture.repository import JOBS, ROOT, Json

SCHEMAS = {
    path.name.removesuffix(".json"): json.loads(path.read_text("utf-8")) for path in (ROOT / "schemas").glob("*.json")
}
FENCE = re.compile(r"^```json\n(?P<block>.*?)^```$", re.MULTILINE | re.DOTALL)

#: What the names of the schemas of sections begin with.
CONFIG = "config."

every_schema = pytest.mark.parametrize("name", sorted(SCHEMAS))


def problems(name: str, document: Any) -> list[str]:
    validator = Draft202012Validator(SCHEMAS[name], format_checker=FormatChecker())
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(document)]


def readme_blocks() -> list[Json]:
    return [json.loads(found["block"]) for found in FENCE.finditer((ROOT / "README.md").read_text("utf-8"))]


def test_every_machine_has_a_schema_of_its_input_and_of_its_result() -> None:
    assert {f"{job}.{kind}" for job in JOBS for kind in ("request", "result")} <= SCHEMAS.keys()


@every_schema
def test_a_schema_is_one(name: str) -> None:
    assert SCHEMAS[name]["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(SCHEMAS[name])


@pytest.mark.parametrize("name", sorted(name for name in SCHEMAS if name.startswith(CONFIG)))
def test_a_section_of_the_configuration_may_hold_more_than_this_release_knows(name: str) -> None:
    """They are Cognito's own answers; what a newer SDK tells is no damage."""
    schema = SCHEMAS[name]
    assert schema["title"].startswith(f"config/{name.removeprefix(CONFIG)}.json: ")
    item = schema.get("items", schema)
    assert name == f"{CONFIG}{SectionName.EXTERNAL}" or item.get("additionalProperties") is not False


def test_every_section_has_a_schema_without_places_for_secrets() -> None:
    assert {name for name in SCHEMAS if name.startswith(CONFIG)} == {f"{CONFIG}{name}" for name in SectionName}
    for name in SectionName:
        assert not [member for member in SECRET_MEMBERS if f'"{member}"' in json.dumps(SCHEMAS[f"{CONFIG}{name}"])]


@pytest.mark.parametrize("name", sorted(name for name in SCHEMAS if not name.startswith(CONFIG)))
def test_a_schema_knows_all_its_fields_and_says_what_it_is(name: str) -> None:
    schema = SCHEMAS[name]
    assert schema["title"]
    assert (schema["type"], schema["additionalProperties"]) == ("object", False)
    assert set(schema["required"]) <= schema["properties"].keys()


@pytest.mark.parametrize("name", [f"{job}.{kind}" for job in JOBS for kind in ("request", "result")])
def test_inputs_and_results_have_examples_that_fit(name: str) -> None:
    assert SCHEMAS[name]["examples"]
    for example in SCHEMAS[name]["examples"]:
        assert problems(name, example) == []


@pytest.mark.parametrize("job", JOBS)
def test_every_field_of_an_input_says_what_it_does_or_defaults_to(job: str) -> None:
    schema = SCHEMAS[f"{job}.request"]
    for field, described in schema["properties"].items():
        assert described.get("description") or "default" in described, field


@pytest.mark.parametrize(
    ("job", "request_type"),
    [
        ("backup", requests.BackupRequest),
        ("restore", requests.RestoreRequest),
        ("assess", requests.AssessRequest),
        ("compare", CompareRequest),
        ("migration", MigrationRequest),
    ],
)
def test_the_defaults_of_a_schema_are_those_of_the_code(job: str, request_type: type[Any]) -> None:
    coded = {field.name: field.default for field in fields(request_type)}
    for name, described in SCHEMAS[f"{job}.request"]["properties"].items():
        if "default" in described and name in coded:
            default = coded[name]
            assert (list(default) if isinstance(default, tuple) else default) == described["default"], name


@pytest.mark.parametrize(("name", "record"), [("user", User), ("group", Group), ("membership", Membership)])
def test_the_schema_of_a_row_has_the_records_fields_in_their_order(name: str, record: type[Any]) -> None:
    names = [field.name for field in fields(record)]
    assert list(SCHEMAS[name]["properties"]) == names
    assert SCHEMAS[name]["required"] == names


def test_the_report_knows_every_kind_and_every_outcome() -> None:
    counts = SCHEMAS["restore.report"]["properties"]["counts"]["properties"]
    assert counts.keys() == {kind.value for kind in Kind}
    for kind in counts.values():
        assert kind["properties"].keys() == {result.value for result in Result}
    assert SCHEMAS["restore.result"]["properties"]["counts"]["required"] == [result.value for result in Result]


def test_no_difference_is_declared_and_undeclared() -> None:
    assert not {declared.value for declared in Declared} & {undeclared.value for undeclared in Undeclared}


# What the documents tell people to type

#: What tells the results of the machines apart.
RESULTS = {
    "watch_id": "watch",
    "drills": "drill",
    "snapshot_id": "backup",
    "restore_id": "restore",
    "assessment_id": "assess",
    "comparison_id": "compare",
    "night": "nightly",
    "verification_id": "verify",
    "retention_id": "retention",
}


def test_every_json_block_of_the_readme_is_json() -> None:
    assert readme_blocks()


def test_the_inputs_of_a_backup_in_the_readme_are_accepted() -> None:
    others = {"status", "intended_changes", "snapshot", "objectives"}
    shown = [block for block in readme_blocks() if "user_pool_id" in block and not others & block.keys()]
    assert shown
    assert {"user_pool_id": "us-east-1_AbCdEfGhI"} in shown, "the smallest input comes first"
    for block in shown:
        assert problems("backup.request", block) == []


def test_the_inputs_of_a_restore_in_the_readme_are_accepted() -> None:
    shown = [
        block
        for block in readme_blocks()
        if {"target_user_pool_id", "create_pool"} & block.keys()
        and not {"status", "intended_changes", "action"} & block.keys()
    ]
    assert shown
    assert any(block.get("dry_run") for block in shown), "a dry run comes before a restore"
    for block in shown:
        assert problems("restore.request", block) == []


def test_the_results_in_the_readme_are_what_the_machines_answer() -> None:
    shown = [block for block in readme_blocks() if "status" in block]
    assert shown
    for block in shown:
        kind = next(kind for field, kind in RESULTS.items() if field in block)
        assert problems(f"{kind}.result", block) == []


@pytest.mark.parametrize("job", JOBS)
def test_the_readme_shows_every_option(job: str) -> None:
    shown = set().union(*(block.keys() for block in readme_blocks() if "status" not in block))
    assert SCHEMAS[f"{job}.request"]["properties"].keys() <= shown


def test_the_inputs_of_an_assessment_in_the_readme_are_accepted() -> None:
    shown = [block for block in readme_blocks() if "intended_changes" in block or block.keys() == {"snapshot"}]
    assert shown
    for block in shown:
        assert problems("assess.request", block) == []


def test_the_inputs_of_a_comparison_in_the_readme_are_accepted() -> None:
    with_pool = {"snapshot", "user_pool_id"}
    shown = [b for b in readme_blocks() if "with" in b or (with_pool <= b.keys() and "intended_changes" not in b)]
    assert {"with" in block for block in shown} == {True, False}
    for block in shown:
        assert problems("compare.request", block) == []
        CompareRequest.of(block, frozenset({"us-east-1", "eu-west-1"}))


def test_the_inputs_of_a_migration_in_the_readme_are_accepted() -> None:
    shown = [block for block in readme_blocks() if "action" in block]
    assert {block["action"] for block in shown} == {"attach", "status", "finish"}
    for block in shown:
        assert problems("migration.request", block) == []
        MigrationRequest.of(block, frozenset({"us-east-1", "eu-west-1"}))


def test_the_inputs_of_a_night_in_the_readme_are_accepted() -> None:
    shown = [
        b for b in readme_blocks() if {"user_pool_ids", "tag", "all"} & b.keys() and not {"read", "forget"} & b.keys()
    ]
    assert len(shown) == 3
    for block in shown:
        assert problems("nightly.request", block) == []
        NightlyRequest.of(block, frozenset({"us-east-1", "eu-west-1"}))


def test_the_input_of_a_verification_in_the_readme_is_accepted() -> None:
    [shown] = [block for block in readme_blocks() if "read" in block]
    assert problems("verify.request", shown) == []


def test_the_inputs_of_retention_in_the_readme_are_accepted() -> None:
    shown = [block for block in readme_blocks() if {"policy", "hold", "release"} & block.keys()]
    assert len(shown) == 3
    for block in shown:
        assert problems("retention.request", block) == []
        RetentionRequest.of(block, frozenset({"us-east-1"}), {"keep_last": 1}, "UTC", dry_run=True)


def test_the_inputs_of_drills_and_looks_in_the_readme_are_accepted() -> None:
    drills = [block for block in readme_blocks() if {"objectives", "sweep"} & block.keys()]
    looks = [block for block in readme_blocks() if "forget" in block]
    assert (len(drills), len(looks)) == (2, 1)
    assert [problem for block in drills for problem in problems("drill.request", block)] == []
    assert [problem for block in looks for problem in problems("watch.request", block)] == []


def test_no_example_is_another_blocks() -> None:
    kinds = (
        {"user_pool_ids"},
        {"tag"},
        {"all"},
        {"action"},
        {"user_pool_id"},
        {"snapshot", "target_user_pool_id"},
        {"snapshot", "create_pool"},
        {"snapshot"},
        {"status"},
        {"dry_run"},
        {"hold"},
        {"release"},
        {"sweep"},
    )
    assert [block for block in readme_blocks() if not any(kind <= block.keys() for kind in kinds)] == []

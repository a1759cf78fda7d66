"""The runbooks name what is there: machines, parameters, files, options; and nothing that nobody could paste."""

from __future__ import annotations

import json
import re
from typing import Any

import boto3
import pytest
from jsonschema import Draft202012Validator, FormatChecker

from poolsafe import errors
from tests.architecture.repository import FUNCTIONS, JOBS, MACHINES, ROOT, template
from tests.runbooks import BUCKET, FENCE, IDS, INDEX, PLACEHOLDERS, Page, blocks_of, filled, pages, seen

#: Words in code that are neither Poolsafe's nor an operation of AWS.
OTHERS = {"VersionId", "NobodyDeletesVersionsOrTheBucket", "UserCreation", "ResourceNotFoundException", "Ada"}
SERVICES = ("cognito-idp", "s3", "kms", "stepfunctions")
CODE = re.compile(r"`([^`\n]+)`")
NAME = re.compile(r"[A-Z][a-z]+(?:[A-Z][A-Za-z]*)*")
FILE = re.compile(r"[\w./-]+\.(?:json|html|csv|parquet|py)")
FOLDER = re.compile(r"([a-z_]+)/(?:\S*)?")

every_page = pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)


def problems(schema: str, document: Any) -> list[str]:
    found = json.loads((ROOT / f"schemas/{schema}.json").read_text("utf-8"))
    validator = Draft202012Validator(found, format_checker=FormatChecker())
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(document)]


def words(page: Page) -> list[str]:
    """What a page sets as code, outside of its blocks."""
    return CODE.findall(FENCE.sub("", page.text))


def operations() -> set[str]:
    sources = (boto3.client(name, region_name="us-east-1") for name in SERVICES)  # type: ignore[call-overload]
    return {operation for source in sources for operation in source.meta.service_model.operation_names}


@every_page
def test_every_block_fits_the_machine_that_is_named_before_it(page: Page) -> None:
    assert page.blocks
    for block in page.blocks:
        assert block.job in JOBS, f"line {block.line}"
        assert problems(block.schema, block.document) == [], f"line {block.line}"


@every_page
def test_every_id_is_a_placeholder_that_the_index_explains(page: Page) -> None:
    assert set(IDS.findall(page.text)) <= set(PLACEHOLDERS)


def test_the_index_explains_every_placeholder_and_leads_to_every_page() -> None:
    index = INDEX.read_text("utf-8")
    assert [one for one in (*PLACEHOLDERS, BUCKET) if f"`{one}`" not in index] == []
    assert [page.path.name for page in pages() if f"({page.path.name})" not in index] == []


@every_page
def test_a_page_says_how_long_what_it_costs_what_stays_lost_and_whom_to_tell(page: Page) -> None:
    assert [one for one in ("How long", "Costs", "Cannot come", "Tell") if f"- **{one}" not in page.text] == []
    assert re.search(r"^1\. \*\*", page.text, re.MULTILINE), "numbered steps"


@every_page
def test_a_dry_run_comes_before_whatever_writes_to_a_pool(page: Page) -> None:
    """The same input, but for the dry run; a pool that is made with nobody in it shows nothing beforehand."""
    shown: list[Any] = []
    for block in page.blocks:
        if block.kind == "request" and (block.job == "restore" or block.document.get("action") == "finish"):
            request = {name: value for name, value in block.document.items() if name != "dry_run"}
            if block.document.get("dry_run"):
                shown.append(request)
            elif "users" in request.get("only", {}).get("sections", ["users"]):
                assert request in shown, f"line {block.line}"


@every_page
def test_every_name_in_code_is_one_of_the_template_of_the_errors_or_of_aws(page: Page) -> None:
    stack = template()
    known = {*stack["Parameters"], *stack["Outputs"], *stack["Resources"], *vars(errors), *OTHERS}
    named = {word for word in words(page) if NAME.fullmatch(word)}
    assert named - known - operations() == set()
    machines = {found[0] for found in re.finditer(r"\b[A-Z]\w*StateMachine\b", page.text)}
    assert machines <= {machine.logical_id for machine in MACHINES}


@every_page
def test_every_file_and_folder_is_one_that_is_written(page: Page) -> None:
    sources = "\n".join(path.read_text("utf-8") for path in FUNCTIONS.rglob("*.py"))
    sources += (ROOT / "schemas/README.md").read_text("utf-8")
    own = {name for block in page.code("console") + page.code("python") for name in FILE.findall(block)}
    for word in words(page):
        if FILE.fullmatch(word) and word not in own:
            assert word.rpartition("/")[2] in sources, word
        elif folder := FOLDER.fullmatch(word):
            assert f"{folder[1]}/" in sources, word


def test_what_a_drill_complains_of_is_what_the_page_explains() -> None:
    page = next(page for page in pages() if page.name == "drill-failed")
    explained = re.findall(r"^ +\| (?!It says)([A-Z\w][^|]+?) \| ", page.text, re.MULTILINE)
    sources = [*FUNCTIONS.rglob("drill/*.py"), *FUNCTIONS.rglob("*drill*.py")]
    said = "\n".join(path.read_text("utf-8") for path in sources)
    said = said.replace("{name}", "recovery point") + said.replace("{name}", "recovery time")
    assert explained
    assert [one for one in explained if one not in said] == []


# A page that says nonsense is caught


@every_page
def test_a_block_that_is_changed_into_nonsense_is_noticed(page: Page) -> None:
    """An input that has another name in it fits no schema; an output that says otherwise is not what comes out."""
    for block in page.blocks:
        if block.kind == "request":
            for name in block.document:
                renamed = {f"{key}_" if key == name else key: value for key, value in block.document.items()}
                assert problems(block.schema, renamed), name
            continue
        known = {**{one: one for one in PLACEHOLDERS}, BUCKET: "s3://real/"}
        real = filled(block.document, known)
        assert seen(block.document, real, dict(known)) == []
        for name in real:
            changed = {**real, name: 7 if isinstance(real[name], str) else "nonsense"}
            assert seen(block.document, changed, dict(known)), name
        assert seen(block.document, {**real, "more": 1}, dict(known))


def test_a_block_before_which_no_machine_is_named_is_refused() -> None:
    with pytest.raises(AssertionError, match="no machine"):
        blocks_of('```json\n{"snapshot": "x"}\n```\n')


def test_ids_are_learnt_once_and_then_have_to_be_the_same() -> None:
    known = {BUCKET: "s3://real/"}
    assert seen({"a": PLACEHOLDERS[0]}, {"a": "us-east-1_Real"}, known) == []
    assert known[PLACEHOLDERS[0]] == "us-east-1_Real"
    assert seen({"a": PLACEHOLDERS[0]}, {"a": "us-east-1_Another"}, known)
    assert filled([PLACEHOLDERS[0]], known) == ["us-east-1_Real"]
    with pytest.raises(KeyError):
        filled(PLACEHOLDERS[1], known)


def test_every_machine_but_that_of_the_nights_is_started_by_some_page() -> None:
    assert set(JOBS) - {block.job for page in pages() for block in page.blocks} == {"nightly"}

"""The documents say what is there: links lead somewhere, commands exist, what is unverified is listed."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from poolsafe import errors
from poolsafe.domain.configuration.members import NOT_RESTORED
from poolsafe.domain.configuration.model import SectionName
from poolsafe.domain.configuration.todo import Why
from tests.architecture.repository import ROOT, TEMPLATE, template

DOCUMENTS = tuple(sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("schemas/*.md")]))
SOURCES = ("functions", "local", "schemas", "statemachine", "tests", "docs")
SUFFIXES = {".py", ".md", ".yaml", ".json", ".mk"}
#: `docs/unverified.md, "Groups with roles"`, over a line's end too.
MENTION = re.compile(r"docs/unverified\.md(?:,\s+(?:#\s+)?\"(?P<heading>[^\"]+)\")?")
LINK = re.compile(r"\]\((?P<target>[^)\s]+)\)")
CONSOLE = re.compile(r"^```console\n(?P<block>.*?)^```$", re.MULTILINE | re.DOTALL)
UNVERIFIED = ROOT / "docs/unverified.md"

every_document = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))


def texts() -> Iterator[tuple[Path, str]]:
    """Every source and document but the tests of this folder."""
    for path in (TEMPLATE, ROOT / "README.md", *(found for name in SOURCES for found in (ROOT / name).rglob("*"))):
        if path.is_file() and path.suffix in SUFFIXES and path.parent != Path(__file__).parent:
            yield path, path.read_text("utf-8")


def headings(document: Path) -> list[str]:
    return re.findall(r"^#+ (.+)$", document.read_text("utf-8"), re.MULTILINE)


def anchor(heading: str) -> str:
    """As GitHub makes them."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def test_what_is_unverified_is_listed_with_a_way_to_check_it() -> None:
    rows = [line for line in UNVERIFIED.read_text("utf-8").splitlines() if line.startswith("| ")]
    facts = [row for row in rows if not row.startswith("| Assumed")]
    assert facts
    for row in facts:
        cells = [cell.strip() for cell in row.strip("|").split("|")]
        assert len(cells) == 4, row
        assert all(cells), row


def test_every_mention_of_what_is_unverified_leads_to_a_heading() -> None:
    known = headings(UNVERIFIED)
    mentions = [(path.name, found["heading"]) for path, text in texts() for found in MENTION.finditer(text)]
    assert mentions
    assert [(name, heading) for name, heading in mentions if heading and heading not in known] == []


@every_document
def test_every_link_inside_the_repository_leads_somewhere(document: Path) -> None:
    for found in LINK.finditer(document.read_text("utf-8")):
        target, _, fragment = found["target"].partition("#")
        if "://" in target or target.startswith("mailto:"):
            continue
        path = (document.parent / target).resolve() if target else document
        assert path.exists(), target
        assert not fragment or fragment in map(anchor, headings(path)), found["target"]


def test_every_make_target_in_the_documents_is_one() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    shown = {
        target
        for document in DOCUMENTS
        for block in CONSOLE.finditer(document.read_text("utf-8"))
        for target in re.findall(r"^\$ (?:\w+=\S+ )*make ?([a-z]*)", block["block"], re.MULTILINE)
    }
    assert {"demo", "test"} <= shown
    assert shown - {""} <= targets


def test_the_readme_says_what_to_do_about_every_error_that_can_end_an_execution() -> None:
    classes = [cls for _, cls in inspect.getmembers(errors, inspect.isclass) if issubclass(cls, errors.PoolsafeError)]
    leaves = {cls.__name__ for cls in classes if not cls.__subclasses__() and not issubclass(cls, errors.Rejected)}
    # An expired page token starts the listing again.
    ending = leaves - {"PageTokenRefused"}
    first_cells = re.findall(r"^\| (`[A-Z].+?) \|", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE)
    named = {name for cell in first_cells for name in re.findall(r"`(\w+)`", cell)}
    assert named == ending


def test_every_declared_difference_of_a_copied_pool_is_told() -> None:
    rows = (ROOT / "docs/coverage.md").read_text("utf-8").splitlines()
    named = [re.findall(r"`([\w:]+)`", row) for row in rows if row.startswith("| `")]
    told = {(section, member) for section, *members in named for member in members}
    declared = {(section, member) for section, members in NOT_RESTORED.items() for member in members}
    assert declared <= told


def test_every_section_and_every_reason_for_a_to_do_item_is_told() -> None:
    coverage = (ROOT / "docs/coverage.md").read_text("utf-8")
    assert [name for name in (*SectionName, *Why) if f"`{name}`" not in coverage] == []


def test_every_parameter_is_told_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    assert [name for name in template()["Parameters"] if f"`{name}`" not in readme] == []


def test_everything_that_the_threat_model_rests_on_is_there() -> None:
    model = (ROOT / "docs/threat-model.md").read_text("utf-8")
    rests_on = set(re.findall(r"`(test_\w+)(?:\.py)?`", model))
    sources = [*(ROOT / "tests").rglob("test_*.py")]
    there = {path.stem for path in sources}
    there |= {
        name for path in sources for name in re.findall(r"^def (test_\w+)", path.read_text("utf-8"), re.MULTILINE)
    }
    assert rests_on
    assert rests_on - there == set()


def test_the_tree_of_errors_in_their_docstring_is_the_tree_of_the_code() -> None:
    drawn: dict[str, str] = {}
    trunk: list[tuple[int, str]] = []
    for line in (errors.__doc__ or "").splitlines():
        found = re.match(r"(?P<indent>[ │├└─]*)(?P<name>[A-Z][A-Za-z]+)", line)
        if found and (line.startswith("    ")):
            depth = len(found["indent"])
            trunk = [(at, name) for at, name in trunk if at < depth]
            if trunk:
                drawn[found["name"]] = trunk[-1][1]
            trunk.append((depth, found["name"]))
    coded = {
        name: cls.__bases__[0].__name__
        for name, cls in inspect.getmembers(errors, inspect.isclass)
        if issubclass(cls, errors.PoolsafeError) and cls is not errors.PoolsafeError
    }
    assert drawn == coded

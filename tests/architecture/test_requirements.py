"""What is installed is what was locked: every package pinned, every archive known by its hash."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.repository import FUNCTIONS, ROOT

LAYERS = tuple(sorted(path.name for path in (FUNCTIONS / "layers").iterdir() if path.is_dir()))
LOCKS = (*(FUNCTIONS / "layers" / layer for layer in LAYERS), ROOT / "local", ROOT / "tests", ROOT / "tests/checks")
REQUIREMENT = re.compile(r"(?P<name>[a-z0-9][a-z0-9.\-]*)==(?P<version>[^\s;]+)( ; (?P<when>.+))?")
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")
#: ministack and aws-sam-cli pin an older SDK than Lambda gets; functions run with the layer's there too.
SDK = {"boto3", "botocore", "s3transfer"}

every_lock = pytest.mark.parametrize("folder", LOCKS, ids=lambda folder: str(folder.relative_to(ROOT)))


def requirements(folder: Path) -> list[list[str]]:
    """Each requirement of a lock as its parts: the pin first, then its hashes."""
    lines = (folder / "requirements.txt").read_text("utf-8").replace("\\\n", "\0").splitlines()
    return [[part.strip() for part in line.split("\0")] for line in lines if line.strip() and not line.startswith("#")]


def pins(folder: Path) -> dict[tuple[str, str], str]:
    """Versions by name and environment marker."""
    return {(found["name"], found["when"] or ""): found["version"] for found in _pins(folder)}


def _pins(folder: Path) -> Iterator[re.Match[str]]:
    for pin, *_ in requirements(folder):
        found = REQUIREMENT.fullmatch(pin)
        assert found is not None, pin
        yield found


def asked_for(folder: Path) -> dict[str, str | None]:
    """What `requirements.in` names, with the version where it gives one."""
    lines = [line.partition("#")[0].strip() for line in (folder / "requirements.in").read_text("utf-8").splitlines()]
    split = (line.partition("==") for line in lines if line and not line.startswith("-"))
    return {name.partition("[")[0]: version or None for name, _, version in split}


def test_there_is_a_lock_for_every_layer_for_the_cloud_for_the_tests_and_for_the_checks() -> None:
    assert LAYERS == ("pyarrow", "shared")
    inside = (found for folder in (FUNCTIONS, ROOT / "tests") for found in folder.rglob("requirements.txt"))
    assert {path.parent for path in (*ROOT.glob("*/requirements.txt"), *inside)} == set(LOCKS)


def test_make_lock_pins_every_lock_anew() -> None:
    [line] = re.findall(r"^LOCKED := (.+)$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert {ROOT / folder for folder in line.split()} == set(LOCKS)


@every_lock
def test_every_requirement_is_one_version(folder: Path) -> None:
    assert requirements(folder)
    for pin, *_ in requirements(folder):
        assert REQUIREMENT.fullmatch(pin), pin


@every_lock
def test_every_requirement_has_hashes(folder: Path) -> None:
    for pin, *hashes in requirements(folder):
        assert hashes, pin
        assert all(map(HASH.fullmatch, hashes)), pin


@every_lock
def test_nothing_says_where_to_download_from(folder: Path) -> None:
    for name in ("requirements.in", "requirements.txt"):
        text = (folder / name).read_text("utf-8")
        assert "://" not in text
        assert " @ " not in text
        assert not re.search(r"^\s*(-i|-f|-e|--(extra-)?index-url|--find-links|--trusted-host|--editable)", text, re.M)


@every_lock
def test_a_lock_holds_what_was_asked_for(folder: Path) -> None:
    locked = {name: version for (name, _), version in pins(folder).items()}
    for name, version in asked_for(folder).items():
        assert name in locked
        assert version in (None, locked[name])


@pytest.mark.parametrize("layer", LAYERS)
def test_a_layer_asks_for_exact_versions(layer: str) -> None:
    assert all(asked_for(FUNCTIONS / "layers" / layer).values())


def test_the_cloud_and_the_tests_are_installed_together_so_they_agree() -> None:
    local, tests = pins(ROOT / "local"), pins(ROOT / "tests")
    shared = local.keys() & tests.keys()
    assert shared
    assert {pin: local[pin] for pin in shared} == {pin: tests[pin] for pin in shared}


@pytest.mark.parametrize("layer", LAYERS)
def test_the_cloud_and_the_tests_have_what_the_layers_have(layer: str) -> None:
    there = {name: version for (name, _), version in {**pins(ROOT / "tests"), **pins(ROOT / "local")}.items()}
    in_layer = {name: version for (name, _), version in pins(FUNCTIONS / "layers" / layer).items()}
    differing = {name for name, version in in_layer.items() if name in there and there[name] != version}
    assert differing <= SDK
    assert asked_for(FUNCTIONS / "layers" / layer).keys() <= there.keys()


def test_no_package_is_in_two_layers() -> None:
    names = [name for layer in LAYERS for (name, _) in pins(FUNCTIONS / "layers" / layer)]
    assert len(names) == len(set(names))

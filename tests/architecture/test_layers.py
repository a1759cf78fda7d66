"""The layers as `sam build` makes them for Lambda: from the package index, for another platform than this one.

Nothing of them is run here, because it could not be: what can be said without Lambda is said by looking at the files.
"""

from __future__ import annotations

import os
import re
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.repository import FUNCTIONS, resources
from tests.architecture.test_requirements import LAYERS, pins

#: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html: function and all layers, unzipped.
MAX_UNZIPPED = 250 * 1024 * 1024
#: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html: python3.13 runs on Amazon Linux 2023.
GLIBC = (2, 34)
#: `e_machine` of the ELF header.
AARCH64 = 183
TAG = re.compile(r"(?P<python>[\w.]+)-(?P<abi>[\w.]+)-(?P<platform>[\w.]+)")
PURE = re.compile(r"py3-none-any|py2\.py3-none-any|py2-none-any")


@pytest.fixture(scope="module")
def layers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Each layer's folder, built with the make target that SAM runs."""
    built = {}
    for logical_id, resource in resources("AWS::Serverless::LayerVersion").items():
        folder = FUNCTIONS.parent / resource["Properties"]["ContentUri"]
        artifacts = tmp_path_factory.mktemp(folder.name)
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("POOLSAFE_", "MAKE"))}
        done = subprocess.run(
            ["make", "--no-print-directory", f"build-{logical_id}", f"ARTIFACTS_DIR={artifacts}"],
            cwd=folder,
            env={**environment, "POOLSAFE_PYTHON": sys.executable},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        built[folder.name] = artifacts
    return built


def files(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.rglob("*")) if path.is_file()]


def tags(layer: Path) -> Iterator[tuple[str, str]]:
    """The tags of every wheel in a layer, with the wheel's name."""
    for wheel in layer.glob("python/*.dist-info/WHEEL"):
        for line in wheel.read_text("utf-8").splitlines():
            if line.startswith("Tag: "):
                yield wheel.parent.name, line.removeprefix("Tag: ").strip()


def test_the_template_builds_every_layer(layers: dict[str, Path]) -> None:
    assert tuple(sorted(layers)) == LAYERS


@pytest.mark.parametrize("layer", LAYERS)
def test_a_layer_holds_what_its_lock_says(layers: dict[str, Path], layer: str) -> None:
    installed = {}
    for folder in (layers[layer] / "python").glob("*.dist-info"):
        name, _, version = folder.name.removesuffix(".dist-info").partition("-")
        installed[name.replace("_", "-").lower()] = version
    assert installed == {name: version for (name, when), version in pins(FUNCTIONS / "layers" / layer).items()}


def test_functions_and_layers_fit_lambda_with_room_to_grow(layers: dict[str, Path]) -> None:
    code = [path for path in FUNCTIONS.rglob("*") if path.is_file() and not {"layers", "__pycache__"} & {*path.parts}]
    total = sum(path.stat().st_size for path in code) + sum(
        path.stat().st_size for layer in layers.values() for path in files(layer)
    )
    assert 0 < total < MAX_UNZIPPED * 0.8


@pytest.mark.parametrize("layer", LAYERS)
def test_every_wheel_is_for_lambdas_python_and_platform(layers: dict[str, Path], layer: str) -> None:
    found = list(tags(layers[layer]))
    assert found
    for wheel, tag in found:
        parts = TAG.fullmatch(tag)
        assert parts is not None, (wheel, tag)
        if not PURE.fullmatch(tag):
            assert (parts["python"], parts["abi"]) == ("cp313", "cp313") or parts["abi"] == "abi3", (wheel, tag)
            assert _runs_on_amazon_linux(parts["platform"]), (wheel, tag)


def _runs_on_amazon_linux(platform: str) -> bool:
    if platform == "manylinux2014_aarch64":
        return True
    found = re.fullmatch(r"manylinux_(\d+)_(\d+)_aarch64", platform)
    return found is not None and (int(found[1]), int(found[2])) <= GLIBC


@pytest.mark.parametrize("layer", LAYERS)
def test_every_compiled_file_is_for_arm(layers: dict[str, Path], layer: str) -> None:
    compiled = 0
    for path in files(layers[layer]):
        with path.open("rb") as file:
            header = file.read(20)
        if header[:4] == b"\x7fELF":
            compiled += 1
            assert struct.unpack("<H", header[18:20]) == (AARCH64,), path.name
        assert header[:2] != b"MZ", path.name
    assert compiled


@pytest.mark.parametrize("layer", LAYERS)
def test_every_extension_module_is_for_lambdas_python(layers: dict[str, Path], layer: str) -> None:
    extensions = [path.name for path in files(layers[layer]) if ".cpython-" in path.name or ".abi3." in path.name]
    assert extensions
    assert not [name for name in extensions if not re.search(r"\.(cpython-313-aarch64-linux-gnu|abi3)\.so$", name)]


@pytest.mark.parametrize("layer", LAYERS)
def test_a_layer_has_nothing_compiled_here(layers: dict[str, Path], layer: str) -> None:
    assert not [path for path in files(layers[layer]) if path.suffix in (".pyc", ".exe", ".dylib")]


def test_libraries_that_pyarrow_links_to_were_not_taken_for_ballast(layers: dict[str, Path]) -> None:
    """The Makefile removes what Poolsafe does not use; whatever is left must find what it was linked with."""
    folder = layers["pyarrow"] / "python/pyarrow"
    present = {path.name for path in folder.iterdir()}
    for path in files(folder):
        if ".so" in path.name:
            linked = set(re.findall(rb"lib(?:arrow|parquet)\w*\.so\.\d+", path.read_bytes()))
            assert {name.decode() for name in linked} <= present, path.name


def test_the_versions_of_what_wrote_a_snapshot_can_be_read_on_lambda(layers: dict[str, Path]) -> None:
    metadata = {path.parent.name.partition("-")[0] for path in layers["shared"].glob("python/*.dist-info/METADATA")}
    assert {"boto3", "botocore"} <= metadata
    assert list(layers["pyarrow"].glob("python/pyarrow-*.dist-info/METADATA"))

"""Runs checkov on what CloudFormation gets, without the network and without the settings of whoever runs it.

Checkov does not look behind `Fn::If`: a policy with one in it is not judged at all. So it gets the template twice, with
every condition true and with none.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml

from tests.architecture.cloudformation import decided
from tests.architecture.repository import ROOT

CHECKOV = ROOT / ".venv-checks/bin/checkov"
CONFIGURATION = Path(__file__).with_name("checkov.yaml")
#: Nothing else of the environment: an API key in it would have checkov upload what it finds.
ENVIRONMENT = {"CKV_SKIP_PACKAGE_UPDATE_CHECK": "true", "CKV_PARSE_ERROR_FAIL": "true", "PYTHONUTF8": "1"}
OPTIONS = ("--framework", "cloudformation", "--skip-download", "--quiet", "--compact")


def skipped() -> list[str]:
    """The checks that the configuration names."""
    named: list[str] = yaml.safe_load(CONFIGURATION.read_text("utf-8"))["skip-check"]
    return named


def main() -> int:
    """Whether the template fails a check that is not skipped, or would pass one that is."""
    os.environ["AWS_DEFAULT_REGION"] = "us-east-1"
    with TemporaryDirectory() as name:
        folder = Path(name)
        for conditions in (True, False):
            file = folder / ("every-condition.json" if conditions else "no-condition.json")
            file.write_text(json.dumps(decided(conditions=conditions), indent=1), "utf-8")
        code = _checkov(folder, "--config-file", str(CONFIGURATION)).returncode
        found = _checkov(folder, "--check", ",".join(skipped()), "--output", "json", stdout=subprocess.PIPE).stdout
    failed = {check["check_id"] for check in json.loads(found).get("results", {}).get("failed_checks", ())}
    needless = sorted(set(skipped()) - failed)
    if needless:
        sys.stderr.write(f"{CONFIGURATION.relative_to(ROOT)} skips what would pass: {', '.join(needless)}\n")
    return code or bool(needless)


def _checkov(folder: Path, *arguments: str, stdout: int | None = None) -> subprocess.CompletedProcess[bytes]:
    """On every file of the folder, which is also its home and where it runs: no .checkov.yaml is found there."""
    files = (argument for path in sorted(folder.glob("*.json")) for argument in ("--file", path.name))
    environment = {**ENVIRONMENT, "HOME": str(folder), "PATH": os.defpath}
    return subprocess.run(
        [CHECKOV, *files, *OPTIONS, *arguments], cwd=folder, env=environment, stdout=stdout, check=False
    )


if __name__ == "__main__":
    sys.exit(main())

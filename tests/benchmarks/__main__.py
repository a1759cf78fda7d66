"""Runs the benchmarks, each section in a process of its own, and writes `docs/performance.md`.

`python -m tests.benchmarks [<section>,...]`: those sections, or all. The page is put together from the last result of
every section; where one was never measured here, the page in `docs/` is left as it is, and the new one lies beside the
results.
"""

from __future__ import annotations

import os
import subprocess
import sys

from tests.benchmarks import section
from tests.benchmarks.page import Planned, missed, page
from tests.benchmarks.section import RESULTS, ROOT, Result

PAGE = ROOT / "docs" / "performance.md"
CHARTS = ROOT / "docs" / "performance"
#: In the order of the page.
SECTIONS = (
    Planned("your-pool", derived=True),
    Planned("export-throughput", "Export at 1 million users, of the quota-bound limit"),
    Planned("restore-throughput", "Restore of 1 million users, of the slowest quota's limit"),
    Planned("production-beside", "Rise of the throttled share of others' calls"),
    Planned("governor"),
    Planned("peers"),
    Planned("export", "CPU of the exporter ÷ that of a bare paginator"),
    Planned("export-10m", "Memory of the exporter at ten million users"),
    Planned("states", "Memory of the states that read a whole pool's files"),
    Planned("execution-limits", "Limits of Step Functions at ten million users"),
    Planned("size", "Bytes of a million-user snapshot beside cbr's JSON"),
    Planned("cost", "Cost of a backup of 500,000 users a night", derived=True),
    Planned("growth", derived=True),
    Planned("sign-in"),
)
#: Roughly, of all sections together, on two cores.
MINUTES = 55


def main(only: str = "") -> int:
    """Measure, write down, and say what misses its limit."""
    names = [one.name for one in SECTIONS]
    chosen = [name.strip() for name in only.split(",") if name.strip()] or names
    unknown = sorted(set(chosen) - set(names))
    if unknown:
        print(f"no such section: {', '.join(unknown)}. There are: {', '.join(names)}")  # noqa: T201
        return 2
    broken = [name for name in _in_turn() if name in chosen and not _measure(name)]
    results = {name: result for name in names if (result := section.load(name)) is not None}
    _write(results)
    problems = [f"could not be measured: {name}" for name in broken] + missed(SECTIONS, results)
    for problem in problems:
        print(problem)  # noqa: T201
    return 1 if problems else 0


def _in_turn() -> list[str]:
    """What is measured, then what is derived from it: backwards, for "your-pool" tells of the cost as well."""
    measured = [one.name for one in SECTIONS if not one.derived]
    return measured + [one.name for one in reversed(SECTIONS) if one.derived]


def _measure(name: str) -> bool:
    print(f"measuring {name} ...", flush=True)  # noqa: T201
    paths = os.pathsep.join((str(ROOT / "functions"), str(ROOT)))
    ran = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.section", name],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": paths},
        check=False,
    )
    return ran.returncode == 0


def _write(results: dict[str, Result]) -> None:
    whole = all(one.name in results for one in SECTIONS)
    path, charts = (PAGE, CHARTS) if whole else (RESULTS / PAGE.name, RESULTS / CHARTS.name)
    charts.mkdir(parents=True, exist_ok=True)
    for result in results.values():
        for name, drawing in result.section.charts.items():
            (charts / f"{name}.svg").write_text(drawing, encoding="utf-8")
    path.write_text(page(SECTIONS, results, MINUTES), encoding="utf-8")
    print(f"written: {path.relative_to(ROOT)}")  # noqa: T201


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))

"""CPU and memory of ExportUsers beside a bare paginator, on the same synthetic pool of the embedded cloud."""

from __future__ import annotations

import statistics
from dataclasses import asdict, dataclass

from local.cloud import Cloud, running
from tests.benchmarks import work
from tests.benchmarks.section import Must, Section
from tests.benchmarks.work import Worked

#: In turns, so that a busy machine is busy for both; and the runs of each at each size.
SIZES = {10_000: 7, 100_000: 5, 1_000_000: 1}
#: The largest at which CPU is compared: medians of several runs.
COMPARED = 100_000
CPU_LIMIT = 1.15
BOTH = ("bare", "exporter")


@dataclass(frozen=True, slots=True)
class Median:
    """Of the runs of one kind of work at one size."""

    cpu_seconds: float
    peak_mib: float
    bytes_per_user: float = 0.0


def measure() -> Section:
    """The section of the page."""
    with running() as cloud:
        cloud.client("s3").create_bucket(Bucket=work.BUCKET)
        found = {size: beside(cloud, size, runs) for size, runs in SIZES.items()}
    ratio = found[COMPARED]["exporter"].cpu_seconds / found[COMPARED]["bare"].cpu_seconds
    must = Must(
        f"CPU of the exporter ÷ that of a bare boto3 paginator, {COMPARED:,} users",
        f"≤ {CPU_LIMIT}",
        f"{ratio:.2f}",
        ratio <= CPU_LIMIT,
    )
    figures = {what: {str(size): asdict(medians[what]) for size, medians in found.items()} for what in BOTH}
    return Section(_text(found), (must,), figures)


def beside(cloud: Cloud, size: int, runs: int) -> dict[str, Median]:
    """Both kinds of work on a synthetic pool of that size, in turns."""
    pool = cloud.synthetic_pool(size)
    worked: dict[str, list[Worked]] = {what: [] for what in BOTH}
    for _ in range(runs):
        for what, done in worked.items():
            done.append(checked(what, cloud, pool, size))
    written, _ = work.exported(cloud, pool)
    return {what: _median(done, written / size if what == "exporter" else 0.0) for what, done in worked.items()}


def checked(what: str, cloud: Cloud, pool: str, size: int) -> Worked:
    """Runs a kind of work; AssertionError unless it saw everybody."""
    worked = work.run(what, cloud, pool)
    if worked.users != size:
        raise AssertionError(f"{what} saw {worked.users:,} of {size:,} users")
    return worked


def _median(runs: list[Worked], bytes_per_user: float) -> Median:
    return Median(
        statistics.median(run.cpu_seconds for run in runs),
        statistics.median(run.peak_mib for run in runs),
        bytes_per_user,
    )


def _text(found: dict[int, dict[str, Median]]) -> str:
    rows = "\n".join(
        f"| {size:,} | {SIZES[size]} | {1e6 * medians['bare'].cpu_seconds / size:.1f} "
        f"| {1e6 * medians['exporter'].cpu_seconds / size:.1f} "
        f"| **{medians['exporter'].cpu_seconds / medians['bare'].cpu_seconds:.2f}** "
        f"| {medians['bare'].peak_mib:.0f} | {medians['exporter'].peak_mib:.0f} |"
        for size, medians in found.items()
    )
    return f"""## CPU and memory of an export

ExportUsers does all of its work (records, governor, Parquet, SHA-256, upload); the other is a loop over boto3's own
`list_users` paginator that keeps nothing: the least that any exporter does. Both list the same synthetic pool over
HTTP, each in a process of its own, in turns. CPU is the client's after its imports, memory that of its whole process;
pyarrow is loaded in both.

| users | runs | CPU s per million users, bare | ExportUsers | ratio | peak MiB, bare | ExportUsers |
|---|---|---|---|---|---|---|
{rows}

The page's limit holds for the medians at {COMPARED:,} users; a run of a million is one run, and says what it says.
"""

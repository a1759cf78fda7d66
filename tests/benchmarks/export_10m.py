"""Memory of ExportUsers at ten million users: once, for it takes a quarter of an hour."""

from __future__ import annotations

from local.cloud import running
from tests.benchmarks import work
from tests.benchmarks.export import checked
from tests.benchmarks.section import Must, Section

SMALL, LARGE = 100_000, 10_000_000
GROWTH_LIMIT = 1.2
#: Of the memory of a function, in MB of 10^6 bytes, which is the stricter reading.
MEMORY_LIMIT_MB = 512


def measure() -> Section:
    """The section of the page."""
    with running() as cloud:
        cloud.client("s3").create_bucket(Bucket=work.BUCKET)
        found = {size: checked("exporter", cloud, cloud.synthetic_pool(size), size) for size in (SMALL, LARGE)}
    small, large = found[SMALL].peak_mib, found[LARGE].peak_mib
    peak_mb = large * 2**20 / 1e6
    musts = (
        Must(
            f"Peak memory of the exporter at {LARGE:,} users ÷ that at {SMALL:,}",
            f"≤ {GROWTH_LIMIT}",
            f"{large / small:.2f}",
            large <= GROWTH_LIMIT * small,
        ),
        Must(
            f"Peak memory of the exporter at {LARGE:,} users",
            f"< {MEMORY_LIMIT_MB} MB",
            f"{peak_mb:.0f} MB",
            peak_mb < MEMORY_LIMIT_MB,
        ),
    )
    text = f"""### Ten million users

One export of {LARGE:,} users by one lane: peak memory **{large:.0f} MiB**, at {SMALL:,} users {small:.0f} MiB:
**{large / small:.2f}** of it. A part holds at most 50,000 users or 64 million characters of attributes, and nothing
else grows with the pool. It took {found[LARGE].cpu_seconds:,.0f} s of CPU.
"""
    figures = {str(size): {"peak_mib": done.peak_mib, "cpu_seconds": done.cpu_seconds} for size, done in found.items()}
    return Section(text, musts, figures)

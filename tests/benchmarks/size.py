"""Bytes of a snapshot: ours as the exporter writes them, beside the files of others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any

from poolsafe.adapters.cognito import PAGE_SIZE
from poolsafe.adapters.jsonlines import JsonLinesFormat
from poolsafe.adapters.parquet import ParquetFormat
from poolsafe.domain.records import User
from poolsafe.operations.parts import MAX_ROWS
from poolsafe.ports import FileFormat
from tests.benchmarks import svg
from tests.benchmarks.people import KINDS, PROFILES, Kind, as_record, people
from tests.benchmarks.rivals_json import CLOSE, OPEN, cbr_bytes, cli_bytes
from tests.benchmarks.section import Must, Section

MILLION, OTHERS = 1_000_000, 100_000
#: Of cbr's file, a snapshot is to be at most one part in so many.
SHARE = 8
#: Enough for what grows by the user: JSON Lines and the AWS CLI's JSON.
FEW = 20_000


@dataclass(frozen=True, slots=True)
class Sizes:
    """Bytes per user of one pool, in each format."""

    users: int
    parquet: float
    json_lines: float
    cbr: float
    cli: float

    @property
    def ratio(self) -> float:
        return self.cbr / self.parquet


def measure() -> Section:
    """The section of the page."""
    sizes = {kind: _sizes(kind, MILLION if kind is PROFILES else OTHERS) for kind in KINDS}
    main = sizes[PROFILES]
    must = Must(
        "Bytes of a million-user snapshot beside the JSON that `cbr` writes",
        f"≤ 1/{SHARE}",
        f"1/{main.ratio:.1f}",
        main.ratio >= SHARE,
    )
    chart = svg.bars(
        "A snapshot of a million users",
        "bytes per user",
        [
            svg.Bar("Poolsafe, Parquet", main.parquet, f"{main.parquet:.0f}", ours=True),
            svg.Bar("Poolsafe, JSON Lines, gzip", main.json_lines, f"{main.json_lines:.0f}", ours=True),
            svg.Bar("cbr, JSON", main.cbr, f"{main.cbr:.0f} ({main.ratio:.1f} x)"),
            svg.Bar("AWS CLI, JSON", main.cli, f"{main.cli:,.0f} ({main.cli / main.parquet:.1f} x)"),
        ],
    )
    figures = {kind.name: asdict(found) for kind, found in sizes.items()}
    return Section(_text(sizes), (must,), {"bytes_per_user": main.parquet, "kinds": figures}, {"size": chart})


def _sizes(kind: Kind, count: int) -> Sizes:
    parquet = cbr = 0
    everybody = people(count, kind)
    while part := list(islice(everybody, MAX_ROWS)):
        parquet += _written(ParquetFormat(), part)
        cbr += sum(map(cbr_bytes, part))
    few = list(people(FEW, kind))
    return Sizes(
        count,
        parquet / count,
        _written(JsonLinesFormat(), few) / FEW,
        (cbr + len(OPEN) + len(CLOSE)) / count,
        sum(map(cli_bytes, few)) / FEW,
    )


def _written(file_format: FileFormat, told: Sequence[dict[str, Any]]) -> int:
    """Bytes of one part of the exporter, which gets its users page by page."""
    part = file_format.part(User)
    for start in range(0, len(told), PAGE_SIZE):
        part.add(map(as_record, told[start : start + PAGE_SIZE]))
    return len(part.finish())


def _text(sizes: dict[Kind, Sizes]) -> str:
    rows = "\n".join(
        f"| {kind.name} | {found.users:,} | {found.parquet:.0f} | {found.json_lines:.0f} | {found.cbr:.0f} "
        f"| {found.cli:,.0f} | **{found.ratio:.1f}** |"
        for kind, found in sizes.items()
    )
    return f"""## Size of a snapshot

![Bytes per user](performance/size.svg)

Users made at random, as they are in life: names and mail providers by how common they are, a random `sub` and
telephone number, dates to the millisecond. Ours are the exporter's own files, {MAX_ROWS:,} users each. `cbr`'s JSON is
computed in its way of writing, which the section on peers compares with a file that `cbr` wrote; that of the AWS CLI
(`list-users --output json`) in its.

| a pool with | users | Parquet | JSON Lines, gzip | cbr | AWS CLI | cbr ÷ Parquet |
|---|---|---|---|---|---|---|
{rows}

Bytes per user; those of JSON Lines and of the AWS CLI by {FEW:,} of them. What cannot be made smaller is what is
random: a `sub` takes 15 bytes at least, and a pool where people sign in by e-mail has it twice, as username and as
`sub`. So the less a pool keeps of its people, the smaller the ratio.
"""

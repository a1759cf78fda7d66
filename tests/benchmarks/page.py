"""`docs/performance.md`, put together from the last result of each section. Pure: results in, Markdown out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from tests.benchmarks.section import Must, Result


class Planned(NamedTuple):
    """A section of the page. `promises` is what the table at its top says where it was not measured; `derived` where it
    is made from the figures of others, after them."""

    name: str
    promises: str = ""
    derived: bool = False


INTRODUCTION = """# Performance

How fast Poolsafe saves and restores a user pool, what that takes in CPU and memory, and what AWS charges for it, beside
what else people use. `make bench` measures all of it and writes this page, on one machine and without an AWS account:
Cognito, S3 and Step Functions are those of the embedded cloud, true to the documented limits (README). What was never
measured on AWS is in [unverified.md](unverified.md).

**Compare ratios, not seconds:** the machine is small and shared. A ratio of CPU or memory is of two things measured in
the same run, in turns. What Cognito's quotas bound is measured on a simulated clock, and divided by what the quota
allows: a call then takes as long as Cognito would take, however busy this machine is. What others have published, and
what was computed or extrapolated, says so.
"""

REPEAT = """## How to repeat

`make bench` runs every section, one process after the other, and takes {minutes} minutes or more on two cores;
`make bench ONLY=peers,cost` runs those two, and puts the page together with what the others said last. It ends with an
error when a figure of the table misses its limit, or a section could not be measured. `npm` has to be there for `cbr`
(`cognito-backup-restore` of the npm registry, which goes into a temporary folder); without it, boto3 is the only peer.

| section | measured | machine | versions |
|---|---|---|---|
{rows}
"""


def page(planned: tuple[Planned, ...], results: Mapping[str, Result], minutes: int) -> str:
    """The page. Sections come in the order planned; one that was never measured is named in the table of musts."""
    found = [(one, results[one.name]) for one in planned if one.name in results]
    contents = "\n".join(
        f"- [{title}](#{_anchor(title)})" for _, result in found for title in _titles(result.section.text)
    )
    rows = "\n".join(
        f"| `{one.name}` | {result.date} | {result.machine} | {result.versions} |" for one, result in found
    )
    sections = [result.section.text.strip() + "\n" for _, result in found if result.section.text]
    repeat = REPEAT.format(minutes=minutes, rows=rows)
    return "\n".join([INTRODUCTION, _at_a_glance(planned, results), contents + "\n", *sections, repeat])


def missed(planned: tuple[Planned, ...], results: Mapping[str, Result]) -> list[str]:
    """What does not hold, or was not measured, in words."""
    told = [one.promises for one in planned if one.promises and one.name not in results]
    return [f"not measured: {promise}" for promise in told] + [
        f"missed: {must.what}: {must.figure}, limit {must.limit}"
        for one in planned
        if one.name in results
        for must in results[one.name].section.musts
        if not must.holds
    ]


def _at_a_glance(planned: tuple[Planned, ...], results: Mapping[str, Result]) -> str:
    rows = [
        row
        for one in planned
        for row in (_rows(results[one.name].section.musts) if one.name in results else _not_measured(one))
    ]
    return "\n".join(["## At a glance", "", "| | limit | measured | |", "|---|---|---|---|", *rows, ""])


def _rows(musts: tuple[Must, ...]) -> list[str]:
    return [
        f"| {must.what} | {must.limit} | **{must.figure}** | {'holds' if must.holds else '**missed**'} |"
        for must in musts
    ]


def _not_measured(one: Planned) -> list[str]:
    return [f"| {one.promises} | | | not measured |"] if one.promises else []


def _titles(text: str) -> list[str]:
    return re.findall(r"^## (.+)$", text, re.M)


def _anchor(title: str) -> str:
    """GitHub's: lower case, hyphens for spaces, no punctuation."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")

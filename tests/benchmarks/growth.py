"""How CPU, memory and time grow with the size of a pool: fitted to what the other sections measured, as charts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tests.benchmarks import section, svg
from tests.benchmarks.growth_fit import Point, fit
from tests.benchmarks.section import Section
from tests.benchmarks.svg import Series

NAMES = {"exporter": "ExportUsers", "bare": "bare paginator", "cbr": "cbr"}
#: The memory of a function that an export is not to outgrow, in MiB.
LIMIT_MIB = 512e6 / 2**20
#: So that the line of what is flat does not look steep, the axis goes down to this; MiB.
LEAST_MIB = 50


def measure() -> Section:
    """The section of the page, from the last results of others."""
    charts, rows = {}, []
    memory = _series("peak_mib")
    if memory:
        charts["memory"] = svg.lines(
            "Peak memory of an export", "users", "MiB", memory, ("512 MB", LIMIT_MIB), floor_at=LEAST_MIB
        )
        rows += [("peak memory", one) for one in memory]
    cpu = _series("cpu_seconds")
    if cpu:
        charts["cpu"] = svg.lines("CPU of an export", "users", "seconds", cpu)
        rows += [("CPU seconds", one) for one in cpu]
    time = [*_simulated("export"), *_simulated("restore")]
    if time:
        charts["time"] = svg.lines("Time at all of Cognito's quota", "users", "minutes, simulated clock", time)
        rows += [("minutes at the quota", one) for one in time]
    return Section(_text(charts, rows), charts=charts)


def _series(what: str) -> list[Series]:
    """One figure of exports by size: ours and the bare paginator's on synthetic pools, cbr's beside peers."""
    exports = section.figures("export")
    large = section.figures("export-10m")
    points: dict[str, list[Point]] = {name: _points(exports.get(name, {}), what) for name in ("exporter", "bare")}
    points["exporter"] += [point for point in _points(large, what) if point not in points["exporter"]]
    points["cbr"] = _points(section.figures("peers").get("peers", {}).get("cbr", {}), what)
    return [_fitted(NAMES[name], told) for name, told in points.items() if len(told) > 1]


def _points(by_size: Mapping[str, Mapping[str, Any]], what: str) -> list[Point]:
    return [(float(size), float(figures[what])) for size, figures in by_size.items()]


def _simulated(job: str) -> list[Series]:
    """Minutes by size with all of the quota, with and without memberships."""
    runs = section.figures(f"{job}-throughput").get("runs", ())
    found = []
    for groups, name in ((False, job), (True, f"{job}, in groups")):
        points = [
            (float(run["users"]), run["seconds"] / 60)
            for run in runs
            if run["quota_share"] == 1.0 and bool(run["groups"]) == groups
        ]
        if len(points) > 1:
            found.append(_fitted(name, points))
    return found


def _fitted(name: str, points: Sequence[Point]) -> Series:
    """The last run at a size counts, where there are several."""
    ordered = sorted(dict(points).items())
    return Series(name, ordered, f"users^{fit(ordered).exponent:.2f}")


def _text(charts: Mapping[str, str], rows: Sequence[tuple[str, Series]]) -> str:
    images = "\n\n".join(f"![{name}](performance/{name}.svg)" for name in charts)
    table = "\n".join(
        f"| {what} | {one.name} | {len(one.points)} sizes, {svg.amount(one.points[0][0])} to "
        f"{svg.amount(one.points[-1][0])} | **{fit(one.points).exponent:.2f}** |"
        for what, one in rows
    )
    return f"""## Growth

What the other sections measured, against the size of the pool, both axes logarithmic, and the power of the number of
users that fits it best: 0 is flat, 1 is in proportion, 2 would be quadratic.

{images}

| | of | fitted over | power of the number of users |
|---|---|---|---|
{table}

Below some ten thousand users the start of a program outweighs its work, so `cbr`'s powers are those of small pools.
"""

"""Charts as SVG files, without a library: lines over logarithmic axes, and horizontal bars.

Each has its own ground, light or dark as the reader's system has it, so that it is readable wherever it is shown. A
series is told apart by its marker and a label at its end as well as by its colour.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from math import ceil, floor, log10

WIDTH, HEIGHT = 720, 400
LEFT, RIGHT, TOP, BOTTOM = 76, 172, 64, 56
ROW, BAR = 44, 18
LABELS = 228
#: Below this distance in pixels, two labels at the right would touch.
LABEL_GAP = 34
MARKERS = ("circle", "square", "diamond", "triangle")

STYLE = """
 .ground{fill:#ffffff}.grid{stroke:#e4e7eb;stroke-width:1}.axis{stroke:#9aa3ad;stroke-width:1}
 text{font-family:system-ui,-apple-system,'Segoe UI',Roboto,sans-serif;font-size:13px;fill:#57606a}
 .title{font-size:16px;font-weight:600;fill:#1f2328}.name{fill:#1f2328;font-weight:600}
 .line{fill:none;stroke-width:2}.fit{fill:none;stroke-width:1.5;stroke-dasharray:4 4;opacity:.55}
 .stroke0{stroke:#0a6cc4}.stroke1{stroke:#b35900}.stroke2{stroke:#1a7f4b}.stroke3{stroke:#8250a8}
 .fill0{fill:#0a6cc4}.fill1{fill:#b35900}.fill2{fill:#1a7f4b}.fill3{fill:#8250a8}.quiet{fill:#b4bcc6}
 .limit{stroke:#c62f39;stroke-width:1.5;stroke-dasharray:7 4}.limitname{fill:#c62f39}
 @media(prefers-color-scheme:dark){
 .ground{fill:#0d1117}.grid{stroke:#262c34}.axis{stroke:#6b7580}text{fill:#a4adb8}
 .title,.name{fill:#e6edf3}
 .stroke0{stroke:#58a6ff}.stroke1{stroke:#f0a04b}.stroke2{stroke:#4cc38a}.stroke3{stroke:#c297eb}
 .fill0{fill:#58a6ff}.fill1{fill:#f0a04b}.fill2{fill:#4cc38a}.fill3{fill:#c297eb}.quiet{fill:#4b545f}
 .limit{stroke:#ff7b84}.limitname{fill:#ff7b84}}
"""


@dataclass(frozen=True, slots=True)
class Series:
    """Points (x, y), both above zero; `note` stands below the name at the end of the line."""

    name: str
    points: Sequence[tuple[float, float]]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Bar:
    """A row of a bar chart; `value` is what it says in words."""

    label: str
    amount: float
    value: str
    ours: bool = False


def lines(
    title: str, x: str, y: str, series: Sequence[Series], limit: tuple[str, float] | None = None, floor_at: float = 0
) -> str:
    """A chart of lines over two logarithmic axes. `limit` is a dashed line with a name; `floor_at` widens the y axis
    down to a value, so that what is flat does not look steep."""
    xs = _Scale([px for one in series for px, _ in one.points], LEFT, WIDTH - RIGHT)
    amounts = [py for one in series for _, py in one.points]
    ys = _Scale([*amounts, *([limit[1]] if limit else []), *([floor_at] if floor_at else [])], HEIGHT - BOTTOM, TOP)
    parts = [*_grid(xs, ys), _text(LEFT, 28, title, "title"), _text(LEFT, 48, y)]
    parts.append(_text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 12, x, anchor="middle"))
    if limit:
        at = ys.at(limit[1])
        parts.append(f'<path class="limit" d="M{LEFT} {at:.1f}H{WIDTH - RIGHT}"/>')
        parts.append(_text(WIDTH - RIGHT + 10, at + 4, limit[0], "limitname"))
    for number, one in enumerate(series):
        places = [(xs.at(px), ys.at(py)) for px, py in one.points]
        path = "L".join(f"{px:.1f} {py:.1f}" for px, py in places)
        parts.append(f'<path class="line stroke{number}" d="M{path}"/>')
        parts += (_marker(number, *place) for place in places)
    ends = _apart([ys.at(one.points[-1][1]) for one in series])
    for number, (one, end) in enumerate(zip(series, ends, strict=True)):
        at = xs.at(one.points[-1][0]) + 12
        parts.append(_text(at, end + 4, one.name, f"name fill{number}"))
        parts.append(_text(at, end + 20, one.note))
    told = "; ".join(
        f"{one.name}: " + ", ".join(f"{amount(py)} at {amount(px)}" for px, py in one.points) for one in series
    )
    return _drawing(title, told, HEIGHT, parts)


def bars(title: str, unit: str, rows: Sequence[Bar]) -> str:
    """A chart of horizontal bars from zero; those that are ours stand out."""
    most = max(row.amount for row in rows)
    full = WIDTH - LABELS - 150
    parts = [_text(20, 28, title, "title"), _text(20, 48, unit)]
    for number, row in enumerate(rows):
        top = TOP + 8 + number * ROW
        width = max(2.0, full * row.amount / most)
        parts.append(_text(LABELS - 12, top + 14, row.label, "name" if row.ours else "", anchor="end"))
        colour = "fill0" if row.ours else "quiet"
        parts.append(f'<rect class="{colour}" x="{LABELS}" y="{top}" width="{width:.1f}" height="{BAR}" rx="2"/>')
        parts.append(_text(LABELS + width + 8, top + 14, row.value, "name" if row.ours else ""))
    told = "; ".join(f"{row.label}: {row.value}" for row in rows)
    return _drawing(title, told, TOP + 8 + len(rows) * ROW, parts)


def amount(value: float) -> str:
    """`1,500`, `10 k`, `1 M`; `0.25` below one."""
    for size, name in ((1e6, " M"), (1e3, " k")):
        if value >= 10 * size or (value >= size and value % size == 0):
            return f"{value / size:,.0f}{name}"
    return f"{value:,.0f}" if value >= 10 or value == int(value) else f"{value:.2g}"


class _Scale:
    """A logarithmic axis over whole decades, or from one or two to five of them where that fits closer."""

    def __init__(self, values: Sequence[float], start: float, end: float) -> None:
        self._start, self._end = start, end
        self.low, self.high = _below(min(values)), _above(max(values))

    def at(self, value: float) -> float:
        share = (log10(value) - log10(self.low)) / (log10(self.high) - log10(self.low))
        return self._start + share * (self._end - self._start)

    def ticks(self) -> list[float]:
        decades = range(floor(log10(self.low)), ceil(log10(self.high)) + 1)
        steps = (1.0,) if len(decades) > 3 else (1.0, 2.0, 5.0)
        ticks = [step * 10.0**decade for decade in decades for step in steps]
        return [tick for tick in ticks if self.low * 0.999 <= tick <= self.high * 1.001]


def _below(value: float) -> float:
    decade = 10.0 ** floor(log10(value))
    return max(step * decade for step in (1.0, 2.0, 5.0) if step * decade <= value * 1.001)


def _above(value: float) -> float:
    decade = 10.0 ** floor(log10(value))
    return min(step * decade for step in (1.0, 2.0, 5.0, 10.0, 20.0) if step * decade > value * 0.999)


def _grid(xs: _Scale, ys: _Scale) -> list[str]:
    parts = []
    for tick in xs.ticks():
        at = xs.at(tick)
        parts.append(f'<path class="grid" d="M{at:.1f} {TOP}V{HEIGHT - BOTTOM}"/>')
        parts.append(_text(at, HEIGHT - BOTTOM + 20, amount(tick), anchor="middle"))
    for tick in ys.ticks():
        at = ys.at(tick)
        parts.append(f'<path class="grid" d="M{LEFT} {at:.1f}H{WIDTH - RIGHT}"/>')
        parts.append(_text(LEFT - 10, at + 4, amount(tick), anchor="end"))
    parts.append(f'<path class="axis" d="M{LEFT} {TOP}V{HEIGHT - BOTTOM}H{WIDTH - RIGHT}" fill="none"/>')
    return parts


def _apart(places: Sequence[float]) -> list[float]:
    """The same places in the same order, moved down where they would touch."""
    moved = list(places)
    order = sorted(range(len(places)), key=places.__getitem__)
    for upper, lower in pairwise(order):
        moved[lower] = max(moved[lower], moved[upper] + LABEL_GAP)
    return moved


def _marker(number: int, x: float, y: float) -> str:
    kind, colour = MARKERS[number], f'class="fill{number}"'
    if kind == "circle":
        return f'<circle {colour} cx="{x:.1f}" cy="{y:.1f}" r="4"/>'
    if kind == "square":
        return f'<rect {colour} x="{x - 4:.1f}" y="{y - 4:.1f}" width="8" height="8"/>'
    if kind == "diamond":
        return f'<path {colour} d="M{x:.1f} {y - 5:.1f}l5 5l-5 5l-5 -5z"/>'
    return f'<path {colour} d="M{x:.1f} {y - 5:.1f}l5 9h-10z"/>'


def _text(x: float, y: float, words: str, kind: str = "", anchor: str = "start") -> str:
    named = f' class="{kind}"' if kind else ""
    return f'<text x="{x:.1f}" y="{y:.1f}"{named} text-anchor="{anchor}">{escape(words)}</text>' if words else ""


def _drawing(title: str, told: str, height: int, parts: Iterable[str]) -> str:
    body = "\n".join(part for part in parts if part)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        f'role="img" aria-labelledby="title told">\n<title id="title">{escape(title)}</title>'
        f'<desc id="told">{escape(told)}.</desc>\n<style>{STYLE}</style>\n'
        f'<rect class="ground" width="{WIDTH}" height="{height}" rx="8"/>\n{body}\n</svg>\n'
    )

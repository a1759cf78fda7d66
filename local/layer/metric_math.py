"""Metric math, as far as alarms here need it.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html: a value is a number (S),
a time series (TS) or an array of them (TS[]); arithmetic and comparison go timestamp by timestamp, a comparison is 1 or
0, and where only one of two time series has a value, that of the other is 0; a division by zero has no value; AVG, MAX,
MIN and SUM of one time series are a number, of an array a time series; FILL gives values to what is missing; METRICS()
are the metrics of the request without its expressions; IF with nothing where the condition is true is 0. A function
that is not among `FUNCTIONS` is refused, and in small letters none is one.

Assumed: FILL fills all that was asked for, also of a metric that never had data; REPEAT has nothing to repeat before
the first value, LINEAR nothing to draw from beyond the ends.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

Series = dict[int, float]
Value = float | Series | list[Series] | str

TOKEN = re.compile(
    r"\s*(?:(\d+\.?\d*|\.\d+)|([A-Za-z_]\w*)|('[^']*'|\"[^\"]*\")|(&&|\|\||==|!=|<=|>=|[-+*/^<>()\[\],]))"
)
COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
#: From the weakest to the strongest.
OPERATORS: tuple[dict[str, Callable[[float, float], float]], ...] = (
    {name: lambda one, other: float(bool(one) or bool(other)) for name in ("OR", "||")},
    {name: lambda one, other: float(bool(one) and bool(other)) for name in ("AND", "&&")},
    dict(COMPARISONS),
    {"+": operator.add, "-": operator.sub},
    {"*": operator.mul, "/": operator.truediv},
)
STATISTICS: dict[str, Callable[[Sequence[float]], float]] = {
    "AVG": lambda values: sum(values) / len(values),
    "MAX": max,
    "MIN": min,
    "SUM": math.fsum,
}
ROUNDINGS: dict[str, Callable[[float], float]] = {"ABS": abs, "CEIL": math.ceil, "FLOOR": math.floor}
FUNCTIONS = (*STATISTICS, *ROUNDINGS, "FILL", "IF", "METRICS", "METRIC_COUNT", "TIME_SERIES")


class NotMath(ValueError):
    """An expression that metric math, or this part of it, does not know."""


def evaluated(expression: str, known: Mapping[str, Value], metrics: Mapping[str, Series], grid: Sequence[int]) -> Value:
    """What an expression comes to: `known` are metrics and expressions by id, `grid` the timestamps asked for."""
    return _Reader(expression, known, metrics, grid).read()


class _Reader:
    """Reads an expression and works it out at once."""

    def __init__(
        self, expression: str, known: Mapping[str, Value], metrics: Mapping[str, Series], grid: Sequence[int]
    ) -> None:
        self._expression, self._known, self._metrics, self._grid = expression, known, metrics, grid
        self._tokens = _tokens(expression)

    def read(self) -> Value:
        value = self._operation(0)
        if self._tokens:
            raise NotMath(f"{self._tokens[0]!r} is not expected in {self._expression!r}")
        return value

    def _next(self) -> str:
        return self._tokens[0] if self._tokens else ""

    def _take(self, expected: str | None = None) -> str:
        if not self._tokens or expected not in (None, self._tokens[0]):
            raise NotMath(f"{expected or 'a value'} is missing in {self._expression!r}")
        return self._tokens.pop(0)

    def _operation(self, strength: int) -> Value:
        if strength == len(OPERATORS):
            return self._negated()
        value = self._operation(strength + 1)
        while (symbol := self._next()) in OPERATORS[strength]:
            self._take()
            value = _each(OPERATORS[strength][symbol], value, self._operation(strength + 1))
        return value

    def _negated(self) -> Value:
        if self._next() == "-":
            self._take()
            return _each(operator.sub, 0.0, self._negated())
        value = self._operand()
        if self._next() == "^":
            self._take()
            return _each(operator.pow, value, self._negated())
        return value

    def _operand(self) -> Value:
        word = self._take()
        if word == "(":
            value = self._operation(0)
            self._take(")")
            return value
        if word == "[":
            return [series for value in self._arguments("]") for series in _all_series(value)]
        if word[0].isdigit() or word[0] == ".":
            return float(word)
        if word[0] in "'\"":
            return word[1:-1]
        if self._next() == "(":
            self._take()
            return self._called(word, self._arguments(")"))
        if word in ("REPEAT", "LINEAR"):
            return word
        if word not in self._known:
            raise NotMath(f"{word} in {self._expression!r} is no id of the request")
        return self._known[word]

    def _arguments(self, end: str) -> list[Value]:
        values: list[Value] = []
        while self._next() != end:
            if values:
                self._take(",")
            values.append(self._operation(0))
        self._take(end)
        return values

    def _called(self, name: str, values: list[Value]) -> Value:
        if name == "METRICS" and len(values) <= 1:
            wanted = str(values[0]) if values else ""
            return [series for metric, series in self._metrics.items() if wanted in metric]
        if name == "METRIC_COUNT" and len(values) == 1:
            return float(len(_all_series(values[0])))
        if name == "TIME_SERIES" and len(values) == 1:
            return _filled({}, values[0], self._grid)
        if name in STATISTICS and len(values) == 1:
            return _statistic(name, values[0])
        if name in ROUNDINGS and len(values) == 1:
            return _each(lambda value, _: float(ROUNDINGS[name](value)), values[0], 0.0)
        if name == "FILL" and len(values) == 2:
            if isinstance(values[0], list):
                return [_filled(series, values[1], self._grid) for series in values[0]]
            return _filled(_series(values[0]), values[1], self._grid)
        if name == "IF" and len(values) in (2, 3):
            return _chosen(values[0], values[1], values[2] if len(values) == 3 else {})
        known = f"the embedded cloud knows {', '.join(FUNCTIONS)}"
        raise NotMath(f"{name} with {len(values)} arguments in {self._expression!r}: {known}")


def _tokens(expression: str) -> list[str]:
    found, at, text = [], 0, expression.rstrip()
    while at < len(text):
        match = TOKEN.match(text, at)
        if match is None:
            raise NotMath(f"{text[at:]!r} is not understood in {expression!r}")
        found.append(match[match.lastindex or 0])
        at = match.end()
    return [token.upper() if token.upper() in ("AND", "OR") else token for token in found]


def _series(value: Value) -> Series:
    if not isinstance(value, dict):
        raise NotMath("a time series is expected")
    return value


def _all_series(value: Value) -> list[Series]:
    return value if isinstance(value, list) else [_series(value)]


def _each(operate: Callable[[float, float], Any], one: Value, other: Value) -> Value:
    if isinstance(one, str) or isinstance(other, str):
        raise NotMath("a text is no operand")
    if isinstance(one, list):
        return [_series(_each(operate, series, other)) for series in one]
    if isinstance(other, list):
        return [_series(_each(operate, one, series)) for series in other]
    if isinstance(one, dict):
        times = sorted({*one, *other}) if isinstance(other, dict) else list(one)
        worked = {at: _worked(operate, one.get(at, 0.0), _at(other, at, 0.0)) for at in times}
    elif isinstance(other, dict):
        worked = {at: _worked(operate, one, value) for at, value in other.items()}
    else:
        return _worked(operate, one, other)
    return {at: value for at, value in worked.items() if not math.isnan(value)}


def _worked(operate: Callable[[float, float], Any], one: float, other: float) -> float:
    if math.isnan(one) or math.isnan(other):
        return math.nan
    try:
        return float(operate(one, other))
    except (ZeroDivisionError, OverflowError):
        return math.nan


def _at(value: Value, at: int, missing: float = math.nan) -> float:
    """The value of a number, or of a time series at a time, or what stands for it where it has none."""
    if isinstance(value, dict):
        return value.get(at, missing)
    if isinstance(value, float):
        return value
    raise NotMath("a number or a time series is expected")


def _statistic(name: str, value: Value) -> Value:
    of = STATISTICS[name]
    if isinstance(value, list):
        times = sorted({at for series in value for at in series})
        if name == "AVG":  # the only one of which the documentation says that what is missing is 0
            return {at: of([series.get(at, 0.0) for series in value]) for at in times}
        return {at: float(of([series[at] for series in value if at in series])) for at in times}
    series = _series(value)
    return float(of(list(series.values()))) if series else math.nan


def _filled(series: Series, filling: Value, grid: Sequence[int]) -> Series:
    if filling == "LINEAR":
        return _drawn(series, grid)
    filled: Series = {}
    last = math.nan
    for at in grid:
        value = series.get(at, last if filling == "REPEAT" else _at(filling, at))
        if not math.isnan(value):
            filled[at] = last = value
    return filled


def _drawn(series: Series, grid: Sequence[int]) -> Series:
    drawn = dict(series)
    for at in grid:
        before, after = [t for t in series if t < at], [t for t in series if t > at]
        if at not in series and before and after:
            start, end = max(before), min(after)
            drawn[at] = series[start] + (series[end] - series[start]) * (at - start) / (end - start)
    return drawn


def _chosen(condition: Value, yes: Value, no: Value) -> Value:
    if isinstance(condition, float):
        return yes if condition else no
    chosen = {at: _at(yes, at, 0.0) if value else _at(no, at) for at, value in _series(condition).items()}
    return {at: value for at, value in chosen.items() if not math.isnan(value)}

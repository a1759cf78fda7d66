"""How something grows with the size of a pool: a power of it, fitted by least squares on the logarithms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Growth:
    """`factor` x size ** `exponent`: 1 is in proportion to the size, 0 is flat, 2 is quadratic."""

    exponent: float
    factor: float

    def at(self, size: float) -> float:
        return float(self.factor * size**self.exponent)


def fit(points: Sequence[Point]) -> Growth:
    """The power law nearest to the points (size, amount), all above zero. ValueError with less than two sizes."""
    if len({size for size, _ in points}) < 2:
        raise ValueError("a fit takes two sizes or more")
    logs = [(log(size), log(amount)) for size, amount in points]
    middle_x, middle_y = (sum(values) / len(logs) for values in zip(*logs, strict=True))
    above = sum((x - middle_x) * (y - middle_y) for x, y in logs)
    exponent = above / sum((x - middle_x) ** 2 for x, _ in logs)
    return Growth(exponent, exp(middle_y - exponent * middle_x))

"""Who has which `sub` in a synthetic pool: users and UUIDs, one to one, to be walked in the order of the UUIDs.

A user's rank is their place in the order of `sub`. The first four hexadecimal digits cut the ranks into 65,536 cells
whose sizes are drawn as random UUIDs would fill them, the next eight spread the ranks of a cell evenly with a jitter,
the rest is noise. So the users of a prefix are an interval of ranks, found in constant time, whatever its length; and
the 16 shards of one digit differ a little in size, as they do in a real pool.
"""

from __future__ import annotations

import math
import random
from array import array
from bisect import bisect_right

CELL_DIGITS = 4
CELLS = 16**CELL_DIGITS
SPREAD = 1 << 32
MASK = (1 << 64) - 1
HEXADECIMAL = frozenset("0123456789abcdef")
#: The digits before the version, where the order is: the first group of eight, a hyphen, and four.
ORDERED = 13


def mixed(value: int) -> int:
    """64 bits that look random and depend on nothing but the value (the finalizer of splitmix64)."""
    value = (value * 0x9E3779B97F4A7C15 + 0x632BE59BD9B4E019) & MASK
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & MASK
    return value ^ (value >> 31)


class SubOrder:
    """The subs of `users` users, numbered from 0. Everything but the making takes constant time."""

    def __init__(self, seed: int, users: int) -> None:
        chance = random.Random(seed)  # noqa: S311
        self._users = users
        self._salt = mixed(seed)
        self._factor, self._shift = _factor(chance, users), chance.randrange(users) if users else 0
        self._inverse = pow(self._factor, -1, users) if users > 1 else 0
        self._starts = _cells(chance, users)

    def rank(self, number: int) -> int:
        return (number - self._shift) * self._inverse % self._users

    def number(self, rank: int) -> int:
        return (rank * self._factor + self._shift) % self._users

    def noise(self, rank: int) -> int:
        """64 bits of this user's own."""
        return mixed(self._salt ^ rank)

    def sub(self, rank: int) -> str:
        return self.sub_and_noise(rank)[0]

    def sub_and_noise(self, rank: int) -> tuple[str, int]:
        cell = bisect_right(self._starts, rank) - 1
        start = self._starts[cell]
        noise = mixed(self._salt ^ rank)
        head = cell << 32 | _spread(noise, rank - start, self._starts[cell + 1] - start)
        digits = f"{head:012x}{noise:016x}"
        return (
            f"{digits[:8]}-{digits[8:12]}-4{digits[12:15]}-{'89ab'[noise & 3]}{digits[15:18]}-{digits[16:]}",
            noise,
        )

    def ranks(self, prefix: str) -> range:
        """The ranks of those whose sub begins so. Lower case, as Cognito's own are."""
        digits = prefix[:8] + prefix[9:ORDERED]
        if prefix[8:9] not in ("", "-") or not HEXADECIMAL.issuperset(digits):
            return range(0)
        cells = 16 ** max(0, CELL_DIGITS - len(digits))
        first = int(digits[:CELL_DIGITS].ljust(CELL_DIGITS, "0"), 16)
        if len(digits) <= CELL_DIGITS:
            return range(self._starts[first], self._starts[first + cells])
        begins = int(digits[CELL_DIGITS:].ljust(8, "0"), 16)
        ends = begins + 16 ** (12 - len(digits))
        found = range(self._at_or_after(first, begins), self._at_or_after(first, ends))
        if len(prefix) > ORDERED:
            # Among those, which are one at most: jitter leaves no two of a cell the same digits.
            return next((range(rank, rank + 1) for rank in found if self.sub(rank).startswith(prefix)), range(0))
        return found

    def _at_or_after(self, cell: int, spread: int) -> int:
        """The first rank of the cell whose spread digits are at least these; the end of the cell if none is."""
        start, end = self._starts[cell], self._starts[cell + 1]
        if start == end:
            return end
        rank = start + min(end - start - 1, spread * (end - start) // SPREAD)
        return rank if _spread(self.noise(rank), rank - start, end - start) >= spread else rank + 1


def _spread(noise: int, place: int, size: int) -> int:
    """Each place of a cell has a strip of its own, and lies somewhere in it."""
    begins = -(-place * SPREAD // size)
    return begins + noise % (-(-(place + 1) * SPREAD // size) - begins)


def _factor(chance: random.Random, users: int) -> int:
    """A multiplier without a common divisor with the number of users, near the golden section of it."""
    factor = int(users * 0.6180339887) + chance.randrange(1, 1000)
    while users and math.gcd(factor, users) != 1:
        factor += 1
    return factor


def _cells(chance: random.Random, users: int) -> array[int]:
    """Where each cell starts, and where the last one ends: halves of halves, each user on either side by a coin."""
    sizes = [users]
    while len(sizes) < CELLS:
        halved: list[int] = []
        for size in sizes:
            left = chance.getrandbits(size).bit_count() if size else 0
            halved += (left, size - left)
        sizes = halved
    starts = array("Q", [0])
    total = 0
    for size in sizes:
        total += size
        starts.append(total)
    return starts

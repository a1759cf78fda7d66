"""Which records one side has, by digests: 20 bytes for each, so that some ten million users fit into one Lambda.

Two of ten million keys have the same digest with a chance of three in a million; the rows themselves are looked at
before anything is called changed.
"""

from __future__ import annotations

import hashlib
from array import array
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field

#: Digests are kept by their first byte: a bucket is sorted by itself, and only that takes more memory for a moment.
BUCKETS = 256


def digest(text: str) -> int:
    """Eight bytes of a text's BLAKE2b."""
    # Cognito takes lone surrogates from nobody, but a file could hold one.
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest())


@dataclass(frozen=True, slots=True)
class Found:
    """A record of the other side: the digest of its content, and the number of the file that has it."""

    content: int
    file: int


@dataclass(slots=True)
class _Bucket:
    keys: array[int] = field(default_factory=lambda: array("Q"))
    contents: array[int] = field(default_factory=lambda: array("Q"))
    files: array[int] = field(default_factory=lambda: array("I"))
    is_sorted: bool = True

    def sort(self) -> None:
        order = sorted(range(len(self.keys)), key=self.keys.__getitem__)
        for name in ("keys", "contents", "files"):
            column: array[int] = getattr(self, name)
            setattr(self, name, array(column.typecode, map(column.__getitem__, order)))
        self.is_sorted = True


class Digests:
    """Filled first, asked then. A key may be there more than once: a listing may tell somebody twice."""

    def __init__(self) -> None:
        self._buckets = [_Bucket() for _ in range(BUCKETS)]

    def add(self, key: int, content: int, file: int = 0) -> None:
        bucket = self._buckets[key >> 56]
        bucket.keys.append(key)
        bucket.contents.append(content)
        bucket.files.append(file)
        bucket.is_sorted = False

    def find(self, key: int) -> Sequence[Found]:
        """All that have this key, in the order in which they came; nothing where there is none."""
        bucket = self._buckets[key >> 56]
        if not bucket.is_sorted:
            bucket.sort()
        at, found = bisect_left(bucket.keys, key), []
        while at < len(bucket.keys) and bucket.keys[at] == key:
            found.append(Found(bucket.contents[at], bucket.files[at]))
            at += 1
        return found

"""One listing as sixteen: by the first hexadecimal digit of `sub`, with a filter (`sub ^= "a"`).

A chain of pages goes no faster than Cognito answers: ten pages a second at 100 ms, a third of the quota. Sixteen chains
side by side fill it. That a prefix of `sub` filters as it should is documented nowhere and seen in few places
(docs/unverified.md), so the shards are believed only if they hold together: nobody of another shard in any of them,
everybody of a few pages without a filter in theirs, and as many in all as Cognito estimates. On any doubt the users
are listed again in one chain.
"""

from __future__ import annotations

import hashlib

DIGITS = "0123456789abcdef"
SHARDS = len(DIGITS)
#: From so many users on, by Cognito's estimate: one chain lists fewer in seconds.
SHARDED_FROM = 10_000
#: So many pages without a filter are compared with the shards.
PROBE_PAGES = 5
#: Cognito's own estimate lags; a listing that falls short of it by more is worth a word, or a doubt.
ESTIMATE_TOLERANCE = 0.05
ESTIMATE_SLACK = 100
#: Walks under way at once, for each page a second that may be listed. So many groups end beside the shards, not after
#: them one by one, each no faster than Cognito answers; and all are at the end of their page in 48 of the 60 seconds
#: that an invocation keeps, at the slowest that a governor goes (a 32nd). No more than at the documented quota: their
#: tokens travel between Lambdas, where 256 KiB are the limit (tests/architecture/test_execution_limits.py).
WALKS_A_RATE = 1.5
MIN_WALKS, MAX_WALKS = 2, 45


def walks_at(rate: float) -> int:
    """How many walks go on at once where `rate` pages a second may be listed."""
    return max(MIN_WALKS, min(MAX_WALKS, int(WALKS_A_RATE * rate)))


def filter_of(shard: int) -> str:
    """The filter of ListUsers for one shard [API ListUsers]."""
    return f'sub ^= "{DIGITS[shard]}"'


def is_of(sub: str, shard: int) -> bool:
    """Whether somebody is in that shard."""
    return sub[:1] == DIGITS[shard]


def fingerprint(sub: str) -> str:
    """What travels of a `sub` between Lambdas: eight bytes of a digest, in hexadecimal digits."""
    return hashlib.blake2b(sub.encode(), digest_size=8).hexdigest()


def falls_short(listed: int, estimated: int) -> bool:
    """Whether a listing has so many fewer than Cognito estimates that the estimate's lag does not explain it."""
    return estimated > listed * (1 + ESTIMATE_TOLERANCE) + ESTIMATE_SLACK

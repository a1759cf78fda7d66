"""When does a listing end? Only when a page comes without a token.

A page may be short, or empty, and not be the last [API ListUsers]. A token that
comes again would never end. Both have emptied backups of other tools.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

from ..errors import ListingBroken


@dataclass(frozen=True, slots=True)
class Chain:
    """One walk through a listing, small enough to travel between states.

    A circle of tokens is found by Brent's method, whatever its length and
    wherever hand-overs cut the walk: `mark` is the digest of a token passed
    before, moved on after `stride` steps, and the stride doubles each time.

    >>> Chain().follow("a").token, Chain().follow(None).finished
    ('a', True)
    """

    token: str | None = None
    mark: str | None = None
    steps: int = 0
    stride: int = 1
    finished: bool = False

    def follow(self, token: str | None) -> Chain:
        """Take the token of the page just read. Raises ListingBroken when the walk goes in a circle."""
        if token is None:
            return Chain(finished=True)
        if token == self.token or _digest(token) == self.mark:
            raise ListingBroken(
                "Cognito returned a page token it had returned before, so the listing would never end. Nothing was "
                "sealed. Start the run again; if it happens again, ask AWS Support."
            )
        if self.steps + 1 < self.stride:
            return replace(self, token=token, steps=self.steps + 1)
        return Chain(token, mark=_digest(token), stride=self.stride * 2)


def _digest(token: str) -> str:
    """Tokens have hundreds of characters, and many chains travel at once."""
    return hashlib.blake2b(token.encode(), digest_size=8).hexdigest()

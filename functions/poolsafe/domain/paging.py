"""When does a listing end? Only when a page comes without a token.

A page may be short, or empty, and not be the last [API ListUsers]; the same
token twice in a chain would never end. Both have emptied backups of other tools.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ..errors import ListingBroken


@dataclass(slots=True)
class Chain:
    """One walk through a listing.

    >>> chain = Chain()
    >>> chain.follow("a"), chain.finished
    ('a', False)
    """

    listing: str = "listing"
    token: str | None = None
    finished: bool = False
    _seen: set[int] = field(default_factory=set)

    def follow(self, token: str | None) -> str | None:
        """Take the token of the page just read. Raises ListingBroken when it came before."""
        if token is None:
            self.finished = True
        else:
            # Hashes, so that an hour of long tokens stays small in memory.
            mark = hash(token)
            if token == self.token or mark in self._seen:
                raise ListingBroken(
                    f"{self.listing}: Cognito returned a page token it had returned before, so the listing would "
                    "never end. Nothing was sealed. Start the backup again; if it happens again, ask AWS Support."
                )
            self._seen.add(mark)
        self.token = token
        return token

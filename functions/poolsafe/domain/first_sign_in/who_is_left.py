"""Whether anybody of a pool still has a deferred record, learnt with at most one small read for each sign-in.

A function that runs at every sign-in must cost nothing once there is nothing to do. What it knows of a pool is one of:

    nothing      ask for the first key from this user's on: it says whether this user has one, or the tail is empty
    a tail       no key from there on. Whoever's key is in the tail has none, so the read that is left asks for the
                 first key of all: none means that nobody is left
    somebody     read this user's record itself
    nobody       do not read

What is known is forgotten after a minute: a restore, or the start of a migration, may have written records since. The
marker of a migration that goes on sorts last, so that no tail is ever empty while it lies there.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

#: How long knowledge is good for, in seconds.
GOOD_FOR = 60.0


class Ask(Enum):
    """The one read that a sign-in may cost."""

    NOTHING = "nothing"
    RECORD = "record"
    FIRST_FROM_HERE = "first_from_here"
    FIRST_OF_ALL = "first_of_all"


@dataclass(slots=True)
class WhoIsLeft:
    """What a warm function knows of one pool. `tail` is the key from which nothing lies; "" where nobody is left."""

    tail: str | None = None
    somebody: bool = False
    until: float = 0.0

    def ask(self, key: str, now: float) -> Ask:
        """What to read for the user with that key."""
        if now >= self.until:
            self.tail, self.somebody, self.until = None, False, now + GOOD_FOR
        if self.somebody:
            return Ask.RECORD
        if self.tail is None or key < self.tail:
            return Ask.FIRST_FROM_HERE
        return Ask.FIRST_OF_ALL if self.tail else Ask.NOTHING

    def learn(self, asked: Ask, key: str, found: str | None) -> bool:
        """Take the first key that was found in; whether this user may have a record."""
        if asked is Ask.FIRST_FROM_HERE:
            self.somebody = found is not None
            self.tail = key if found is None else None
            return found == key
        if asked is Ask.FIRST_OF_ALL:
            self.somebody = found is not None
            self.tail = "" if found is None else None
            return False
        return asked is Ask.RECORD

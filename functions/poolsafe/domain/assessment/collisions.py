"""Which users could not live side by side in a pool that compares names otherwise: counted, never listed.

One pass over all users, at the end of an assessment: each value is kept as an
8-byte hash, so a user costs up to 24 bytes. MOST_USERS of them are 120 MB and a
few seconds of sorting; a larger pool is not counted but said to be too large.
Two values share a hash by chance once in 10^6 runs of that size.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from hashlib import blake2b

from ..identities import is_federated
from ..records import User
from .traits import Channel, channel_of

MOST_USERS = 5_000_000


def folded(name: str) -> str:
    """As a case-insensitive pool compares names: in lower case [DG user-pool-case-sensitivity].

    Whether Cognito lowers beyond ASCII as Unicode does is not documented; Python's `str.lower` does.
    """
    return name.lower()


@dataclass(slots=True)
class HashedValues:
    """Hashes by their first byte: each of 256 arrays is sorted alone, so that sorting needs little room."""

    buckets: tuple[array[int], ...] = field(default_factory=lambda: tuple(array("Q") for _ in range(256)))

    def add(self, value: str) -> None:
        # A lone surrogate cannot be encoded strictly, and must not stop an assessment.
        digest = blake2b(value.encode("utf-8", "surrogatepass"), digest_size=8).digest()
        self.buckets[digest[0]].append(int.from_bytes(digest, "big"))

    def repeated(self) -> int:
        """How many values came after one that is equal: the users who would have to give way."""
        return sum(len(bucket) - _distinct(bucket) for bucket in self.buckets)


def _distinct(bucket: array[int]) -> int:
    ordered = sorted(bucket)
    return sum(1 for position, value in enumerate(ordered) if not position or value != ordered[position - 1])


def count_collisions(values: Iterable[str]) -> int:
    """How many of these equal an earlier one. About 8 bytes of memory each."""
    hashed = HashedValues()
    for value in values:
        hashed.add(value)
    return hashed.repeated()


@dataclass(frozen=True, slots=True)
class Collisions:
    """Local and linked users who would have to give way, were this what users are told apart by.

    usernames        compared in lower case
    emails, phones   verified addresses: what a username or an alias would be made of [DG aws-cognito-sign-in-aliases]
    """

    usernames: int
    emails: int
    phone_numbers: int

    def to_state(self) -> dict[str, int]:
        return asdict(self)


@dataclass(slots=True)
class CollisionCounter:
    """Fed with every user once. Federated profiles are passed over: they take no name and no alias from anybody."""

    usernames: HashedValues = field(default_factory=HashedValues)
    emails: HashedValues = field(default_factory=HashedValues)
    phone_numbers: HashedValues = field(default_factory=HashedValues)
    users: int = 0

    def add(self, user: User) -> None:
        """Count one user. Raises OverflowError past MOST_USERS: pass None as the report's collisions then."""
        if is_federated(user):
            return
        if self.users == MOST_USERS:
            raise OverflowError(f"collisions are counted in pools of up to {MOST_USERS} users")
        self.users += 1
        self.usernames.add(folded(user.username))
        for name, value in verified_addresses(user):
            (self.emails if name == "email" else self.phone_numbers).add(value)

    def counted(self) -> Collisions:
        return Collisions(self.usernames.repeated(), self.emails.repeated(), self.phone_numbers.repeated())


def verified_addresses(user: User) -> Iterator[tuple[str, str]]:
    """Each verified address by its attribute's name, as it would be compared."""
    channel = channel_of(user)
    if channel in (Channel.EMAIL, Channel.BOTH):
        yield "email", folded(user.attributes["email"])
    if channel in (Channel.PHONE, Channel.BOTH):
        yield "phone_number", user.attributes["phone_number"]

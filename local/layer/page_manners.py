"""What a listing of Cognito may do to whoever walks it: page tokens that expire, pages that are short or empty or tell
an entry twice, and a filter that lies. All of it off unless asked for; the tokens alone are always opaque.

    plan = manners.plan(key, token, limit, now)         # which entries to fetch
    entries, token = manners.reply(plan, fetched, more, now)

`key` says what is listed: the operation, the pool and all other parameters. Over a listing that is at hand, `page` does
both.

A token expires after an hour (https://docs.aws.amazon.com/cognito/latest/developerguide/
how-to-manage-user-accounts.html), and is for a request with the same parameters
(https://github.com/aws/aws-sdk-js/issues/3705). Pages may hold fewer entries than Limit
(https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_ListUsers.html,
https://github.com/aws/aws-sdk-js-v3/issues/7071). Assumed: the hour counts from the page that gave the token; pages
without an entry, and entries told again at the start of the next page, which the documentation neither promises nor
excludes; and every lie of a filter.
"""

from __future__ import annotations

import struct
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b, shake_256
from typing import Protocol, TypeVar
from zlib import crc32

from .sub_order import mixed

Entry = TypeVar("Entry")
Told = TypeVar("Told", covariant=True)

#: Offset, moment of issue, empty pages since the last with an entry, whether the last entry comes again.
_POSITION = struct.Struct(">QdI?")
#: Tokens that Cognito gave out in public issues have some 330 characters.
_TOKEN_BYTES = 240
_TAG_BYTES = 16
#: What each decision is drawn for.
_SHORT, _LENGTH, _EMPTY, _AGAIN, _STRANGER = range(5)
LIES = ("strangers", "omits")


class TokenRefused(ValueError):
    """The token is none of ours, was altered, has expired, or was given out for another request."""


class Listing(Protocol[Told]):
    """Something to be listed."""

    def __len__(self) -> int: ...

    def entries(self, start: int, end: int) -> Sequence[Told]:
        """Those from `start` up to but without `end`, or up to the last."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a page is made of: `count` entries from `start`. None, for an empty page."""

    key: str
    start: int
    count: int
    empty_so_far: int
    again: bool


@dataclass(frozen=True, slots=True)
class PageManners:
    """Shares are of pages, from 0 to below 1. A lying filter lies on each of its pages, by one entry: `strangers` puts
    in somebody whom it does not match, `omits` leaves somebody out."""

    seed: int = 0
    token_lifetime_s: float | None = None
    short_pages: float = 0.0
    empty_pages: float = 0.0
    duplicates: float = 0.0
    lying_filter: str | None = None

    def __post_init__(self) -> None:
        if not all(0 <= share < 1 for share in (self.short_pages, self.empty_pages, self.duplicates)):
            raise ValueError("shares of pages are from 0 to below 1")
        if self.lying_filter not in (None, *LIES):
            raise ValueError(f"lying_filter is one of {', '.join(LIES)}")
        if self.token_lifetime_s is not None and self.token_lifetime_s <= 0:
            raise ValueError("token_lifetime_s is above 0")

    def plan(self, key: str, token: str | None, limit: int, now: float) -> Plan:
        """TokenRefused where the token is not good any more, or never was."""
        offset, empty_so_far, again = self._read(key, token, now) if token else (0, 0, False)
        if self._chance(key, _EMPTY, offset, empty_so_far) < self.empty_pages:
            return Plan(key, offset, 0, empty_so_far + 1, again)
        count = limit
        if self._chance(key, _SHORT, offset, again) < self.short_pages:
            count = max(1, int(limit * self._chance(key, _LENGTH, offset, again)))
        return Plan(key, offset - again, count, 0, again)

    def reply(
        self, plan: Plan, fetched: Sequence[Entry], more: bool, now: float, strangers: Listing[Entry] | None = None
    ) -> tuple[list[Entry], str | None]:
        """The page, and the token of the next. `fetched` is what the plan asked for, `more` whether anything comes
        after it; `strangers` are whom a prefix filter does not match, None where the request has none."""
        if not plan.count:
            return [], self._token(plan.key, plan.start, now, plan.empty_so_far, plan.again)
        entries = self._as_told(plan, list(fetched), strangers)
        if not more:
            return entries, None
        ends = plan.start + plan.count
        # Never twice in a row, so that the listing gets on even where a page holds one entry.
        again = not plan.again and self._chance(plan.key, _AGAIN, ends, 0) < self.duplicates
        return entries, self._token(plan.key, ends, now, 0, again)

    def page(
        self,
        listing: Listing[Entry],
        key: str,
        token: str | None,
        limit: int,
        now: float,
        strangers: Listing[Entry] | None = None,
    ) -> tuple[list[Entry], str | None]:
        plan = self.plan(key, token, limit, now)
        ends = plan.start + plan.count
        return self.reply(plan, listing.entries(plan.start, ends), ends < len(listing), now, strangers)

    def _as_told(self, plan: Plan, entries: list[Entry], strangers: Listing[Entry] | None) -> list[Entry]:
        if strangers is None or self.lying_filter is None or not entries:
            return entries
        if self.lying_filter == "omits":
            return entries[:-1]
        found = int(len(strangers) * self._chance(plan.key, _STRANGER, plan.start, 0))
        return [*entries, *strangers.entries(found, found + 1)]

    def _chance(self, key: str, decision: int, offset: int, turn: int) -> float:
        """From 0 to below 1, the same for the same place of the same listing."""
        return mixed(mixed(self.seed) ^ crc32(key.encode()) ^ mixed(offset << 8 | decision << 4) ^ mixed(turn)) / 2**64

    def _token(self, key: str, offset: int, now: float, empty_so_far: int, again: bool) -> str:
        return self._sealed(key, _POSITION.pack(offset, now, empty_so_far, again))

    def _read(self, key: str, token: str, now: float) -> tuple[int, int, bool]:
        secret = self._secret()
        try:
            sealed = b64decode(token, validate=True)
        except ValueError as not_base64:
            raise TokenRefused("not a token") from not_base64
        tag, hidden = sealed[:_TAG_BYTES], sealed[_TAG_BYTES : _TAG_BYTES + _POSITION.size]
        position = _exclusive_or(hidden.ljust(_POSITION.size), shake_256(secret + tag).digest(_POSITION.size))
        if self._sealed(key, position) != token:
            raise TokenRefused("altered, or for another request")
        offset, issued, empty_so_far, again = _POSITION.unpack(position)
        if self.token_lifetime_s is not None and now - issued > self.token_lifetime_s:
            raise TokenRefused("expired")
        return offset, empty_so_far, again

    def _sealed(self, key: str, position: bytes) -> str:
        secret = self._secret()
        tag = blake2b(position + key.encode(), key=secret, digest_size=_TAG_BYTES).digest()
        noise = shake_256(secret + tag).digest(_TOKEN_BYTES - _TAG_BYTES)
        return b64encode(tag + _exclusive_or(position, noise) + noise[_POSITION.size :]).decode()

    def _secret(self) -> bytes:
        return blake2b(str(self.seed).encode(), digest_size=32).digest()


def _exclusive_or(one: bytes, other: bytes) -> bytes:
    size = len(one)
    return (int.from_bytes(one, "big") ^ int.from_bytes(other[:size], "big")).to_bytes(size, "big")

"""A year of nights on twenty pools, with everything that goes wrong in one; the real operations, and a driven clock.

Backups (of users, groups and memberships), nights, retention and verification run as their machines run them, over a
store and pools in memory. At every moment each pool has the snapshots that the policy promises, whoever died, came
twice, or was deleted.
"""

from __future__ import annotations

import bisect
import json
import random
from collections import defaultdict
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from poolsafe import bootstrap
from poolsafe.domain.nightly.night import Night, night_of
from poolsafe.domain.retention.places import brake_key
from poolsafe.domain.retention.policy import PERIODS, Policy
from poolsafe.domain.rolling import DAYS, is_due
from poolsafe.domain.snapshot import SnapshotRef
from poolsafe.operations.hold_night import HoldNight, Taken
from poolsafe.operations.mark_snapshot import release
from poolsafe.operations.retain import Retain, RetainProgress
from poolsafe.operations.verify_snapshots import VerifyProgress, VerifySnapshots, damage_of
from tests.fakes import START, FakeUserPool, MemoryStore, Never
from tests.pipeline import Machines, pool_with

NIGHTS, POOLS, USERS = 365, 20, 12
POLICY = Policy(keep_last=2, keep_daily=7, keep_weekly=5, keep_monthly=13, time_zone="Europe/Vienna")
#: The night of the mass deletion (month 5), who is hit, when somebody looks, and the night of the damage (month 7).
MASS_DELETION, HIT, LOOKED_AT, DAMAGE = 135, 3, 150, 200
FOREIGN = ("snapshots/notes.txt", "snapshots/us-east-1_Pool00/readme.md", "other/thing")


class Died(Exception):
    pass


@dataclass
class IndexedStore(MemoryStore):
    """The same, with its keys in order: a year makes many of them, and looks for them again and again."""

    index: list[str] = field(default_factory=list)

    @property
    def with_secrets(self) -> MemoryStore:
        return IndexedStore(
            self.objects,
            self.written,
            lambda operation: self.before(operation),
            may_use_key=True,
            clock=self.clock,
            times=self.times,
            index=self.index,
        )

    def put(
        self, key: str, content: bytes, metadata: Mapping[str, str] | None = None, content_type: str | None = None
    ) -> None:
        place = bisect.bisect_left(self.index, key)
        if self.index[place : place + 1] != [key]:
            self.index.insert(place, key)
        super().put(key, content, metadata, content_type)

    def delete(self, key: str) -> None:
        place = bisect.bisect_left(self.index, key)
        if self.index[place : place + 1] == [key] and key in self.objects:
            del self.index[place]
            self.objects.pop(key)
        super().delete(key)

    def keys(self, prefix: str) -> list[str]:
        self.before("ListObjectsV2")
        begin = bisect.bisect_left(self.index, prefix)
        end = bisect.bisect_left(self.index, prefix + "\U0010ffff")
        return [key for key in self.index[begin:end] if key in self.objects]

    def first_key(self, prefix: str, start: str | None = None) -> str | None:
        return next((key for key in self.keys(prefix) if key >= (start or "")), None)


@dataclass
class Year:
    """The stack and its pools; `taken` is what each pool should have, by the policy alone."""

    machines: Machines = field(default_factory=lambda: Machines(store=IndexedStore(), saves_configuration=False))
    pools: dict[str, FakeUserPool] = field(default_factory=dict)
    taken: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    luck: random.Random = field(default_factory=lambda: random.Random(20261122))  # noqa: S311
    made: int = 0
    failures: int = 0
    deaths: int = 0
    twice: int = 0

    def add_pool(self) -> str:
        name = f"us-east-1_Pool{self.made:02d}"
        self.made += 1
        self.pools[name] = pool_with(USERS, groups=2, pool_id=name)
        return name

    def night(self, number: int) -> None:
        scheduled = START + timedelta(days=number)
        self.machines.clock.seconds = (scheduled - START).total_seconds()
        deliveries = 2 if self.luck.random() < 0.2 else 1
        self.twice += deliveries - 1
        for delivery in range(deliveries):
            for name in sorted(self.pools):
                self.back_up(name, scheduled.strftime("%Y-%m-%dT%H:%M:%SZ"), f"run {number} {delivery}")

    def back_up(self, name: str, scheduled: str, run: str) -> None:
        store, clock = self.machines.store, self.machines.clock
        hold = HoldNight(store, clock, Night(name, night_of(scheduled)), run)
        taken, attempt = hold.take()
        if taken is not Taken.YES:
            return
        chance = self.luck.random()
        if chance < 0.02:  # the whole run is killed: nobody notes anything
            self.deaths += 1
            self.die_in_a_backup(name)
            return
        if chance < 0.05:
            self.failures += 1
            hold.failed(attempt)
            return
        self.taken[name].append(self.machines.backup(self.pools[name]).snapshot_id)
        hold.done(self.taken[name][-1])

    def die_in_a_backup(self, name: str) -> None:
        calls, dies_at = 0, self.luck.randrange(2, 40)

        def die(operation: str) -> None:
            nonlocal calls
            calls += 1
            if calls == dies_at:
                raise Died

        self.machines.store.before = die
        before = set(self.sealed(name))
        with suppress(Died):
            self.machines.backup(self.pools[name])
        self.machines.store.before = lambda operation: None
        # It may have died after the seal.
        self.taken[name] += sorted(set(self.sealed(name)) - before)

    def retain(self, number: int) -> None:
        """Sometimes killed, and then repeated."""
        store, clock = self.machines.store, self.machines.clock
        clock.seconds += 4 * 3600
        retain = Retain(store, clock, Never(), POLICY, f"retention/{number}/", dry_run=False)
        if self.luck.random() < 0.1:
            calls, dies_at = 0, self.luck.randrange(1, 400)

            def die(operation: str) -> None:
                nonlocal calls
                calls += 1
                if calls == dies_at:
                    raise Died

            store.before = die
            try:
                retain(RetainProgress())
            except Died:
                self.deaths += 1
            store.before = lambda operation: None
        progress = RetainProgress()
        while not progress.done:
            progress = retain(progress)

    def sealed(self, name: str) -> list[str]:
        prefix, suffix = f"snapshots/{name}/", "/manifest.json"
        return [key.split("/")[2] for key in self.machines.store.keys(prefix) if key.endswith(suffix)]


def promised(ids: list[str]) -> set[str]:
    """What the policy promises of snapshots that were all COMPLETE, written a second time and as plainly as can be."""
    ids, kept = sorted(ids), set(sorted(ids)[-POLICY.keep_last :])
    for rule, name_of in PERIODS.items():
        newest: dict[str, str] = {}
        for one in ids:
            at = datetime.strptime(one[:16], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).astimezone(POLICY.zone)
            newest[name_of(at)] = one
        count = getattr(POLICY, rule)
        kept |= set(list(newest.values())[-count:]) if count else set()
    return kept


def test_a_year_of_nights() -> None:
    year = Year()
    names = [year.add_pool() for _ in range(POOLS)]
    for key in FOREIGN:
        year.machines.store.put(key, b"mine")
    victim, damaged_pool = names[HIT], names[7]
    braked, damaged, found_on = "", "", 0
    for number in range(NIGHTS):
        if number == MASS_DELETION:
            for user in list(year.pools[victim].accounts)[: USERS - 1]:
                del year.pools[victim].accounts[user]
        if number and number % 60 == 0:  # one pool goes for good, another comes
            gone = year.luck.choice(sorted(set(year.pools) - {victim, damaged_pool}))
            del year.pools[gone]
            year.add_pool()
        year.night(number)
        if number >= MASS_DELETION and not braked:
            on = [
                one for one in year.sealed(victim) if brake_key(SnapshotRef(victim, one)) in year.machines.store.objects
            ]
            braked = on[0] if on else ""
        if number == LOOKED_AT:
            assert braked, "the mass deletion is braked"
            before = [one for one in year.taken[victim] if one < braked]
            kept = promised([one for one in before if one <= braked])
            assert kept <= set(year.sealed(victim)), "and nothing that it braked for has gone"
            release(year.machines.store, year.machines.clock, SnapshotRef(victim, braked), "looked")
        if number == DAMAGE:
            damaged = year.sealed(damaged_pool)[0]  # one that is kept for months, and so would be needed
            [users] = [
                key
                for key in year.machines.store.objects
                if key.startswith(f"snapshots/{damaged_pool}/{damaged}/users/")
            ]
            stored = year.machines.store.objects[users]
            year.machines.store.put(users, bytes([*stored.content[:40], stored.content[40] ^ 1, *stored.content[41:]]))
        if damaged and not found_on:
            moment = year.machines.clock.now()
            verify = VerifySnapshots(
                year.machines.store,
                bootstrap.format_of,
                lambda ref, moment=moment: is_due(ref, moment),  # type: ignore[misc]
                f"verifications/{number}/damaged/",
                pools=[damaged_pool],
            )
            verify(VerifyProgress(), Never())
            if told := damage_of(year.machines.store, f"verifications/{number}/damaged/"):
                assert [one["snapshot"] for one in told] == [f"{damaged_pool}/{damaged}"]
                found_on = number
        year.retain(number)
        for name, ids in year.taken.items():
            sealed = set(year.sealed(name))
            expected = promised(ids)
            if name == victim and braked and number < LOOKED_AT:
                assert {one for one in ids if one <= braked} & promised([i for i in ids if i <= braked]) <= sealed
                expected |= {one for one in sealed if one <= braked}
            if name == damaged_pool and damaged in sealed:
                expected.add(damaged)
            assert expected <= sealed, (number, name, sorted(expected - sealed))
            if not (name == victim and braked and number < LOOKED_AT):
                assert sealed == expected, (number, name, sorted(sealed ^ expected))
    assert DAMAGE <= found_on <= DAMAGE + DAYS, "the damage was found within its month"
    assert set(FOREIGN) <= year.machines.store.objects.keys()
    assert year.failures > 100 and year.deaths > 100 and year.twice > 50, "a year in which much went wrong"
    unsealed = {key.split("/")[2] for key in year.machines.store.objects if key.startswith("snapshots/us-east-1")} - {
        one for name in year.taken for one in year.sealed(name)
    }
    assert len(unsealed - {"readme.md"}) <= POOLS, (
        "leftovers of dead backups are collected, but for those of the last day"
    )
    nights = [key for key in year.machines.store.objects if key.endswith("/done.json")]
    assert len({json.loads(year.machines.store.objects[key].content)["snapshot_id"] for key in nights}) == len(nights)

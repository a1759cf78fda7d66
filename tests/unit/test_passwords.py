"""Passwords nobody knows: each user another one, good enough for any policy, and never written down."""

from __future__ import annotations

import gzip
import secrets
import string
from collections import Counter
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolsafe.domain.restore.password import CLASSES, LENGTH, SYMBOLS, unguessable
from tests.pipeline import LATEST, Machines, pool_with, target_pool
from tests.step_functions import Deployed


def first(choices: Any) -> Any:
    return choices[0]


def last(choices: Any) -> Any:
    return choices[-1]


@given(st.integers(0, 99), st.sampled_from([secrets.choice, first, last]))
def test_a_password_fits_every_policy_that_cognito_knows(minimum: int, choose: Any) -> None:
    policy = {f"Require{kind}": True for kind in ("Uppercase", "Lowercase", "Numbers", "Symbols")}
    password = unguessable({"MinimumLength": minimum, **policy}, choose)
    assert len(password) == max(LENGTH, minimum)
    for group in (string.ascii_uppercase, string.ascii_lowercase, string.digits, SYMBOLS):
        assert set(password) & set(group)
    assert not set(password) - set("".join(CLASSES))
    assert len(password) <= 256


def test_a_pool_without_a_policy_gets_a_long_password_too() -> None:
    assert len(unguessable({}, secrets.choice)) == LENGTH


def test_symbols_are_ones_that_cognito_counts_as_such() -> None:
    assert not set(SYMBOLS) - set("^$*.[]{}()?-\"!@#%&/\\,><':;|_~`+= ")


def test_passwords_draw_on_every_character() -> None:
    drawn = Counter("".join(unguessable({}, secrets.choice) for _ in range(2_000)))
    assert set(drawn) == set("".join(CLASSES))


def test_every_password_of_a_restore_is_another_one() -> None:
    machines, target = Machines(), target_pool()
    machines.backup(pool_with(40))
    machines.restore(target, snapshot=LATEST)
    passwords = [password for _, password in target.passwords]
    # Temporary and permanent: two for each user.
    assert len(passwords) == len(set(passwords)) == 80


def test_the_password_that_stays_is_not_the_one_the_user_was_created_with() -> None:
    machines, target = Machines(), target_pool()
    machines.backup(pool_with(3))
    machines.restore(target, snapshot=LATEST)
    for name in target.accounts:
        temporary, permanent = [password for username, password in target.passwords if username == name]
        assert target.accounts[name].password == permanent != temporary


def test_passwords_follow_the_length_that_the_target_demands() -> None:
    machines, target = Machines(), target_pool(min_password_length=99)
    machines.backup(pool_with(2))
    assert machines.restore(target, snapshot=LATEST)["counts"]["created"] == 2


def readable(key: str, content: bytes) -> str:
    """An object of the bucket as text, whatever its format."""
    if key.endswith(".parquet"):
        return repr(pq.read_table(pa.BufferReader(content)).to_pylist())
    return (gzip.decompress(content) if key.endswith(".gz") else content).decode()


@pytest.mark.parametrize("file_format", ["parquet", "json"])
def test_no_password_is_written_anywhere(file_format: str, capfd: pytest.CaptureFixture[str]) -> None:
    """Not in the bucket, not in what travels between states, not in a log."""
    target = target_pool()
    with Deployed() as machines:
        machines.backup(pool_with(20), format=file_format)
        machines.restore(target, snapshot=LATEST)
    told = capfd.readouterr()
    written = "".join(readable(key, stored.content) for key, stored in machines.store.objects.items())
    travelled = repr([execution.payloads for execution in machines.executions])
    assert len(target.passwords) == 40
    for _, password in target.passwords:
        assert password not in written + travelled + told.out + told.err
    # The files were read and not only looked at: what lies in them compressed is found.
    assert "user0@example.com" in written

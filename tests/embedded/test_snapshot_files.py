"""The files of a snapshot, opened by a reader that has never heard of Poolsafe: DuckDB, and gzip with json."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.embedded.deployed import Deployed, Json, fits, named, person
from tests.embedded.everybody import Everybody, everybody

MOMENT = "TIMESTAMP WITH TIME ZONE"
#: As `schemas/README.md` documents them.
COLUMNS = {
    "users": {
        "username": "VARCHAR",
        "sub": "VARCHAR",
        "status": "VARCHAR",
        "enabled": "BOOLEAN",
        "created_at": MOMENT,
        "modified_at": MOMENT,
        "attributes": "MAP(VARCHAR, VARCHAR)",
        "mfa_methods": "VARCHAR[]",
        "preferred_mfa": "VARCHAR",
    },
    "groups": {
        "group_name": "VARCHAR",
        "description": "VARCHAR",
        "precedence": "INTEGER",
        "role_arn": "VARCHAR",
        "created_at": MOMENT,
        "modified_at": MOMENT,
    },
    "memberships": {"group_name": "VARCHAR", "username": "VARCHAR", "sub": "VARCHAR"},
}
KINDS = tuple(COLUMNS)
ROW_SCHEMAS = {"users": "user", "groups": "group", "memberships": "membership"}


@pytest.fixture(scope="module")
def source(deployed: Deployed) -> Everybody:
    return everybody(deployed)


@pytest.fixture(scope="module")
def snapshot(deployed: Deployed, source: Everybody, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A snapshot in Parquet, copied to this machine."""
    return downloaded(deployed, deployed.backup(source.pool), tmp_path_factory.mktemp("parquet"))


@pytest.fixture(scope="module")
def json_snapshot(deployed: Deployed, source: Everybody, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same pool as JSON Lines."""
    return downloaded(deployed, deployed.backup(source.pool, format="json"), tmp_path_factory.mktemp("json"))


@pytest.fixture
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection


def downloaded(deployed: Deployed, backup: Json, folder: Path) -> Path:
    prefix = backup["manifest"].removeprefix(f"s3://{deployed.bucket}/").removesuffix("manifest.json")
    for key in deployed.keys(prefix):
        path = folder / key.removeprefix(prefix)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(deployed.content(key))
    return folder


def rows(database: duckdb.DuckDBPyConnection, snapshot: Path, kind: str, columns: str = "*") -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = database.sql(
        f"SELECT {columns} FROM '{snapshot}/{kind}/*.parquet'"  # noqa: S608
    ).fetchall()
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_duckdb_sees_the_documented_columns_and_types(
    database: duckdb.DuckDBPyConnection, snapshot: Path, kind: str
) -> None:
    relation = database.sql(f"SELECT * FROM '{snapshot}/{kind}/*.parquet'")  # noqa: S608
    assert dict(zip(relation.columns, map(str, relation.types), strict=True)) == COLUMNS[kind]


def test_moments_are_kept_in_milliseconds_of_utc(database: duckdb.DuckDBPyConnection, snapshot: Path) -> None:
    columns = database.sql(
        f"SELECT converted_type, logical_type FROM parquet_schema('{snapshot}/users/*.parquet') WHERE name LIKE '%_at'"  # noqa: S608
    ).fetchall()
    assert {converted for converted, _ in columns} == {"TIMESTAMP_MILLIS"}
    assert all("isAdjustedToUTC=1" in logical for _, logical in columns)


@pytest.mark.parametrize("kind", KINDS)
def test_the_manifest_counts_what_duckdb_counts(database: duckdb.DuckDBPyConnection, snapshot: Path, kind: str) -> None:
    manifest = json.loads((snapshot / "manifest.json").read_text("utf-8"))
    [(counted,)] = rows(database, snapshot, kind, "count(*)")
    assert counted == manifest["counts"][kind]
    assert counted == sum(file["rows"] for file in manifest["files"] if file["path"].startswith(f"{kind}/"))
    assert counted > 0


def test_every_file_has_the_bytes_and_the_hash_of_the_manifest(snapshot: Path) -> None:
    manifest = json.loads((snapshot / "manifest.json").read_text("utf-8"))
    assert manifest["files"]
    for file in manifest["files"]:
        content = (snapshot / file["path"]).read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (file["bytes"], file["sha256"])


def test_the_manifest_has_a_hash_of_itself_as_documented(snapshot: Path) -> None:
    document = json.loads((snapshot / "manifest.json").read_text("utf-8"))
    sha256 = document.pop("sha256")
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert hashlib.sha256(text.encode()).hexdigest() == sha256


def test_everybody_is_in_the_file_with_every_attribute(
    database: duckdb.DuckDBPyConnection, snapshot: Path, source: Everybody
) -> None:
    found = {
        username: (sub, status, enabled, attributes)
        for username, sub, status, enabled, attributes in rows(
            database, snapshot, "users", "username, sub, status, enabled, attributes"
        )
    }
    expected = {}
    for one in source.people:
        attributes = dict(source.attributes(one["Username"]))
        sub = attributes.pop("sub")
        expected[one["Username"]] = (sub, one.get("UserStatus", "CONFIRMED"), one.get("Enabled", True), attributes)
    assert found == expected


def test_dates_are_those_of_the_pool(database: duckdb.DuckDBPyConnection, snapshot: Path) -> None:
    moments = {row[0] for row in rows(database, snapshot, "users", "created_at")}
    assert moments == {datetime.fromtimestamp(1_600_000_000, UTC)}


def test_a_group_without_a_precedence_is_not_one_with_the_highest(
    database: duckdb.DuckDBPyConnection, snapshot: Path
) -> None:
    found = dict(rows(database, snapshot, "groups", "group_name, precedence"))
    assert (found["admins"], found["editors"], found["équipe-Ω"]) == (0, 5, None)


def test_memberships_join_users_and_groups(
    database: duckdb.DuckDBPyConnection, snapshot: Path, source: Everybody
) -> None:
    joined = database.sql(
        f"""
        SELECT g.group_name, u.username
        FROM '{snapshot}/memberships/*.parquet' m
        JOIN '{snapshot}/users/*.parquet' u ON u.sub = m.sub AND u.username = m.username
        JOIN '{snapshot}/groups/*.parquet' g USING (group_name)
        """  # noqa: S608
    ).fetchall()
    assert sorted(joined) == sorted((group, one["Username"]) for one in source.people for group in one["Groups"])


@pytest.mark.parametrize("kind", KINDS)
def test_json_lines_hold_the_same_rows_as_parquet(
    database: duckdb.DuckDBPyConnection, snapshot: Path, json_snapshot: Path, kind: str
) -> None:
    lines = [
        json.loads(line)
        for path in sorted((json_snapshot / kind).glob("*.jsonl.gz"))
        for line in gzip.decompress(path.read_bytes()).decode().splitlines()
    ]
    for line in lines:
        fits(ROW_SCHEMAS[kind], line)
    parquet = [dict(zip(COLUMNS[kind], row, strict=True)) for row in rows(database, snapshot, kind)]
    assert sorted(map(_comparable, lines)) == sorted(map(_comparable, parquet))


def _comparable(row: Json) -> str:
    """A row as text; moments as JSON Lines writes them."""
    told = {
        name: value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        if isinstance(value, datetime)
        else value
        for name, value in row.items()
    }
    return json.dumps(told, sort_keys=True)


def test_a_snapshot_in_json_lines_is_restored_as_one_in_parquet_is(deployed: Deployed) -> None:
    source, target = deployed.pool("tier"), deployed.pool("tier", "original_sub")
    people = [person("ada", "staff", attributes={"custom:tier": "gold"}), person("bob", Enabled=False)]
    deployed.cloud.put_users(source, people, named("staff"))
    backup = deployed.backup(source, format="json")
    restore = deployed.restore(f"{source}/{backup['snapshot_id']}", target)
    assert (restore["status"], restore["counts"]["created"]) == ("COMPLETE", 2)
    back = deployed.users(target)
    assert back["ada"].attributes["custom:tier"] == "gold"
    assert {name: user.enabled for name, user in back.items()} == {"ada": True, "bob": False}
    assert deployed.memberships(target) == {("staff", "ada")}


def test_mfa_preferences_are_in_the_snapshot_where_they_were_asked_for(deployed: Deployed) -> None:
    source = deployed.pool()
    totp = {"SoftwareTokenMfaConfiguration": {"Enabled": True}, "MfaConfiguration": "OPTIONAL"}
    deployed.idp(source).set_user_pool_mfa_config(UserPoolId=source, **totp)
    deployed.cloud.put_users(source, [person("ada"), person("bob"), person("eve")])
    enrolled = {"UserPoolId": source, "Username": "eve", "SoftwareToken": True, "Passkey": True}
    deployed.cloud.control("PUT", "factors", enrolled)
    deployed.cloud.forget()
    prefix = f"snapshots/{source}/"
    asked = deployed.backup(source, include=["mfa"])
    assert deployed.cloud.calls()["AdminGetUserAuthFactors"] == 3
    rows_asked = deployed.rows(f"{prefix}{asked['snapshot_id']}/users/")
    unasked = deployed.backup(source)
    rows_unasked = deployed.rows(f"{prefix}{unasked['snapshot_id']}/users/")
    assert [row["mfa_methods"] for row in rows_asked] == [[], [], ["SOFTWARE_TOKEN_MFA", "WEB_AUTHN"]]
    assert [row["mfa_methods"] for row in rows_unasked] == [None, None, None]

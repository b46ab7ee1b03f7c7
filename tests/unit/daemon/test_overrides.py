"""Run-time tuning and facts: kept, replaced, removed, and written down with who did it."""

from __future__ import annotations

import sqlite3

import pytest

from daemon.errors import ConfigError
from daemon.storage import overrides
from daemon.storage.sqlite import SqliteStore


def audit(connection: sqlite3.Connection) -> list[tuple[int, str, str, str]]:
    return connection.execute("SELECT at, actor, action, detail FROM audit ORDER BY id").fetchall()


def test_tuning_is_kept_by_pattern_and_replaced_as_a_whole(connection: sqlite3.Connection) -> None:
    overrides.put(connection, "cost/*", {"sensitivity": "low", "enabled": False}, 1, "mcp")
    overrides.put(connection, "cost/*", {"sensitivity": "high"}, 2, "mcp")
    assert overrides.everything(connection) == {"cost/*": {"sensitivity": "high"}}


def test_tuning_is_read_in_the_order_it_was_last_changed(connection: sqlite3.Connection) -> None:
    for at, pattern in enumerate(["b", "a", "c", "b"]):
        overrides.put(connection, pattern, {}, at, "mcp")
    assert list(overrides.everything(connection)) == ["a", "c", "b"]


def test_removing_tells_whether_there_was_anything(connection: sqlite3.Connection) -> None:
    overrides.put(connection, "cost/*", {}, 1, "mcp")
    assert overrides.remove(connection, "cost/*", 2, "cli") is True
    assert overrides.remove(connection, "cost/*", 3, "cli") is False
    assert overrides.everything(connection) == {}


def test_every_change_is_audited_and_a_removal_of_nothing_is_not(connection: sqlite3.Connection) -> None:
    overrides.put(connection, "cost/*", {"enabled": False}, 1, "mcp")
    overrides.remove(connection, "tokens/*", 2, "cli")
    overrides.remove(connection, "cost/*", 3, "cli")
    assert audit(connection) == [
        (1, "mcp", "tune", 'cost/* {"enabled": false}'),
        (3, "cli", "untune", "cost/*"),
    ]


def test_a_fact_keeps_its_first_value(connection: sqlite3.Connection) -> None:
    assert overrides.fact(connection, "first_start", "100") == "100"
    assert overrides.fact(connection, "first_start", "200") == "100"


async def test_a_database_belongs_to_the_team_that_first_used_it(store: SqliteStore) -> None:
    await store.claim_for("team-1")
    await store.claim_for("team-1")
    assert store.tenant == "team-1"
    with pytest.raises(ConfigError, match=r"team team-1, but the key belongs to team team-2.*MONITOR_DATA_DIR"):
        await store.claim_for("team-2")
    assert store.tenant == "team-1"

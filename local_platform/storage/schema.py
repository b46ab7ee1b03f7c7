"""The tables, as numbered steps that are applied once each."""

from __future__ import annotations

import sqlite3

# The rendered records lie apart: reports scan the narrow table without reading them.
_COMPLETIONS = """
CREATE TABLE completion (
    id INTEGER PRIMARY KEY,
    request_ms INTEGER NOT NULL,
    created_ms INTEGER NOT NULL,
    transaction_id TEXT NOT NULL,
    idempotency_key TEXT,
    priced INTEGER NOT NULL,
    provider TEXT NOT NULL,
    model TEXT NOT NULL,
    agent TEXT,
    task_type TEXT,
    trace_id TEXT,
    organization TEXT,
    product TEXT,
    product_id TEXT,
    credential TEXT,
    subscriber_email TEXT,
    environment TEXT,
    stop_reason TEXT,
    input_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    reasoning_tokens INTEGER NOT NULL,
    cached_tokens INTEGER NOT NULL,
    total_tokens INTEGER NOT NULL,
    duration_ms INTEGER NOT NULL,
    first_token_ms INTEGER,
    input_cost INTEGER NOT NULL,
    output_cost INTEGER NOT NULL,
    total_cost INTEGER NOT NULL
) STRICT;
CREATE INDEX completion_by_request ON completion (request_ms);
CREATE INDEX completion_by_transaction ON completion (transaction_id);
CREATE INDEX completion_by_trace ON completion (trace_id) WHERE trace_id IS NOT NULL;
CREATE INDEX completion_unpriced ON completion (id) WHERE priced = 0;
CREATE UNIQUE INDEX completion_once ON completion (idempotency_key)
    WHERE idempotency_key IS NOT NULL;
CREATE TABLE completion_record (
    id INTEGER PRIMARY KEY REFERENCES completion (id),
    json TEXT NOT NULL
) STRICT;
"""

_INCIDENTS = """
CREATE TABLE incident (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    entity TEXT NOT NULL,
    dimension TEXT NOT NULL,
    "start" TEXT NOT NULL,
    "end" TEXT,
    summary TEXT NOT NULL
) STRICT;
"""

_STEPS = (_COMPLETIONS, _INCIDENTS)


class NewerSchemaError(Exception):
    """The file was written by a later release."""


def migrate(connection: sqlite3.Connection) -> None:
    """Bring the file up to this release.

    Raises:
        NewerSchemaError: A later release has written the file.
    """
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > len(_STEPS):
        raise NewerSchemaError(
            f"the data was written by a later release (schema {version}, this one knows "
            f"{len(_STEPS)}); use that release, or another data directory"
        )
    for number, step in enumerate(_STEPS[version:], start=version + 1):
        # One script, one transaction: a kill in between leaves the previous version whole.
        connection.executescript(f"BEGIN;{step}PRAGMA user_version = {number};COMMIT;")

"""The tables, as numbered steps that are applied once each."""

from __future__ import annotations

import sqlite3
from pathlib import Path

_MIGRATIONS = Path(__file__).parent / "migrations"


class NewerSchemaError(Exception):
    """The file was written by a later release."""


def migrate(connection: sqlite3.Connection) -> None:
    """Bring the file up to this release.

    Raises:
        NewerSchemaError: A later release has written the file.
    """
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    steps = {int(path.name[:4]): path for path in sorted(_MIGRATIONS.glob("*.sql"))}
    newest = max(steps)
    if version > newest:
        raise NewerSchemaError(
            f"the data was written by a later release (schema {version}, this one knows "
            f"{newest}); use that release, or another data directory"
        )
    for number, path in steps.items():
        if number > version:
            # One script, one transaction: a kill in between leaves the previous version whole.
            connection.executescript(f"BEGIN;{path.read_text()}PRAGMA user_version = {number};COMMIT;")

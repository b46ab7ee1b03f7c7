-- What people said about alerts. A row is never changed but to note the end of its episode, or who took it back.
CREATE TABLE lessons (
    id        TEXT PRIMARY KEY,
    pattern   TEXT NOT NULL,
    series    TEXT,
    alert_id  TEXT,
    kind      TEXT NOT NULL CHECK (kind IN ('real', 'expected_once', 'expected', 'noise')),
    side      TEXT NOT NULL CHECK (side IN ('above', 'below')),
    start_at  INTEGER NOT NULL,
    end_at    INTEGER,
    evidence  REAL NOT NULL,
    given_at  INTEGER NOT NULL,
    given_by  TEXT NOT NULL,
    until     INTEGER,
    note      TEXT NOT NULL,
    undone_at INTEGER,
    undone_by TEXT
) STRICT;
CREATE INDEX lessons_in_force ON lessons (given_at) WHERE undone_at IS NULL;

-- Digest of the lessons that a snapshot was taught under; under others it is taught again.
ALTER TABLE series ADD COLUMN lessons TEXT NOT NULL DEFAULT '';

-- An episode that is not worth telling yet, as JSON; it must survive a restart.
ALTER TABLE series ADD COLUMN pending TEXT;

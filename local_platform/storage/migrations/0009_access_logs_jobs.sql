-- Keys can be suspended and expire; their numbers are not given again.
ALTER TABLE api_key ADD COLUMN state TEXT NOT NULL DEFAULT 'active';
INSERT INTO sequence (kind, last) SELECT 'key', coalesce(max(number), 0) FROM api_key;
-- Labels belong to a team; those of earlier releases get theirs when their account opens the file.
CREATE TABLE team_incident (
    team INTEGER NOT NULL,
    id TEXT NOT NULL,
    kind TEXT NOT NULL,
    entity TEXT NOT NULL,
    dimension TEXT NOT NULL,
    "start" TEXT NOT NULL,
    "end" TEXT,
    summary TEXT NOT NULL,
    PRIMARY KEY (team, id)
) STRICT, WITHOUT ROWID;
INSERT INTO team_incident SELECT 0, id, kind, entity, dimension, "start", "end", summary FROM incident;
DROP TABLE incident;
ALTER TABLE team_incident RENAME TO incident;
-- What the platform did (side 'internal') and what it was asked (side 'external'); of each, a tenant's newest are kept.
CREATE TABLE system_log (
    id INTEGER PRIMARY KEY,
    side TEXT NOT NULL,
    tenant INTEGER NOT NULL,
    team INTEGER NOT NULL,
    operation TEXT NOT NULL,
    status TEXT NOT NULL,
    details TEXT NOT NULL,
    created_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX system_log_by_tenant ON system_log (tenant, side, id);

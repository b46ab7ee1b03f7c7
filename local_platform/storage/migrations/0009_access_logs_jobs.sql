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
-- A job is known by the id that its team gave it. `outcome` is what was reported last, as JSON; `job_revision` holds every
-- report and `job_metric` what was measured, of which the newest of each key counts.
CREATE TABLE job (
    id INTEGER PRIMARY KEY,
    team INTEGER NOT NULL,
    agentic_id TEXT NOT NULL,
    name TEXT,
    type TEXT,
    environment TEXT,
    version TEXT,
    source TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    updated_ms INTEGER NOT NULL,
    entity_version INTEGER NOT NULL DEFAULT 0,
    outcome TEXT,
    UNIQUE (team, agentic_id)
) STRICT;
CREATE TABLE job_revision (
    job INTEGER NOT NULL REFERENCES job (id),
    sequence INTEGER NOT NULL,
    json TEXT NOT NULL,
    PRIMARY KEY (job, sequence)
) STRICT, WITHOUT ROWID;
CREATE TABLE job_metric (
    job INTEGER NOT NULL REFERENCES job (id),
    key TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    json TEXT NOT NULL,
    PRIMARY KEY (job, key, sequence)
) STRICT, WITHOUT ROWID;
-- What a kind of job is worth: its contract, its baselines by version, and facts about whole periods.
CREATE TABLE job_type (
    team INTEGER NOT NULL,
    type TEXT NOT NULL,
    json TEXT NOT NULL,
    PRIMARY KEY (team, type)
) STRICT, WITHOUT ROWID;
CREATE TABLE job_baseline (
    team INTEGER NOT NULL,
    type TEXT NOT NULL,
    version INTEGER NOT NULL,
    json TEXT NOT NULL,
    PRIMARY KEY (team, type, version)
) STRICT, WITHOUT ROWID;
CREATE TABLE job_fact (
    id INTEGER PRIMARY KEY,
    team INTEGER NOT NULL,
    type TEXT NOT NULL,
    json TEXT NOT NULL
) STRICT;
CREATE INDEX job_fact_by_type ON job_fact (team, type);
CREATE TABLE session_attribution (
    id INTEGER PRIMARY KEY,
    team INTEGER NOT NULL,
    session TEXT NOT NULL,
    json TEXT NOT NULL
) STRICT;
CREATE INDEX session_attribution_by_session ON session_attribution (team, session, id);
INSERT INTO job (team, agentic_id, name, type, environment, version, source, created_ms, updated_ms)
    SELECT c.team, c.job, max(json_extract(r.json, '$.agenticJobName')), max(json_extract(r.json, '$.agenticJobType')),
        max(c.environment), max(json_extract(r.json, '$.agenticJobVersion')), 'TELEMETRY', min(c.created_ms), min(c.created_ms)
    FROM completion AS c JOIN completion_record AS r ON r.id = c.id
    WHERE c.job IS NOT NULL AND c.team <> 0 GROUP BY c.team, c.job;
-- A call that names a job makes it known, in the transaction that keeps the call.
CREATE TRIGGER job_named_by_call AFTER INSERT ON completion_record
WHEN (SELECT job FROM completion WHERE id = new.id) IS NOT NULL
BEGIN
    INSERT INTO job (team, agentic_id, name, type, environment, version, source, created_ms, updated_ms)
        SELECT team, job, json_extract(new.json, '$.agenticJobName'), json_extract(new.json, '$.agenticJobType'),
            environment, json_extract(new.json, '$.agenticJobVersion'), 'TELEMETRY', created_ms, created_ms
        FROM completion WHERE id = new.id
    ON CONFLICT (team, agentic_id) DO UPDATE SET
        name = coalesce(name, excluded.name), type = coalesce(type, excluded.type),
        environment = coalesce(environment, excluded.environment), version = coalesce(version, excluded.version)
        WHERE name IS NULL OR type IS NULL OR environment IS NULL OR version IS NULL;
END;

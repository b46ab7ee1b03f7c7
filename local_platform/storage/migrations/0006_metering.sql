-- The job that a call says it belongs to, as it was sent.
ALTER TABLE completion ADD COLUMN job TEXT;
UPDATE completion SET job = (SELECT json_extract(json, '$.agenticJobId') FROM completion_record AS r WHERE r.id = completion.id);
CREATE INDEX completion_by_job ON completion (team, job) WHERE job IS NOT NULL;
-- Who called, as rules tell people apart: by their id, else by their address.
ALTER TABLE completion ADD COLUMN subscriber TEXT;
UPDATE completion SET subscriber = coalesce(
    (SELECT nullif(trim(json_extract(json, '$.subscriberId')), '') FROM completion_record AS r WHERE r.id = completion.id),
    nullif(lower(trim(subscriber_email)), ''));
-- What was answered under an idempotency key, by what was metered; completions keep theirs in their own rows.
CREATE TABLE answer (
    team INTEGER NOT NULL,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    row INTEGER NOT NULL,
    label TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    PRIMARY KEY (team, kind, key)
) STRICT, WITHOUT ROWID;
DROP INDEX tool_event_once;
ALTER TABLE tool_event DROP COLUMN idempotency_key;
CREATE TABLE source_event (
    id INTEGER PRIMARY KEY,
    team INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    transaction_id TEXT NOT NULL,
    source_id INTEGER,
    json TEXT NOT NULL
) STRICT;
CREATE INDEX source_event_by_time ON source_event (team, at_ms);
-- A request and its response are metered apart, in either order, and are one row.
CREATE TABLE api_call (
    id INTEGER PRIMARY KEY,
    team INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    created_ms INTEGER NOT NULL,
    transaction_id TEXT NOT NULL,
    source_id INTEGER,
    request TEXT,
    response TEXT
) STRICT;
CREATE UNIQUE INDEX api_call_by_transaction ON api_call (team, transaction_id);
CREATE INDEX api_call_by_time ON api_call (team, at_ms);
-- What strict ingestion has refused, with the codes of why.
CREATE TABLE ingestion_failure (
    id INTEGER PRIMARY KEY,
    tenant INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    codes TEXT NOT NULL,
    json TEXT NOT NULL
) STRICT;
CREATE INDEX ingestion_failure_by_tenant ON ingestion_failure (tenant, id);
-- How many calls there are in each hour, so that a page far down the log is reached without reading up to it. Hours count
-- from the year 1, so that none is negative.
CREATE TABLE hour_count (
    team INTEGER NOT NULL,
    modality TEXT NOT NULL,
    hour INTEGER NOT NULL,
    calls INTEGER NOT NULL,
    PRIMARY KEY (team, modality, hour)
) STRICT, WITHOUT ROWID;
INSERT INTO hour_count
    SELECT team, modality, (request_ms + 62135596800000) / 3600000 AS hour, count(*) FROM completion
    GROUP BY team, modality, hour;
CREATE TRIGGER completion_counted AFTER INSERT ON completion BEGIN
    INSERT INTO hour_count VALUES (new.team, new.modality, (new.request_ms + 62135596800000) / 3600000, 1)
        ON CONFLICT DO UPDATE SET calls = calls + 1;
END;
CREATE TRIGGER completion_moved AFTER UPDATE OF team, modality, request_ms ON completion BEGIN
    UPDATE hour_count SET calls = calls - 1 WHERE team = old.team AND modality = old.modality
        AND hour = (old.request_ms + 62135596800000) / 3600000;
    INSERT INTO hour_count VALUES (new.team, new.modality, (new.request_ms + 62135596800000) / 3600000, 1)
        ON CONFLICT DO UPDATE SET calls = calls + 1;
END;
CREATE TRIGGER completion_uncounted AFTER DELETE ON completion BEGIN
    UPDATE hour_count SET calls = calls - 1 WHERE team = old.team AND modality = old.modality
        AND hour = (old.request_ms + 62135596800000) / 3600000;
END;
-- The most expensive calls come first without sorting all of them.
CREATE INDEX completion_by_cost ON completion (team, modality, total_cost);
-- What the planner cannot guess: most calls are one team's, so that an index is no use for the team alone.
ANALYZE completion;
DELETE FROM sqlite_stat1 WHERE tbl = 'completion';
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('completion', 'completion_by_request', '1000000 1000000 2'),
    ('completion', 'completion_by_transaction', '1000000 1000000 1'),
    ('completion', 'completion_by_trace', '1000000 1000000 5'),
    ('completion', 'completion_by_job', '1000000 1000000 100'),
    ('completion', 'completion_by_subscription', '1000000 10000 2'),
    ('completion', 'completion_by_cost', '1000000 1000000 900000 10'),
    ('completion', 'completion_once', '1000000 1000000 1'),
    ('completion', 'completion_unpriced', '10000 1');
ANALYZE sqlite_schema;

-- Images, audio and video are calls like others, told apart by `modality` and measured by columns of their own. What the
-- platform's rules count (failures, quality) and what billing adds up (a subscription's calls) is a column, too.
ALTER TABLE completion ADD COLUMN modality TEXT NOT NULL DEFAULT 'TEXT';
ALTER TABLE completion ADD COLUMN subscription_id INTEGER;
ALTER TABLE completion ADD COLUMN failed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE completion ADD COLUMN quality REAL;
ALTER TABLE completion ADD COLUMN images INTEGER NOT NULL DEFAULT 0;
ALTER TABLE completion ADD COLUMN media_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE completion ADD COLUMN characters INTEGER NOT NULL DEFAULT 0;
ALTER TABLE completion ADD COLUMN credits REAL NOT NULL DEFAULT 0;
UPDATE completion SET failed = 1 WHERE stop_reason = 'ERROR'
    OR (SELECT json_extract(json, '$.errorReason') FROM completion_record AS r WHERE r.id = completion.id) IS NOT NULL;
CREATE INDEX completion_by_subscription ON completion (subscription_id, request_ms) WHERE subscription_id IS NOT NULL;
CREATE TABLE tool_event (
    id INTEGER PRIMARY KEY,
    team INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    created_ms INTEGER NOT NULL,
    idempotency_key TEXT,
    tool_id TEXT NOT NULL,
    operation TEXT NOT NULL,
    transaction_id TEXT,
    agent TEXT,
    organization_id INTEGER,
    product_id INTEGER,
    credential_id INTEGER,
    subscription_id INTEGER,
    trace_id TEXT,
    job TEXT,
    success INTEGER NOT NULL,
    duration_ms INTEGER NOT NULL,
    cost INTEGER NOT NULL,
    json TEXT NOT NULL
) STRICT;
CREATE INDEX tool_event_by_time ON tool_event (team, at_ms);
CREATE UNIQUE INDEX tool_event_once ON tool_event (team, idempotency_key) WHERE idempotency_key IS NOT NULL;
-- One row per element in the payload of an event: `number` where the value is one, else `word`.
CREATE TABLE element_value (
    id INTEGER PRIMARY KEY,
    team INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    element_id INTEGER NOT NULL,
    number REAL,
    word TEXT,
    transaction_id TEXT NOT NULL,
    source_id INTEGER,
    organization_id INTEGER,
    product_id INTEGER,
    credential_id INTEGER,
    subscription_id INTEGER
) STRICT;
CREATE INDEX element_value_by_time ON element_value (team, element_id, at_ms);
CREATE INDEX element_value_by_subscription ON element_value (subscription_id, element_id, at_ms)
    WHERE subscription_id IS NOT NULL;

-- The rendered records lie apart: reports scan the narrow table without reading them.
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

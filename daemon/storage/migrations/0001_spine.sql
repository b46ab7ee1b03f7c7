-- Times are integer milliseconds since the epoch (UTC); money is integer nano-dollars.

CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

-- One row per committed read of a source; its number is the position that partitions advance along.
CREATE TABLE polls (
    seq       INTEGER PRIMARY KEY AUTOINCREMENT,
    source    TEXT NOT NULL,
    at        INTEGER NOT NULL,
    watermark INTEGER NOT NULL,
    fetched   INTEGER NOT NULL,
    added     INTEGER NOT NULL,
    revised   INTEGER NOT NULL
) STRICT;

-- The calls themselves: the truth that every window is made of.
CREATE TABLE transactions (
    row_id         TEXT PRIMARY KEY,
    transaction_id TEXT NOT NULL,
    at             INTEGER NOT NULL,
    provider       TEXT, model TEXT, agent TEXT, api_key TEXT, customer TEXT, product TEXT, user TEXT, task_type TEXT,
    calls          INTEGER NOT NULL,
    errors         INTEGER NOT NULL,
    cost_nanos     INTEGER NOT NULL,
    input_tokens   INTEGER NOT NULL,
    output_tokens  INTEGER NOT NULL,
    total_tokens   INTEGER NOT NULL,
    latency_ms     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX transactions_at ON transactions (at);

-- Records that the platform sent and that could not be understood; kept so that nothing vanishes silently.
CREATE TABLE quarantine (
    row_id TEXT PRIMARY KEY,
    at     INTEGER NOT NULL,
    reason TEXT NOT NULL,
    record TEXT NOT NULL
) STRICT;

CREATE TABLE entities (
    id         INTEGER PRIMARY KEY,
    partition  INTEGER NOT NULL,
    dimension  TEXT NOT NULL,
    name       TEXT NOT NULL,
    first_seen INTEGER NOT NULL,
    last_seen  INTEGER NOT NULL,
    UNIQUE (dimension, name)
) STRICT;
CREATE INDEX entities_partition ON entities (partition);

-- Sums per entity and window; grain is the window's length in seconds (60 or 3600).
CREATE TABLE windows (
    entity_id     INTEGER NOT NULL REFERENCES entities (id),
    grain         INTEGER NOT NULL CHECK (grain IN (60, 3600)),
    start         INTEGER NOT NULL,
    seq           INTEGER NOT NULL,
    calls         INTEGER NOT NULL,
    errors        INTEGER NOT NULL,
    cost_nanos    INTEGER NOT NULL,
    input_tokens  INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    total_tokens  INTEGER NOT NULL,
    latency_ms    INTEGER NOT NULL,
    PRIMARY KEY (entity_id, grain, start)
) STRICT, WITHOUT ROWID;
CREATE INDEX windows_seq ON windows (seq);

CREATE TABLE partitions (
    partition INTEGER PRIMARY KEY,
    epoch     INTEGER NOT NULL DEFAULT 0,
    position  INTEGER NOT NULL DEFAULT 0
) STRICT;

-- A snapshot is a cache of what the windows taught; judged_until says how far alerts were decided.
CREATE TABLE series (
    key           TEXT PRIMARY KEY,
    judged_until  INTEGER NOT NULL,
    learned_until INTEGER NOT NULL,
    snapshot      BLOB
) STRICT;

CREATE TABLE alerts (
    id          TEXT PRIMARY KEY,
    series      TEXT NOT NULL,
    incident    TEXT NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('firing', 'resolved')),
    opened_at   INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL,
    resolved_at INTEGER,
    body        TEXT NOT NULL
) STRICT;
CREATE INDEX alerts_open ON alerts (series) WHERE state = 'firing';
CREATE INDEX alerts_opened ON alerts (opened_at);

CREATE TABLE outbox (
    id           TEXT PRIMARY KEY,
    alert_id     TEXT NOT NULL,
    sequence     INTEGER NOT NULL,
    channel      TEXT NOT NULL,
    state        TEXT NOT NULL CHECK (state IN ('pending', 'sending', 'delivered', 'dead')),
    payload      TEXT NOT NULL,
    attempts     INTEGER NOT NULL DEFAULT 0,
    next_attempt INTEGER NOT NULL,
    created_at   INTEGER NOT NULL,
    delivered_at INTEGER,
    reference    TEXT,
    last_error   TEXT,
    UNIQUE (alert_id, channel, sequence)
) STRICT;
CREATE INDEX outbox_due ON outbox (channel, next_attempt) WHERE state IN ('pending', 'sending');

CREATE TABLE delivery_log (
    id          INTEGER PRIMARY KEY,
    delivery_id TEXT NOT NULL,
    at          INTEGER NOT NULL,
    outcome     TEXT NOT NULL,
    detail      TEXT NOT NULL
) STRICT;
CREATE INDEX delivery_log_delivery ON delivery_log (delivery_id);

-- What was tuned at run time; outranks the settings file.
CREATE TABLE overrides (
    pattern    TEXT PRIMARY KEY,
    body       TEXT NOT NULL,
    changed_at INTEGER NOT NULL,
    changed_by TEXT NOT NULL
) STRICT;

CREATE TABLE audit (
    id     INTEGER PRIMARY KEY,
    at     INTEGER NOT NULL,
    actor  TEXT NOT NULL,
    action TEXT NOT NULL,
    detail TEXT NOT NULL
) STRICT;

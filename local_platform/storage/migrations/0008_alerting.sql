-- What the platform's own alerting remembers. A rule's number is that of its document.
CREATE TABLE alert_standing (
    rule INTEGER NOT NULL,
    grp TEXT NOT NULL,
    since_ms INTEGER,
    firing INTEGER NOT NULL,
    period_ms INTEGER,
    crossed TEXT,
    PRIMARY KEY (rule, grp)
) STRICT, WITHOUT ROWID;
CREATE TABLE fired_alert (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    team INTEGER NOT NULL,
    rule INTEGER NOT NULL,
    grp TEXT NOT NULL,
    metric TEXT NOT NULL,
    value REAL NOT NULL,
    triggered_ms INTEGER NOT NULL,
    resolved_ms INTEGER,
    updated_ms INTEGER NOT NULL,
    early INTEGER NOT NULL,
    json TEXT NOT NULL
) STRICT;
CREATE INDEX fired_alert_by_time ON fired_alert (team, triggered_ms);
CREATE UNIQUE INDEX fired_alert_open ON fired_alert (rule, grp) WHERE resolved_ms IS NULL;
CREATE TABLE budget_reset (rule INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL) STRICT;
CREATE TABLE enforcement_event (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    team INTEGER NOT NULL,
    rule INTEGER NOT NULL,
    window TEXT NOT NULL,
    grp TEXT NOT NULL,
    group_by TEXT,
    tier TEXT NOT NULL,
    level TEXT NOT NULL,
    outcome TEXT NOT NULL,
    shadow INTEGER NOT NULL,
    transaction_id TEXT,
    email TEXT,
    created_ms INTEGER NOT NULL,
    json TEXT NOT NULL
) STRICT;
CREATE INDEX enforcement_event_by_time ON enforcement_event (team, created_ms);
CREATE UNIQUE INDEX enforcement_event_once ON enforcement_event (rule, window, grp, tier);

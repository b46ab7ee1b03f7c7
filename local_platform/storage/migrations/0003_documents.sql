-- Everything that is created, read, updated and deleted lies in one table; `resources` knows its shapes. What has no
-- team belongs to the tenant as a whole.
CREATE TABLE document (
    kind TEXT NOT NULL,
    id INTEGER NOT NULL,
    tenant INTEGER NOT NULL,
    team INTEGER NOT NULL DEFAULT 0,
    name TEXT NOT NULL,
    key TEXT,
    created_ms INTEGER NOT NULL,
    updated_ms INTEGER NOT NULL,
    json TEXT NOT NULL,
    PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX document_by_owner ON document (kind, tenant, team);
CREATE INDEX document_by_name ON document (kind, tenant, team, name);
CREATE UNIQUE INDEX document_by_key ON document (kind, tenant, team, key) WHERE key IS NOT NULL;
CREATE TABLE sequence (kind TEXT PRIMARY KEY, last INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE api_key (
    hash TEXT PRIMARY KEY,
    number INTEGER NOT NULL UNIQUE,
    name TEXT NOT NULL,
    hint TEXT NOT NULL,
    scope TEXT NOT NULL,
    tenant INTEGER NOT NULL,
    team INTEGER NOT NULL,
    user INTEGER NOT NULL,
    created_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

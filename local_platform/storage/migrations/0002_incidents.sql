CREATE TABLE incident (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    entity TEXT NOT NULL,
    dimension TEXT NOT NULL,
    "start" TEXT NOT NULL,
    "end" TEXT,
    summary TEXT NOT NULL
) STRICT;

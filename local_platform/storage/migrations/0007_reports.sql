-- Reports scan columns, not rows. Calls are copied by their ids: each copy holds one column of the calls of one team and
-- day among the ids from `first` on, and every call up to `folded.through` is in a copy. A late call is just a new one.
CREATE TABLE folded (through INTEGER NOT NULL, revision INTEGER NOT NULL) STRICT;
INSERT INTO folded VALUES (0, 0);
-- `words` is what the numbers of a column of names stand for; `type` is how wide the numbers in `data` are.
CREATE TABLE call_column (
    team INTEGER NOT NULL,
    day INTEGER NOT NULL,
    name TEXT NOT NULL,
    first INTEGER NOT NULL,
    words TEXT,
    type TEXT NOT NULL,
    data BLOB NOT NULL,
    PRIMARY KEY (team, day, name, first)
) STRICT, WITHOUT ROWID;
-- Calls are not changed once they are metered. Should one be after all, they are copied anew.
CREATE TRIGGER completion_changed AFTER UPDATE OF
    team, request_ms, provider, model, agent, task_type, subscriber_email, organization, organization_id, product,
    product_id, credential, credential_id, total_cost, duration_ms, total_tokens, input_tokens,
    output_tokens, reasoning_tokens, cached_tokens, failed
ON completion BEGIN
    UPDATE folded SET through = 0, revision = revision + 1;
    DELETE FROM call_column;
END;
CREATE TRIGGER completion_deleted AFTER DELETE ON completion BEGIN
    UPDATE folded SET through = 0, revision = revision + 1;
    DELETE FROM call_column;
END;
-- A run of insights looks for nothing here, but it is remembered that it was asked for.
CREATE TABLE insight_run (
    id INTEGER PRIMARY KEY,
    team INTEGER NOT NULL,
    user INTEGER NOT NULL,
    created_ms INTEGER NOT NULL,
    start_ms INTEGER NOT NULL,
    end_ms INTEGER NOT NULL
) STRICT;

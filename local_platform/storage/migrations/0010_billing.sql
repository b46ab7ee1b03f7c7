-- Plans may price what was put into a cache: a count of its own like those of other tokens.
ALTER TABLE completion ADD COLUMN cache_creation_tokens INTEGER NOT NULL DEFAULT 0;
UPDATE completion SET cache_creation_tokens = record.tokens
    FROM (SELECT id, json_extract(json, '$.cacheCreationTokenCount') AS tokens FROM completion_record) AS record
    WHERE record.id = completion.id AND record.tokens > 0;
-- Bills are made from the copied columns, too: calls are copied anew, with the columns that bills need.
UPDATE folded SET through = 0, revision = revision + 1;
DELETE FROM call_column;
DROP TRIGGER completion_changed;
CREATE TRIGGER completion_changed AFTER UPDATE OF
    team, request_ms, provider, model, agent, task_type, subscriber_email, organization, organization_id, product,
    product_id, credential, credential_id, subscription_id, total_cost, input_cost, output_cost, duration_ms,
    total_tokens, input_tokens, output_tokens, reasoning_tokens, cached_tokens, cache_creation_tokens, failed
ON completion BEGIN
    UPDATE folded SET through = 0, revision = revision + 1;
    DELETE FROM call_column;
END;

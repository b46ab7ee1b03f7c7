-- Calls belong to a team, and refer to the organization, product and credential that they name. Rows of earlier
-- releases get their team, and what they refer to, when their account opens the file.
ALTER TABLE completion ADD COLUMN team INTEGER NOT NULL DEFAULT 0;
ALTER TABLE completion ADD COLUMN organization_id INTEGER;
ALTER TABLE completion ADD COLUMN product_number INTEGER;
ALTER TABLE completion ADD COLUMN credential_id INTEGER;
ALTER TABLE completion DROP COLUMN product_id;
ALTER TABLE completion RENAME COLUMN product_number TO product_id;
DROP INDEX completion_by_request;
DROP INDEX completion_by_transaction;
DROP INDEX completion_by_trace;
DROP INDEX completion_once;
CREATE INDEX completion_by_request ON completion (team, request_ms);
CREATE INDEX completion_by_transaction ON completion (team, transaction_id);
CREATE INDEX completion_by_trace ON completion (team, trace_id) WHERE trace_id IS NOT NULL;
CREATE UNIQUE INDEX completion_once ON completion (team, idempotency_key) WHERE idempotency_key IS NOT NULL;
UPDATE completion_record SET json = json_remove(json, '$.organization', '$.product', '$.subscriberCredential');

-- a removed job's keys go with it
CREATE INDEX idempotency_job ON :"statusplane".idempotency (tenant_id, kind, id);

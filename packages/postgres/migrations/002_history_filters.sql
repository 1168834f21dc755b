-- history by status, by job type and by both, newest first: a page walks an index whatever it is narrowed by
CREATE INDEX job_history_status ON :"statusplane".job (tenant_id, kind, status, created_at DESC, id DESC);
CREATE INDEX job_history_type ON :"statusplane".job (tenant_id, kind, job_type, created_at DESC, id DESC);
CREATE INDEX job_history_status_type ON :"statusplane".job (tenant_id, kind, status, job_type, created_at DESC, id DESC);

-- What the submitter says of a job beside its title: a JSON object, never looked into here.
ALTER TABLE :"statusplane".job ADD COLUMN metadata json;
-- history of what one person submitted, newest first; narrowed further within the index, for one person has not many
CREATE INDEX job_history_created_by
  ON :"statusplane".job (tenant_id, kind, created_by, created_at DESC, id DESC, status, job_type);

-- An import's checkpoint goes with its job; the students stay.
DELETE FROM :"academy".import_checkpoint AS c
WHERE NOT EXISTS (
  SELECT FROM :"statusplane".job WHERE job.tenant_id = c.tenant_id AND job.kind = 'job' AND job.id = c.job_id
);
ALTER TABLE :"academy".import_checkpoint
  ADD COLUMN kind text COLLATE "C" NOT NULL GENERATED ALWAYS AS ('job') STORED,
  ADD FOREIGN KEY (tenant_id, kind, job_id) REFERENCES :"statusplane".job (tenant_id, kind, id) ON DELETE CASCADE;

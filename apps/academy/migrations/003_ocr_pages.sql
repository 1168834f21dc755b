-- What was read of a document's pages, so that the next attempt goes on after them; it goes with its job.
CREATE TABLE :"academy".ocr_page (
  tenant_id text COLLATE "C" NOT NULL,
  kind text COLLATE "C" NOT NULL GENERATED ALWAYS AS ('job') STORED,
  job_id text COLLATE "C" NOT NULL,
  page int NOT NULL CHECK (page > 0),
  attempt int NOT NULL,
  reading jsonb NOT NULL,
  PRIMARY KEY (tenant_id, job_id, page),
  FOREIGN KEY (tenant_id, kind, job_id) REFERENCES :"statusplane".job (tenant_id, kind, id) ON DELETE CASCADE
);

-- How each attempt ended, written once, by the statement that ends it; the one that runs is the job's row itself.
CREATE TABLE :"statusplane".job_attempt (
  tenant_id text COLLATE "C" NOT NULL,
  kind text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  attempt int NOT NULL CHECK (attempt >= 1),
  started_at timestamptz,          -- null: cancelled before a worker took it
  ended_at timestamptz NOT NULL,
  code text,                       -- null: it succeeded
  detail text,                     -- for operators only
  steps json,                      -- [{"key", "seconds"}]; null: its worker was lost, and with it what it knew
  PRIMARY KEY (tenant_id, kind, id, attempt)
);

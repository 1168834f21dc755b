-- The job's row is the truth. attempt is the fencing token: it rises whenever the row becomes PENDING again.
-- Ids compare by byte (COLLATE "C"): keyset pages must not depend on the server's language.
-- json, not jsonb: payloads and results come back with the bytes they were given, U+0000 in strings included.
CREATE TABLE :"statusplane".job (
  tenant_id text COLLATE "C" NOT NULL,
  kind text COLLATE "C" NOT NULL CHECK (kind IN ('video', 'job')),
  id text COLLATE "C" NOT NULL,
  job_type text NOT NULL,
  status text NOT NULL DEFAULT 'PENDING'
    CHECK (status IN ('PENDING', 'PROCESSING', 'READY', 'DONE', 'FAILED', 'CANCELLED')),
  attempt int NOT NULL DEFAULT 1 CHECK (attempt >= 1),
  tries int NOT NULL DEFAULT 0 CHECK (tries >= 0),
  max_tries int NOT NULL DEFAULT 3 CHECK (max_tries >= 1),
  tries_lost int NOT NULL DEFAULT 0,
  run_at timestamptz NOT NULL DEFAULT now(),
  lease_until timestamptz,
  lease_owner text,
  cancel_requested boolean NOT NULL DEFAULT false,
  title text,
  payload json NOT NULL,
  created_by text,
  result json,
  result_bytes bigint,
  result_in_file boolean NOT NULL DEFAULT false,
  error_code text,
  error_message text,
  error_detail text,
  last_error_code text,
  created_at timestamptz NOT NULL DEFAULT now(),
  started_at timestamptz,
  finished_at timestamptz,
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, kind, id),
  CHECK ((finished_at IS NOT NULL) = (status IN ('READY', 'DONE', 'FAILED', 'CANCELLED'))),
  CHECK ((lease_until IS NOT NULL) = (status = 'PROCESSING')),
  CHECK (status <> CASE kind WHEN 'video' THEN 'DONE' ELSE 'READY' END)
);

-- the sweeper: leases that are over
CREATE INDEX job_lease ON :"statusplane".job (lease_until) WHERE status = 'PROCESSING';
-- what waits, in pages by key; a claim goes by the primary key
CREATE INDEX job_pending ON :"statusplane".job (tenant_id, kind, id) WHERE status = 'PENDING';
-- what ended lately, in pages, after data loss in Redis
CREATE INDEX job_finished ON :"statusplane".job (finished_at, tenant_id, kind, id) WHERE finished_at IS NOT NULL;
-- history, newest first
CREATE INDEX job_history ON :"statusplane".job (tenant_id, kind, created_at DESC, id DESC);

-- At most one entry per job: what is outside must be made to agree with the row. A generation is never used twice.
CREATE SEQUENCE :"statusplane".job_generation;
CREATE TABLE :"statusplane".job_outbox (
  tenant_id text COLLATE "C" NOT NULL,
  kind text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  generation bigint NOT NULL DEFAULT nextval(':"statusplane".job_generation'),
  since timestamptz NOT NULL,      -- when this generation was first due
  due_at timestamptz NOT NULL,
  applied_at timestamptz,          -- the first application; the second deletes the entry
  PRIMARY KEY (tenant_id, kind, id)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);
CREATE INDEX job_outbox_due ON :"statusplane".job_outbox (due_at);

-- One row: who repairs now, and its last two ticks.
CREATE TABLE :"statusplane".reconciler (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  owner text,
  lease_until timestamptz NOT NULL DEFAULT '-infinity',
  tick bigint NOT NULL DEFAULT 0,
  ticked_at timestamptz,
  previous_ticked_at timestamptz
);
INSERT INTO :"statusplane".reconciler DEFAULT VALUES;

CREATE TABLE :"statusplane".idempotency (
  tenant_id text COLLATE "C" NOT NULL,
  key text COLLATE "C" NOT NULL,
  body_hash text NOT NULL,
  kind text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  used_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, key)
);
CREATE INDEX idempotency_used ON :"statusplane".idempotency (used_at);

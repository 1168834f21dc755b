-- A message and whom it goes to, as fixed when its job began: what a recipient is called is not looked up again.
CREATE TABLE :"academy".message (
  tenant_id text COLLATE "C" NOT NULL,
  job_id text COLLATE "C" NOT NULL,
  kind text COLLATE "C" NOT NULL GENERATED ALWAYS AS ('job') STORED,
  channel text NOT NULL CHECK (channel IN ('email', 'webhook')),
  webhook_url text,
  subject text,
  body text,
  planned boolean NOT NULL DEFAULT false,
  -- The attempt that has counted for the last time: from then on nothing becomes 'waiting' again.
  closed_attempt int,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, job_id),
  FOREIGN KEY (tenant_id, kind, job_id) REFERENCES :"statusplane".job (tenant_id, kind, id) ON DELETE CASCADE
);

-- waiting ─claim(attempt)─▶ claimed ─settle(same attempt)─▶ sent | failed | waiting (certainly not handed over)
--                           claimed ─a later attempt begins─▶ uncertain ─settle(same attempt)─▶ as above
CREATE TABLE :"academy".message_recipient (
  tenant_id text COLLATE "C" NOT NULL,
  job_id text COLLATE "C" NOT NULL,
  position int NOT NULL,
  student_no text COLLATE "C",
  address text,
  address_key text COLLATE "C",
  fields json,
  status text NOT NULL CHECK (status IN ('waiting', 'claimed', 'sent', 'failed', 'uncertain', 'skipped')),
  reason text,
  detail text,
  -- Of the job, when it was claimed.
  attempt int,
  tries int NOT NULL DEFAULT 0,
  due_at timestamptz NOT NULL DEFAULT now(),
  settled_at timestamptz,
  -- The job in which a person has it sent again.
  again_job text COLLATE "C",
  PRIMARY KEY (tenant_id, job_id, position),
  FOREIGN KEY (tenant_id, job_id) REFERENCES :"academy".message (tenant_id, job_id) ON DELETE CASCADE
);
CREATE INDEX message_recipient_due ON :"academy".message_recipient (tenant_id, job_id, due_at, position) WHERE status = 'waiting';
CREATE INDEX message_recipient_status ON :"academy".message_recipient (tenant_id, job_id, status, position);

-- Whom a tenant does not write to.
CREATE TABLE :"academy".message_blocked (
  tenant_id text COLLATE "C" NOT NULL,
  address_key text COLLATE "C" NOT NULL,
  address text NOT NULL,
  created_by text,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, address_key)
);

-- When the next message may go out, by provider: of one tenant, and of all ('*', which no tenant is called).
CREATE TABLE :"academy".message_pace (
  provider text NOT NULL,
  tenant_id text COLLATE "C" NOT NULL,
  next_at timestamptz NOT NULL,
  PRIMARY KEY (provider, tenant_id)
);

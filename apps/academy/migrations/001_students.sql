-- The students of a tenant, as imported. Numbers compare by byte: pages and upserts do not depend on the server's language.
CREATE TABLE :"academy".student (
  tenant_id text COLLATE "C" NOT NULL,
  student_no text COLLATE "C" NOT NULL CHECK (student_no <> ''),
  name text NOT NULL CHECK (name <> ''),
  grade smallint CHECK (grade BETWEEN 1 AND 12),
  school text,
  class_name text,
  phone text,
  parent_phone text,
  registered_on date,
  memo text,
  email text,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, student_no)
);

-- How far an import's committed chunks reach, so that its next attempt goes on from there.
CREATE TABLE :"academy".import_checkpoint (
  tenant_id text COLLATE "C" NOT NULL,
  job_id text COLLATE "C" NOT NULL,
  attempt int NOT NULL,
  rows_read bigint NOT NULL,
  inserted bigint NOT NULL,
  updated bigint NOT NULL,
  unchanged bigint NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, job_id)
);

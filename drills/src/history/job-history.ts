import type { Status } from "@statusplane/core";
import type pg from "pg";

/** One committed change of a row's status or attempt, as a trigger inside Postgres wrote it down. */
export interface CommittedChange {
  readonly tenant: string;
  readonly kind: string;
  readonly id: string;
  readonly attempt: number;
  readonly status: Status;
  readonly tries: number;
}

const SCHEMA = `
  CREATE TABLE drill_history (
    seq bigserial PRIMARY KEY, at timestamptz NOT NULL DEFAULT clock_timestamp(),
    tenant_id text NOT NULL, kind text NOT NULL, id text NOT NULL,
    attempt int NOT NULL, status text NOT NULL, tries int NOT NULL);
  CREATE FUNCTION write_drill_history() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    IF TG_OP = 'INSERT' OR (OLD.attempt, OLD.status) IS DISTINCT FROM (NEW.attempt, NEW.status) THEN
      INSERT INTO drill_history (tenant_id, kind, id, attempt, status, tries)
      VALUES (NEW.tenant_id, NEW.kind, NEW.id, NEW.attempt, NEW.status, NEW.tries);
    END IF;
    RETURN NULL;
  END $$;
  CREATE TRIGGER drill_history AFTER INSERT OR UPDATE ON statusplane.job FOR EACH ROW EXECUTE FUNCTION write_drill_history()`;

/** From now on Postgres itself remembers each committed change of a row. */
export async function keepJobHistory(pool: pg.Pool): Promise<void> {
  await pool.query(SCHEMA);
}

/** All committed changes, in the order of their statements. */
export async function readJobHistory(pool: pg.Pool): Promise<readonly CommittedChange[]> {
  const { rows } = await pool.query<CommittedChange>(
    `SELECT tenant_id AS tenant, kind, id, attempt, status, tries FROM drill_history ORDER BY seq`,
  );
  return rows;
}

import { eventually } from "@statusplane/test-support";
import type pg from "pg";

/**
 * Postgres writes down itself: when a statement wrote what was watched, each decision, and what no change may do to a row.
 */
const SCHEMA = `
  CREATE TABLE drill_view_flush (tx bigint PRIMARY KEY, at timestamptz NOT NULL);
  CREATE TABLE drill_view (
    seq bigserial PRIMARY KEY, tenant_id text NOT NULL, video_id text NOT NULL, viewer text NOT NULL, what text NOT NULL);
  CREATE FUNCTION write_drill_view() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    IF TG_OP = 'INSERT' OR NEW.attended_at IS NOT DISTINCT FROM OLD.attended_at OR NEW.version <> OLD.version THEN
      INSERT INTO drill_view_flush (tx, at) VALUES (txid_current(), clock_timestamp()) ON CONFLICT DO NOTHING;
    END IF;
    IF NEW.attended_at IS NOT NULL AND (TG_OP = 'INSERT' OR OLD.attended_at IS NULL) THEN
      INSERT INTO drill_view (tenant_id, video_id, viewer, what) VALUES (NEW.tenant_id, NEW.video_id, NEW.viewer, 'decided');
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.attended_at IS NOT NULL AND NEW.attended_at IS DISTINCT FROM OLD.attended_at THEN
      INSERT INTO drill_view (tenant_id, video_id, viewer, what) VALUES (NEW.tenant_id, NEW.video_id, NEW.viewer, 'decision changed');
    END IF;
    IF TG_OP = 'UPDATE' AND
      statusplane.count_watched(statusplane.merge_watched(OLD.watched, NEW.watched)) > statusplane.count_watched(NEW.watched)
    THEN
      INSERT INTO drill_view (tenant_id, video_id, viewer, what) VALUES (NEW.tenant_id, NEW.video_id, NEW.viewer, 'seconds taken away');
    END IF;
    RETURN NULL;
  END $$;
  CREATE TRIGGER drill_view AFTER INSERT OR UPDATE ON statusplane.view FOR EACH ROW EXECUTE FUNCTION write_drill_view()`;

const ANSWERS_WITHIN_MS = 60_000;

/** Asks until it is answered: it may have been killed a moment ago, and the machine may be busy. */
async function ask<Row extends pg.QueryResultRow>(
  pool: pg.Pool,
  text: string,
  values: readonly unknown[] = [],
): Promise<readonly Row[]> {
  const answer = await eventually(
    "Postgres answers",
    async () => pool.query<Row>(text, [...values]),
    ANSWERS_WITHIN_MS,
  );
  return answer.rows;
}

/** From now on Postgres itself remembers what becomes of rows of views. */
export async function keepViewHistory(pool: pg.Pool): Promise<void> {
  await pool.query(SCHEMA);
}

/** Unix ms until when whatever was acknowledged is in rows for certain: the last flush but one before that moment. */
export async function flushedBefore(pool: pg.Pool, atMs: number): Promise<number> {
  const rows = await ask<{ at_ms: number }>(
    pool,
    `SELECT extract(epoch FROM at)::float8 * 1000 AS at_ms FROM drill_view_flush
     WHERE at <= to_timestamp($1::float8 / 1000) ORDER BY at DESC OFFSET 1 LIMIT 1`,
    [atMs],
  );
  return rows[0]?.at_ms ?? 0;
}

/** Breaches that the trigger saw: seconds taken away, decisions changed, and decided twice. */
export async function readViewBreaches(pool: pg.Pool): Promise<readonly string[]> {
  const rows = await ask<{ what: string }>(
    pool,
    `SELECT viewer || ' of video ' || video_id || ': ' || what AS what FROM drill_view WHERE what <> 'decided'
     UNION ALL
     SELECT viewer || ' of video ' || video_id || ': decided ' || count(*) || ' times' FROM drill_view
     WHERE what = 'decided' GROUP BY tenant_id, video_id, viewer HAVING count(*) > 1`,
  );
  return rows.map(({ what }) => what);
}

/** One row, with its watched seconds as numbers. */
export interface ViewRow {
  readonly watched: ReadonlySet<number>;
  readonly attended: boolean;
}

/** Rows by `viewer of video`. */
export async function readViewRows(pool: pg.Pool): Promise<ReadonlyMap<string, ViewRow>> {
  const rows = await ask<{ name: string; watched: string; attended: boolean }>(
    pool,
    `SELECT viewer || ' of video ' || video_id AS name, watched::text AS watched, attended_at IS NOT NULL AS attended
     FROM statusplane.view`,
  );
  return new Map(
    rows.map(({ name, watched, attended }) => {
      const seconds = watched.split("").flatMap((bit, second) => (bit === "1" ? [second] : []));
      return [name, { watched: new Set(seconds), attended }];
    }),
  );
}

export async function countDecisions(pool: pg.Pool): Promise<number> {
  const rows = await ask<{ count: number }>(
    pool,
    "SELECT count(*)::int AS count FROM drill_view WHERE what = 'decided'",
  );
  return rows[0]?.count ?? 0;
}

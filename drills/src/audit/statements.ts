import type pg from "pg";

/** How often statements of this shape were executed since Postgres started, as Postgres itself counts them. */
export async function readStatements(pool: pg.Pool, shape: RegExp): Promise<number> {
  const { rows } = await pool.query<{ query: string; calls: string }>(
    "SELECT query, calls FROM pg_stat_statements WHERE toplevel AND query !~ 'pg_stat_statements'",
  );
  return rows.filter(({ query }) => shape.test(query)).reduce((sum, { calls }) => sum + Number(calls), 0);
}

/** Statements that look rows up by their key for somebody: a worker's one row, or many of people's details together. */
export const ROW_LOOK_UPS =
  /^\s*SELECT[\s\S]*\bjob_type\b[\s\S]*FROM "statusplane"\.job\b[\s\S]*(?:tenant_id = \$|\bAS asked\b)/;

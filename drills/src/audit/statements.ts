import type pg from "pg";

/** How often statements of this shape were executed since Postgres started, as Postgres itself counts them. */
export async function readStatements(pool: pg.Pool, shape: RegExp): Promise<number> {
  const { rows } = await pool.query<{ query: string; calls: string }>(
    "SELECT query, calls FROM pg_stat_statements WHERE toplevel AND query !~ 'pg_stat_statements'",
  );
  return rows.filter(({ query }) => shape.test(query)).reduce((sum, { calls }) => sum + Number(calls), 0);
}

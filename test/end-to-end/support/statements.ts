import { withClient } from "@statusplane/test-support";

export interface CountedStatement {
  readonly calls: number;
  readonly query: string;
}

/**
 * Counts inside Postgres itself: the statements that database roles executed since the mark, by `pg_stat_statements`.
 * The counter's own connection is another role's and is left out.
 */
export class StatementMark {
  readonly #adminUrl: string;
  readonly #roles: readonly string[];
  readonly #before: ReadonlyMap<string, number>;

  private constructor(adminUrl: string, roles: readonly string[], before: ReadonlyMap<string, number>) {
    this.#adminUrl = adminUrl;
    this.#roles = roles;
    this.#before = before;
  }

  static async set(adminUrl: string, roles: readonly string[]): Promise<StatementMark> {
    const counts = await readCounts(adminUrl, roles);
    return new StatementMark(adminUrl, roles, new Map([...counts].map(([key, each]) => [key, each.calls])));
  }

  /** Statements since the mark, most called first. */
  async since(): Promise<CountedStatement[]> {
    const now = await readCounts(this.#adminUrl, this.#roles);
    return [...now]
      .map(([key, { calls, query }]) => ({ calls: calls - (this.#before.get(key) ?? 0), query }))
      .filter(({ calls }) => calls > 0)
      .sort((a, b) => b.calls - a.calls);
  }
}

async function readCounts(
  adminUrl: string,
  roles: readonly string[],
): Promise<Map<string, CountedStatement>> {
  return withClient(adminUrl, async (client) => {
    const { rows } = await client.query<{ key: string; calls: string; query: string }>(
      `SELECT s.userid || '.' || s.dbid || '.' || s.queryid || '.' || s.toplevel AS key, s.calls, s.query
         FROM pg_stat_statements s JOIN pg_roles r ON r.oid = s.userid
        WHERE r.rolname = ANY ($1) AND s.toplevel`,
      [roles],
    );
    return new Map(rows.map(({ key, calls, query }) => [key, { calls: Number(calls), query }]));
  });
}

export function total(statements: readonly CountedStatement[]): number {
  return statements.reduce((sum, { calls }) => sum + calls, 0);
}

const HOUSEKEEPING = new RegExp(
  [
    /\breconciler\b/,
    /^\s*WITH over AS/,
    /\bjob_outbox AS entry\b/,
    /FROM "statusplane"\.job_outbox/,
    /WHERE status = \$\d+ AND \(tenant_id, kind, id\) >/,
    /FROM "statusplane"\.view\s+WHERE seen_at </,
    /DELETE FROM "statusplane"\.idempotency\s+WHERE used_at </,
    /FROM "statusplane"\.job\s+WHERE job_type = \S+ AND kind = \S+ AND payload::text <>/,
  ]
    .map(({ source }) => source)
    .join("|"),
  "i",
);

/**
 * What housekeeping and the relay send, whoever watches: the tick, the sweep, the relay's marks, the look at waiting rows,
 * the outbox's age, what is too old of views, messages and keys of submits. Postgres shows statements with their constants taken out.
 */
export const isHousekeeping = ({ query }: CountedStatement): boolean => HOUSEKEEPING.test(query);

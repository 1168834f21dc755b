import type { CountedStatement } from "../../../test/end-to-end/support/statements.ts";

/** What costs a statement, by its text as Postgres shows it; the first that fits counts. */
const CAUSES = {
  submit: /INSERT INTO "statusplane"\.job \(/,
  claim: /^\s*WITH claimed AS/,
  finish: /^\s*WITH ended AS/,
  tick: /UPDATE "statusplane"\.reconciler\b/,
  sweep: /^\s*WITH over AS/,
  waiting: /WHERE status = \S+ AND \(tenant_id, kind, id\) >/,
  relay: /\bjob_outbox\b/,
  renew: /^\s*UPDATE "statusplane"\.job\s+SET lease_until/,
  import: /\b(student|import_checkpoint)\b/,
  // what is too old, every few minutes, whoever watches
  tooOld:
    /DELETE FROM "statusplane"\.idempotency\s+WHERE used_at <|FROM "statusplane"\.view\s+WHERE seen_at <|FROM "statusplane"\.job\s+WHERE job_type = \S+ AND kind = \S+ AND payload::text <>/,
} as const;

export type Cause = keyof typeof CAUSES;

export interface Counted {
  readonly byCause: Readonly<Record<Cause, number>>;
  /** What has none of these causes: nothing but watching goes on. */
  readonly other: readonly CountedStatement[];
}

export function countByCause(statements: readonly CountedStatement[]): Counted {
  const byCause = Object.fromEntries(Object.keys(CAUSES).map((cause) => [cause, 0])) as Record<Cause, number>;
  const other: CountedStatement[] = [];
  for (const statement of statements) {
    const cause = (Object.keys(CAUSES) as Cause[]).find((each) => CAUSES[each].test(statement.query));
    if (cause === undefined) other.push(statement);
    else byCause[cause] += statement.calls;
  }
  return { byCause, other };
}

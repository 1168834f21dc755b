import { jobRef, uuidV7, type JobRecord, type JobRef, type Kind, type NewJob } from "@statusplane/core";
import type { Database } from "@statusplane/postgres";

export const LEASE_MS = 90_000;
/** What `claimed` calls itself. */
export const CLAIM_OWNER = "worker-1.1";

/** What each test gets: a database of its own, or one with tenants of its own. */
export interface OpenedRecords {
  readonly database: Database;
}

/** A tenant nobody else uses: tests share a database and run in any order. */
export function newTenant(): string {
  return `t-${uuidV7()}`;
}

export function newRef(kind: Kind = "job", tenant: string = newTenant()): JobRef {
  return jobRef(tenant, kind, uuidV7());
}

export function newJob(ref: JobRef, more: Partial<NewJob> = {}): NewJob {
  const jobType = ref.kind === "video" ? "render" : "report";
  return {
    ref,
    jobType,
    title: "3월 보고서",
    payload: { rows: 3 },
    createdBy: "alice",
    maxTries: 3,
    ...more,
  };
}

/** A PENDING row. */
export async function submitted(
  { requests }: Database,
  ref: JobRef = newRef(),
  more: Partial<NewJob> = {},
): Promise<JobRecord> {
  const outcome = await requests.submit(newJob(ref, more));
  if (outcome.outcome !== "created") throw new Error(`submit: ${outcome.outcome}`);
  return outcome.record;
}

/** A PROCESSING row. */
export async function running(
  database: Database,
  ref: JobRef = newRef(),
  more: Partial<NewJob> = {},
): Promise<JobRecord> {
  await submitted(database, ref, more);
  return claimed(database, ref);
}

export async function claimed(
  { worker }: Database,
  ref: JobRef,
  leaseMs: number = LEASE_MS,
): Promise<JobRecord> {
  const outcome = await worker.claim(ref, CLAIM_OWNER, leaseMs);
  if (outcome.outcome !== "claimed") throw new Error(`claim: ${outcome.outcome}`);
  return outcome.record;
}

/** A job's or video's success. */
export function success(kind: Kind): {
  status: "READY" | "DONE";
  result: { kind: "value"; value: { ok: true }; bytes: number };
} {
  return {
    status: kind === "video" ? "READY" : "DONE",
    result: { kind: "value", value: { ok: true }, bytes: 11 },
  };
}

/** The entry of one job as the table holds it. */
export async function entryOf(
  database: Database,
  ref: JobRef,
): Promise<{ readonly generation: string; readonly dueInMs: number; readonly applied: boolean } | null> {
  const { rows } = await database.query("watching", {
    text: `SELECT generation::text AS generation, applied_at IS NOT NULL AS applied,
             round(extract(epoch FROM due_at - now()) * 1000)::float8 AS due_in_ms
           FROM statusplane.job_outbox WHERE tenant_id = $1 AND kind = $2 AND id = $3`,
    values: [ref.tenant, ref.kind, ref.id],
  });
  const [row] = rows;
  if (row === undefined) return null;
  return {
    generation: String(row["generation"]),
    dueInMs: Number(row["due_in_ms"]),
    applied: row["applied"] === true,
  };
}

/** Makes the job's lease, run time or entry due as if the time had passed. */
export async function letPass(
  database: Database,
  ref: JobRef,
  what: "lease" | "backoff" | "entry",
): Promise<void> {
  const text = {
    lease: "UPDATE statusplane.job SET lease_until = now() - interval '1 second'",
    backoff: "UPDATE statusplane.job SET run_at = now() - interval '1 second'",
    entry: "UPDATE statusplane.job_outbox SET due_at = now() - interval '1 second'",
  }[what];
  const key = "WHERE tenant_id = $1 AND kind = $2 AND id = $3";
  const { rowCount } = await database.query("watching", {
    text: `${text} ${key}`,
    values: [ref.tenant, ref.kind, ref.id],
  });
  if (rowCount !== 1) throw new Error(`nothing to let pass: ${what}`);
}

/** Ends what earlier tests left due, so that a test sees only its own. */
export async function quiet(database: Database): Promise<void> {
  await database.query("watching", { text: "DELETE FROM statusplane.job_outbox" });
  await database.query("watching", {
    text: "UPDATE statusplane.job SET lease_until = now() + interval '1 hour' WHERE status = 'PROCESSING'",
  });
  await database.query("watching", {
    text: "UPDATE statusplane.reconciler SET owner = NULL, lease_until = '-infinity'",
  });
}

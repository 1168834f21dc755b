import {
  jobRef,
  uuidV7,
  type JobRecord,
  type JobRef,
  type Json,
  type Kind,
  type NewJob,
  type ReconcilerRecords,
  type RequestRecords,
  type WorkerRecords,
} from "@statusplane/core";

export const LEASE_MS = 90_000;
/** What `claimed` calls itself. */
export const CLAIM_OWNER = "worker-1.1";

/** An outbox entry as the adapter holds it. */
export interface HeldEntry {
  readonly generation: string;
  readonly dueInMs: number;
  readonly applied: boolean;
}

/** An adapter's ports, and ways behind them that only its tests have. */
export interface OpenedRecords {
  readonly worker: WorkerRecords;
  readonly requests: RequestRecords;
  readonly reconciler: ReconcilerRecords;
  /** The entry of one job; null: it has none. */
  entryOf(ref: JobRef): Promise<HeldEntry | null>;
  /** What the next attempt would go on from. */
  checkpointOf(ref: JobRef): Promise<Json>;
  /** Makes the job's lease, run time, entry or end lie so far back, ms; default 1,000. @throws {Error} where it has none. */
  letPass(ref: JobRef, what: "lease" | "backoff" | "entry" | "end", byMs?: number): Promise<void>;
  /** How many attempts that have ended and Idempotency-Keys are kept of a job. */
  hangingOn(ref: JobRef): Promise<number>;
  /** How many statements the ports have cost so far. */
  statements(): number;
  /** Takes away what earlier tests left due: no entries, no lease that ends, nobody who leads. */
  quiet(): Promise<void>;
  /** Takes all jobs away. */
  clear(): Promise<void>;
  close(): Promise<void>;
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
  { requests }: Pick<OpenedRecords, "requests">,
  ref: JobRef = newRef(),
  more: Partial<NewJob> = {},
): Promise<JobRecord> {
  const outcome = await requests.submit(newJob(ref, more));
  if (outcome.outcome !== "created") throw new Error(`submit: ${outcome.outcome}`);
  return outcome.record;
}

/** A PROCESSING row. */
export async function running(
  records: Pick<OpenedRecords, "requests" | "worker">,
  ref: JobRef = newRef(),
  more: Partial<NewJob> = {},
): Promise<JobRecord> {
  await submitted(records, ref, more);
  return claimed(records, ref);
}

export async function claimed(
  { worker }: Pick<OpenedRecords, "worker">,
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

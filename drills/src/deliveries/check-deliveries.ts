import {
  encodeSnapshot,
  refKey,
  snapshotOfRecord,
  type JobRecord,
  type JobRef,
  type Json,
} from "@statusplane/core";
import { eventually } from "@statusplane/test-support";
import type { Invariant, Violation } from "../drill.ts";
import { checkHistory } from "../history/check-history.ts";
import { readJobHistory } from "../history/job-history.ts";
import { attemptKey, MAX_TRIES } from "./delivered-job.ts";
import type { Installation } from "./installation.ts";
import { countOpen, type AcceptedJob } from "./submit-jobs.ts";

/** Everything ends long before: only what is stuck for ever reaches it. */
const ENDS_WITHIN_MS = 120_000;
const PAGE = 100;
const MOST_VIOLATIONS = 20;

export interface DeliveriesChecked {
  /** Rows and accepted snapshots that were looked at. */
  readonly observations: number;
  readonly violations: readonly Violation[];
}

/** Waits for the end of all jobs and of the outbox, then looks at every row, every run and every snapshot. */
export async function checkDeliveries(
  installation: Installation,
  jobs: ReadonlyMap<string, AcceptedJob>,
): Promise<DeliveriesChecked> {
  const { pool, witness } = installation;
  const violations: Violation[] = [];
  const add = (invariant: Invariant, what: string): void => void violations.push({ invariant, what });
  const within = async (
    what: string,
    invariant: Invariant,
    isOver: () => Promise<boolean>,
  ): Promise<void> => {
    await eventually(what, isOver, ENDS_WITHIN_MS).catch((error: unknown) => add(invariant, String(error)));
  };
  await within("every job has ended", "I10", async () => (await countOpen(installation)) === 0);
  await within("the outbox is empty", "I4", async () => {
    const { rows } = await pool.query("SELECT FROM statusplane.job_outbox LIMIT 1");
    return rows.length === 0;
  });
  const records = await readRecords(installation, jobs);
  for (const [key, job] of jobs) {
    const record = records.get(key);
    if (record === undefined) add("I10", `${key}: an accepted job has no row`);
    else checkRow(record, job, add);
  }
  checkRuns(installation, records, add);
  await checkSnapshots(installation, [...records.values()], add);
  const committed = await readJobHistory(pool);
  const markerOf = (): undefined => undefined;
  violations.push(...checkHistory({ lines: [], committed, dataWasLost: false, markerOf }));
  violations.push(...witness.violations, ...witness.uncommitted(committed));
  return {
    observations: records.size + witness.seen + committed.length,
    violations: violations
      .slice(0, MOST_VIOLATIONS)
      .map(({ invariant, what }) => ({ invariant, what: `${installation.name}: ${what}` })),
  };
}

type Add = (invariant: Invariant, what: string) => void;

/** The end that was planned, and not one try or attempt more than it takes. */
function checkRow(record: JobRecord, { plan, cancel }: AcceptedJob, add: Add): void {
  const { status, attempt, tries, triesLost } = record;
  const line = `${refKey(record.ref)}: ${status}, attempt ${attempt}, ${tries} tries, ${triesLost} lost; ${JSON.stringify(plan)}, cancel ${cancel}`;
  if (triesLost !== 0) add("I8", `a lease was lost: ${line}`);
  if (cancel === "cancelled" || cancel === "requested") {
    if (status !== "CANCELLED") add("I1", `an accepted cancel is not kept: ${line}`);
    if (tries > attempt) add("I8", `a try without an attempt: ${line}`);
    return;
  }
  const failing = plan.failingTries >= MAX_TRIES;
  const wanted = failing ? MAX_TRIES : plan.failingTries + 1;
  if (status !== (failing ? "FAILED" : "DONE")) add("I1", `another end than planned: ${line}`);
  if (attempt !== wanted || tries !== wanted) add("I8", `a duplicate cost a try or an attempt: ${line}`);
}

/** An attempt's code starts once, and the row's result is of the last attempt's only run. */
function checkRuns({ log }: Installation, records: ReadonlyMap<string, JobRecord>, add: Add): void {
  const runs = new Map<string, string>();
  for (const { attemptKey: key, run } of log.runs) {
    const other = runs.get(key);
    if (other !== undefined) add("I1", `${key} was run twice: ${other} and ${run}`);
    runs.set(key, run);
  }
  for (const record of records.values()) {
    if (record.status !== "DONE" || record.result?.kind !== "inline") continue;
    const { run } = record.result.value as Readonly<Record<string, Json>>;
    const known = runs.get(attemptKey(record));
    if (run !== known)
      add("I9", `${attemptKey(record)} shows the result of ${JSON.stringify(run)}, ${known} ran`);
  }
}

/** All rows are terminal: the store shows them byte for byte. */
async function checkSnapshots(
  { store }: Installation,
  records: readonly JobRecord[],
  add: Add,
): Promise<void> {
  for (let from = 0; from < records.length; from += PAGE) {
    const page = records.slice(from, from + PAGE);
    const snapshots = await store.reader.readMany(page.map(({ ref }) => ref));
    for (const [at, record] of page.entries()) {
      const wanted = encodeSnapshot(snapshotOfRecord(record)).text;
      const shown = snapshots[at]?.text ?? null;
      if (shown !== wanted) add("I4", `${refKey(record.ref)} shows ${shown}\n  its row says ${wanted}`);
    }
  }
}

async function readRecords(
  { database }: Installation,
  jobs: ReadonlyMap<string, AcceptedJob>,
): Promise<ReadonlyMap<string, JobRecord>> {
  const tenants = new Set(Array.from(jobs.values(), ({ ref }) => ref.tenant));
  const records = new Map<string, JobRecord>();
  for (const tenant of tenants) {
    for await (const record of everyRecord(database, tenant)) records.set(refKey(record.ref), record);
  }
  return records;
}

async function* everyRecord(
  { requests }: Installation["database"],
  tenant: JobRef["tenant"],
): AsyncGenerator<JobRecord> {
  let cursor: string | null = null;
  do {
    const page = await requests.page(tenant, "job", { cursor, limit: PAGE });
    yield* page.items;
    cursor = page.nextCursor;
  } while (cursor !== null);
}

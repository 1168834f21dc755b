import { applyRecord, jobRef, refKey, type JobRef, type Json } from "@statusplane/core";
import { setTimeout as sleep } from "node:timers/promises";
import type { Random } from "../random.ts";
import { DELIVERED_JOB_TYPE, MAX_TRIES, type JobPlan } from "./delivered-job.ts";
import type { Installation } from "./installation.ts";

/** Jobs that are not ended at once: enough for both queues to have something to reorder. */
const OPEN_JOBS = 400;
const SUBMITS_AT_ONCE = 8;
const LOOK_EVERY_MS = 50;
const TENANTS = 5;
/** Shares of all jobs. */
const CANCELLED = 0.03;
const LEFT_TO_THE_RELAY = 0.05;
const CANCEL_WITHIN_MS = 200;
const MOST_PAGES = 10;

/** A job that was accepted. */
export interface AcceptedJob {
  readonly ref: JobRef;
  readonly plan: JobPlan;
  /** What a cancel was answered; null: none was asked for. */
  cancel: "cancelled" | "requested" | "finished" | "not_found" | null;
}

export interface SubmitOptions {
  /** Deliveries that are to be made. */
  readonly volume: number;
  readonly random: Random;
  readonly say: (sentence: string) => void;
}

/** Submits jobs, never too many at once, until so many deliveries were made. @returns all that were accepted. */
export async function submitJobs(
  installation: Installation,
  { volume, random, say }: SubmitOptions,
): Promise<ReadonlyMap<string, AcceptedJob>> {
  const jobs = new Map<string, AcceptedJob>();
  const cancels: Promise<void>[] = [];
  let said = 0;
  while (installation.log.delivered < volume) {
    const missing = OPEN_JOBS - (await countOpen(installation));
    for (let done = 0; done < missing; done += SUBMITS_AT_ONCE) {
      await Promise.all(
        Array.from({ length: SUBMITS_AT_ONCE }, async () => {
          const job = await submitOne(installation, { number: jobs.size, random, jobs });
          if (random.chance(CANCELLED)) cancels.push(cancelLater(installation, job, random));
        }),
      );
    }
    if (installation.log.delivered - said > volume / MOST_PAGES) {
      said = installation.log.delivered;
      say(`${installation.name}: ${said} of ${volume} deliveries, ${jobs.size} jobs`);
    }
    await sleep(LOOK_EVERY_MS);
  }
  await Promise.all(cancels);
  return jobs;
}

/** Rows that are not ended. */
export async function countOpen({ pool }: Pick<Installation, "pool">): Promise<number> {
  const { rows } = await pool.query<{ open: string }>(
    `SELECT (SELECT count(*) FROM statusplane.job WHERE status = 'PENDING') + (SELECT count(*) FROM statusplane.job WHERE status = 'PROCESSING') AS open`,
  );
  return Number(rows[0]?.open ?? Number.NaN);
}

interface Submitting {
  readonly number: number;
  readonly random: Random;
  readonly jobs: Map<string, AcceptedJob>;
}

/** As the submit routes do it; now and then the process dies after COMMIT, and the relay does the rest. */
async function submitOne(
  { database, writer, queue }: Installation,
  { number, random, jobs }: Submitting,
): Promise<AcceptedJob> {
  const ref = jobRef(`t${number % TENANTS}`, "job", `j${number}`);
  const plan = planOf(random);
  const job: AcceptedJob = { ref, plan, cancel: null };
  jobs.set(refKey(ref), job); // its name is taken before the first await
  const { lastsMs, failingTries, fillingBytes } = plan;
  const payload: Json = { lastsMs, failingTries, fillingBytes };
  const submitted = await database.requests.submit({
    ref,
    jobType: DELIVERED_JOB_TYPE,
    title: null,
    payload,
    createdBy: null,
    maxTries: MAX_TRIES,
  });
  if (submitted.outcome === "conflict") throw new Error(`${refKey(ref)} was there already`);
  if (!random.chance(LEFT_TO_THE_RELAY)) await applyRecord(submitted.record, { writer, queue });
  return job;
}

function planOf(random: Random): JobPlan {
  const failing = random.next();
  return {
    // most are short; some last long enough for a duplicate to come meanwhile
    lastsMs: random.chance(0.05) ? random.between(200, 800) : random.between(0, 30),
    failingTries: failing < 0.02 ? MAX_TRIES : failing < 0.1 ? random.between(1, MAX_TRIES - 1) : 0,
    fillingBytes: random.chance(0.1) ? 400 : 0,
  };
}

/** As the cancel routes do it. */
async function cancelLater(
  { database, writer, queue }: Installation,
  job: AcceptedJob,
  random: Random,
): Promise<void> {
  await sleep(random.between(0, CANCEL_WITHIN_MS));
  const answer = await database.requests.cancel(job.ref);
  job.cancel = answer.outcome;
  if (answer.outcome === "not_found") return;
  if (answer.outcome === "cancelled") await applyRecord(answer.record, { writer, queue });
  if (answer.outcome === "requested") await writer.requestCancel(job.ref, answer.record.attempt);
}

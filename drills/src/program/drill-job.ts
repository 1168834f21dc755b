import { JobError, type Json } from "@statusplane/core";
import { defineJob, type JobContext, type JobDefinition } from "@statusplane/worker";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { workerLog } from "./worker-log.ts";

/** The job type of the drills. */
export const DRILL_JOB_TYPE = "drill";
/** Does the same with a file that it does not look at. */
export const DRILL_FILE_JOB_TYPE = "drill_file";

/** What a drill's job is to do. */
export interface DrillPayload {
  /** How long its code takes, ms. */
  readonly lastsMs: number;
  /** The first so many attempts throw. */
  readonly failAttempts: number;
  /** Bytes of filling in the result: above 8 KiB it has a key of its own. */
  readonly resultBytes: number;
  /** Whether it writes a file into its attempt's folder. */
  readonly writesFile: boolean;
  /** Comes back in partial and final results, so that a foreign snapshot is recognised. */
  readonly marker: string;
}

const STEP_MS = 50;

/** Does nothing but report, for as long as it is told; says in the worker's log when its code begins and ends. */
const drillJob = (type: string, input: JobDefinition["input"]): JobDefinition =>
  defineJob({
    type,
    input,
    steps: [
      { key: "prepare", label: { ko: "준비", en: "Preparing" }, weight: 1 },
      { key: "work", label: { ko: "작업", en: "Working" }, weight: 9 },
    ],
    parse: (payload) => payload as unknown as DrillPayload, // only drills submit it
    run: async (ctx, payload): Promise<Json> => {
      workerLog({ what: "began", tenant: ctx.tenant, id: ctx.ref.id, attempt: ctx.attempt });
      try {
        return await work(ctx, payload);
      } finally {
        workerLog({ what: "ended", tenant: ctx.tenant, id: ctx.ref.id, attempt: ctx.attempt });
      }
    },
  });

async function work(ctx: JobContext<"prepare" | "work">, payload: DrillPayload): Promise<Json> {
  const { lastsMs, failAttempts, resultBytes, writesFile, marker } = payload;
  ctx.step("prepare");
  ctx.partial({ marker });
  if (writesFile) await writeFile(join(await ctx.outputFolder(), "data.txt"), marker);
  ctx.step("work");
  const startedAtMs = performance.now();
  for (let passedMs = 0; passedMs < lastsMs; passedMs = performance.now() - startedAtMs) {
    ctx.progress((passedMs / lastsMs) * 100);
    ctx.kept({ marker, passedMs: Math.round(passedMs) });
    await sleep(Math.min(STEP_MS, lastsMs - passedMs), undefined, { signal: ctx.signal });
  }
  if (ctx.attempt <= failAttempts) throw new JobError("internal_error", { retryable: true });
  return { marker, attempt: ctx.attempt, filling: "x".repeat(resultBytes) };
}

/** The drills' job types. */
export const DRILL_JOBS: readonly JobDefinition[] = [
  drillJob(DRILL_JOB_TYPE, "none"),
  drillJob(DRILL_FILE_JOB_TYPE, "file"),
];

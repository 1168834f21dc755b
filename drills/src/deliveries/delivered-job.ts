import { JobError, refKey, type Json } from "@statusplane/core";
import { defineJob, type JobDefinition } from "@statusplane/worker";
import { setTimeout as sleep } from "node:timers/promises";

export const DELIVERED_JOB_TYPE = "delivered";
export const MAX_TRIES = 3;

/** What a job is to do. */
export interface JobPlan {
  /** How long its code takes, ms. */
  readonly lastsMs: number;
  /** The first so many tries throw; `MAX_TRIES`: it ends FAILED. */
  readonly failingTries: number;
  /** Bytes of filling in the result. */
  readonly fillingBytes: number;
}

/** One start of a job's code. */
export interface Run {
  /** `refKey.attempt`. */
  readonly attemptKey: string;
  /** Names this start; the winner's is in the result. */
  readonly run: string;
}

export interface DeliveredJobOptions {
  /** Names the process or thread. */
  readonly where: string;
  readonly onRun: (run: Run) => void;
  readonly onEnd: (run: Run) => void;
  /** Called in the middle of the code, on the event loop that everything of this worker shares. */
  readonly disturb: () => void;
}

/** A job whose result names the run that made it. */
export function deliveredJob({ where, onRun, onEnd, disturb }: DeliveredJobOptions): JobDefinition {
  let runs = 0;
  return defineJob({
    type: DELIVERED_JOB_TYPE,
    maxTries: MAX_TRIES,
    steps: [],
    parse: (payload) => payload as unknown as JobPlan, // only this drill submits it
    run: async (ctx, plan): Promise<Json> => {
      const run = { attemptKey: attemptKey(ctx), run: `${where}-${++runs}` };
      onRun(run);
      try {
        ctx.progress(10);
        disturb();
        await sleep(plan.lastsMs, undefined, { signal: ctx.signal });
        ctx.progress(90);
        // every try of these jobs is an attempt: nothing else makes their rows PENDING again
        if (ctx.attempt <= plan.failingTries) throw new JobError("internal_error", { retryable: true });
        return { run: run.run, filling: "x".repeat(plan.fillingBytes) };
      } finally {
        onEnd(run);
      }
    },
  });
}

export function attemptKey({
  ref,
  attempt,
}: {
  readonly ref: Parameters<typeof refKey>[0];
  readonly attempt: number;
}): string {
  return `${refKey(ref)}.${attempt}`;
}

import {
  encodeSnapshot,
  FINAL_VERSION,
  isTerminal,
  jobKeys,
  jobRef,
  parseHead,
  tenantKeys,
  type EncodedSnapshot,
  type JobRef,
  type ProgressHash,
  type Status,
  type StatusStore,
} from "@statusplane/core";
import { openRedisStatusStore } from "@statusplane/redis";
import { startRedis, type RedisServer } from "@statusplane/test-support";
import fc from "fast-check";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startPythonWorker, type PythonWorker } from "./python-worker.ts";
import { ReferenceWriters, type Held } from "./reference-writers.ts";

const PROCESSES = 2;
const HISTORIES = 150;
const LIVE_TTL_SECONDS = 21_600;

type Step =
  | { readonly do: "start" | "wait" | "beat"; readonly process: number }
  | { readonly do: "progress"; readonly process: number; readonly percent: number }
  | { readonly do: "finish"; readonly process: number; readonly status: Status }
  | {
      readonly do: "ours";
      readonly kind: "announce" | "progress";
      readonly attempt: number;
      readonly version: number;
    }
  | { readonly do: "oursEnds"; readonly attempt: number; readonly status: "DONE" | "FAILED" }
  | { readonly do: "oldCode"; readonly status: "PROCESSING" | "DONE" }
  | { readonly do: "lose" };

const process = fc.integer({ min: 0, max: PROCESSES - 1 });
const attempt = fc.integer({ min: 1, max: 5 });
const percent = fc.integer({ min: 0, max: 100 });
const just = <T extends string>(word: T): fc.Arbitrary<T> => fc.constant(word);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: just("start"), process }) },
  { weight: 1, arbitrary: fc.record({ do: just("wait"), process }) },
  { weight: 1, arbitrary: fc.record({ do: just("beat"), process }) },
  { weight: 4, arbitrary: fc.record({ do: just("progress"), process, percent }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: just("finish"),
      process,
      status: fc.constantFrom<Status>("DONE", "FAILED", "CANCELLED"),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: just("ours"),
      kind: fc.constantFrom("announce", "progress"),
      attempt,
      version: fc.integer({ min: 1, max: 6 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: just("oursEnds"), attempt, status: fc.constantFrom("DONE", "FAILED") }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: just("oldCode"), status: fc.constantFrom("PROCESSING", "DONE") }),
  },
  { weight: 1, arbitrary: fc.record({ do: just("lose") }) },
);

let server: RedisServer;
let raw: Redis;
let store: StatusStore;
let workers: PythonWorker[];
let jobs = 0;
beforeAll(async () => {
  server = await startRedis();
  raw = new Redis(server.url);
  store = await openRedisStatusStore({ url: server.url });
  workers = Array.from({ length: PROCESSES }, () => startPythonWorker(server.url));
});
afterAll(async () => {
  for (const worker of workers) await worker.stop();
  raw.disconnect();
  await store.close();
  await server.stop();
});

const OUR_PERCENT = 33;

function ourSnapshot(ref: JobRef, { attempt, version, status, percent }: Held): EncodedSnapshot {
  const base = { ref, jobType: "ocr", title: null, attempt, updatedAt: "2026-11-02T03:04:05.678Z" };
  if (status === "PROCESSING") {
    const progress = { percent: percent ?? 0, remainingSeconds: null, step: null };
    return encodeSnapshot({ ...base, status, version, progress });
  }
  return status === "DONE"
    ? encodeSnapshot({ ...base, status, result: { kind: "inline", value: 1 } })
    : encodeSnapshot({ ...base, status: "FAILED", errorCode: "internal_error", errorMessage: "!" });
}

/** Carries a step out for real and on the reference: both answers. */
async function carryOut(step: Step, ref: JobRef, reference: ReferenceWriters): Promise<[unknown, unknown]> {
  const call = (worker: number, name: string, ...args: unknown[]): Promise<unknown> =>
    workers[worker]?.call(name, args) ?? Promise.reject(new Error(`no worker ${worker}`));
  const { tenant, id } = ref;
  switch (step.do) {
    case "start":
      return [
        await call(step.process, "cache_job_status", tenant, id, "PROCESSING"),
        reference.start(step.process),
      ];
    case "wait":
      return [
        await call(step.process, "cache_job_status", tenant, id, "PENDING"),
        reference.wait(step.process),
      ];
    case "beat":
      return [
        await call(step.process, "refresh_job_progress_ttl", tenant, id),
        reference.progress(step.process, null),
      ];
    case "progress": {
      const { process, percent } = step;
      return [
        await call(process, "record_progress", id, "read", { percent }, tenant),
        reference.progress(process, percent),
      ];
    }
    case "finish":
      return [
        await call(step.process, "cache_job_status", tenant, id, step.status, "ocr", null, [1]),
        reference.finish(step.process, step.status),
      ];
    case "ours":
    case "oursEnds": {
      const [kind, write]: ["announce" | "progress" | "finish", Held] =
        step.do === "ours"
          ? [step.kind, { ...step, status: "PROCESSING", percent: OUR_PERCENT }]
          : ["finish", { ...step, version: FINAL_VERSION, percent: null }];
      const { answer } = await store.writer.write(kind, ourSnapshot(ref, write));
      return [answer, reference.write(kind, write)];
    }
    case "oldCode":
      await raw.set(jobKeys(ref).status, JSON.stringify({ status: step.status }), "EX", 100);
      return [null, reference.overwrite(step.status) ?? null];
    case "lose":
      await raw.del(jobKeys(ref).status, jobKeys(ref).progress, jobKeys(ref).result);
      return [null, reference.overwrite(null) ?? null];
  }
}

interface Sight {
  readonly held: Held | null;
  readonly life: "none" | "live" | "old code's" | "absent";
  readonly hashPercent: string | null;
}

async function look(ref: JobRef): Promise<Sight> {
  const keys = jobKeys(ref);
  const [text, ttl, hashPercent] = await Promise.all([
    raw.get(keys.status),
    raw.ttl(keys.status),
    raw.hget(keys.progress, "percent" satisfies keyof ProgressHash),
  ]);
  if (text === null) return { held: null, life: "absent", hashPercent };
  const head = parseHead(text);
  const body = JSON.parse(text) as { status: Status; progress?: { percent: number } | null };
  const life = ttl === -1 ? "none" : ttl > LIVE_TTL_SECONDS - 600 ? "live" : "old code's";
  if (head === null) {
    const version = isTerminal(body.status) ? FINAL_VERSION : 0;
    return { held: { attempt: 0, version, status: body.status, percent: null }, life, hashPercent: null };
  }
  return { held: { ...head, percent: body.progress?.percent ?? null }, life, hashPercent };
}

function expected({ held }: ReferenceWriters): Sight {
  if (held === null) return { held, life: "absent", hashPercent: null };
  const { attempt, version, status, percent } = held;
  const life = attempt === 0 ? "old code's" : isTerminal(status) ? "none" : "live";
  const hashPercent = attempt > 0 && percent !== null ? String(percent) : null;
  return { held: { attempt, version, status, percent }, life, hashPercent };
}

describe("Python processes, a writer of ours and old code on one job", () => {
  it(
    "any history gets the answers that are promised and leaves what they say",
    { timeout: 120_000 },
    async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 24 }), async (steps) => {
          const ref = jobRef("histories", "job", `h-${++jobs}`);
          const reference = new ReferenceWriters(PROCESSES);
          for (const [i, each] of steps.entries()) {
            const [actual, promised] = await carryOut(each, ref, reference);
            expect({ step: i, answer: actual, ...(await look(ref)) }).toEqual({
              step: i,
              answer: promised,
              ...expected(reference),
            });
          }
          if (reference.held !== null && reference.held.attempt > 0 && !isTerminal(reference.held.status))
            expect(await raw.zscore(tenantKeys(ref.tenant).active, `job:${ref.id}`)).not.toBeNull();
        }),
        { numRuns: HISTORIES },
      );
    },
  );
});

import { DEFAULT_TIMINGS, type JobRef, type Json, type Timings } from "@statusplane/core";
import { createMemoryQueue } from "@statusplane/memory";
import {
  createWorker,
  defineJob,
  type JobContext,
  type JobDefinition,
  type JobResult,
  type StatusWorker,
  type WorkerOptions,
} from "@statusplane/worker";
import { FakeClock, settle } from "./fake-clock.ts";
import { FakeFiles } from "./fake-files.ts";
import { FakeRecords, type Row } from "./fake-records.ts";
import { FakeStatusStore } from "./fake-status-store.ts";
import { KeptLog, type LogLine } from "./kept-log.ts";

/** A job's code that a test leads step by step. */
export interface LedJob {
  readonly ctx: JobContext<"read" | "write">;
  readonly payload: Json;
  readonly end: (result?: JobResult) => void;
  readonly fail: (error: unknown) => void;
}

export interface WorkerSetUp {
  readonly worker: StatusWorker;
  readonly clock: FakeClock;
  readonly records: FakeRecords;
  readonly store: FakeStatusStore;
  readonly files: FakeFiles;
  readonly queue: ReturnType<typeof createMemoryQueue>;
  readonly lines: readonly LogLine[];
  readonly debugLines: readonly LogLine[];
  /** Every start of the code, in order. */
  readonly started: LedJob[];
  /** Adds a PENDING row and its delivery, and lets the worker begin. */
  readonly submit: (id: string, row?: Partial<Row>) => Promise<JobRef>;
  /** The newest start. */
  readonly job: () => LedJob;
}

export interface SetUpOptions extends Partial<Pick<WorkerOptions, "resultMaxBytes" | "concurrency">> {
  readonly timings?: Partial<Timings>;
  readonly jobs?: (led: JobDefinition) => readonly JobDefinition[];
  readonly requires?: () => Promise<string | null>;
  readonly kind?: "job" | "video";
  /** False: the worker's own default. */
  readonly log?: false;
}

/** A worker over fakes, started, with one job type `count` of two steps (weights 1 and 3). */
export async function openWorker(options: SetUpOptions = {}): Promise<WorkerSetUp> {
  const clock = new FakeClock();
  const records = new FakeRecords(clock);
  const store = new FakeStatusStore(clock);
  const files = new FakeFiles();
  const queue = createMemoryQueue({ clock });
  const started: LedJob[] = [];
  const log = new KeptLog();
  const led = defineJob({
    type: "count",
    kind: options.kind ?? "job",
    steps: [
      { key: "read", label: { ko: "읽기", en: "Reading" } },
      { key: "write", label: { ko: "쓰기", en: "Writing" }, weight: 3 },
    ],
    ...(options.requires === undefined ? {} : { requires: options.requires }),
    run: (ctx, payload) =>
      new Promise<JobResult>((resolve, reject) => {
        started.push({ ctx, payload, end: resolve, fail: reject });
      }),
  });
  const worker = createWorker({
    jobs: options.jobs?.(led) ?? [led],
    records,
    writer: store,
    installation: store,
    queue,
    files,
    clock,
    random: () => 0.5,
    owner: "worker-1",
    ...(options.log === false ? {} : { log }),
    timings: { ...DEFAULT_TIMINGS, ...options.timings },
    ...(options.resultMaxBytes === undefined ? {} : { resultMaxBytes: options.resultMaxBytes }),
    ...(options.concurrency === undefined ? {} : { concurrency: options.concurrency }),
  });
  await worker.start();
  return {
    worker,
    clock,
    records,
    store,
    files,
    queue,
    lines: log.lines,
    debugLines: log.debugLines,
    started,
    async submit(id, row = {}) {
      const ref = records.add(id, row);
      await queue.enqueue({ ref, attempt: 1, jobType: "count" });
      await settle();
      return ref;
    },
    job() {
      const newest = started.at(-1);
      if (newest === undefined) throw new Error("no code was started");
      return newest;
    },
  };
}

/** Makes code that stops when its signal says so, as a good job does. */
export function stopsOnAbort(job: LedJob): void {
  job.ctx.signal.addEventListener("abort", () => job.fail(job.ctx.signal.reason));
}

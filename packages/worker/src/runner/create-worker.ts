import { setMaxListeners } from "node:events";
import {
  DEFAULT_TIMINGS,
  settlesWithin,
  systemClock,
  uuidV7,
  type Clock,
  type Installation,
  type JobFiles,
  type JobQueue,
  type StatusWriter,
  type Timings,
  type WorkerRecords,
} from "@statusplane/core";
import type { JobDefinition } from "../define-job.ts";
import { stderrLog, type Log } from "../log.ts";
import { LeaseKeeper } from "./lease-keeper.ts";
import { Runner } from "./runner.ts";
import { TerminalWriter } from "./terminal-writer.ts";
import { TypeConsumer } from "./type-consumer.ts";
import { newWorkerCounts, type WorkerCounts } from "./worker-counters.ts";
import type { WorkerParts } from "./worker-parts.ts";

const RESULT_INLINE_MAX_BYTES = 8_192;
const RESULT_MAX_BYTES = 1_048_576;
const DEFAULT_CONCURRENCY = 4;
/** Of the shutdown's time this share is kept for handing back what does not react. */
const HAND_BACK_SHARE = 0.2;

export interface WorkerOptions {
  readonly jobs: readonly JobDefinition[];
  readonly records: WorkerRecords;
  readonly writer: StatusWriter;
  readonly queue: JobQueue;
  readonly installation: Pick<Installation, "setUnready" | "wake">;
  readonly files: JobFiles;
  /** Default: the design's. */
  readonly timings?: Timings;
  /** Jobs at once by job type, `*` for all others; from 1, default `{"*": 4}`. Of three or more one tenant gets all but one. */
  readonly concurrency?: Readonly<Record<string, number>>;
  /** Bytes up to which a result travels with its snapshot; default 8,192. */
  readonly resultInlineMaxBytes?: number;
  /** Bytes up to which a result is kept in the row; default 1,048,576. Beyond: a file. */
  readonly resultMaxBytes?: number;
  /** Names this process and no other; each claim's `lease_owner` is this and a number; default a UUID. */
  readonly owner?: string;
  readonly clock?: Clock;
  /** 0 ≤ random < 1; default Math.random. */
  readonly random?: () => number;
  /** Default: failures on stderr. */
  readonly log?: Log;
}

export interface WorkerStatus {
  readonly running: number;
  /** Committed ends that wait for the status store. */
  readonly keptEnds: number;
  /** Job types that cannot run here, with the reason's code. */
  readonly unready: ReadonlyMap<string, string>;
  readonly counts: Readonly<WorkerCounts>;
}

export interface StatusWorker {
  /** Begins to consume. Resolves when all job types are consumed or wait for what they require. */
  start(): Promise<void>;
  /**
   * What SIGTERM asks for: nothing more is claimed, jobs known to end within `finishWithinMs` may finish, all others
   * are aborted and handed back. Resolves within `shutdownMs`; a second call answers the first one's end.
   */
  stop(): Promise<void>;
  status(): WorkerStatus;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Makes the worker of one process: it claims, runs, reports and finishes jobs. It closes none of the ports it is given.
 * @throws {TypeError} when a job type is there twice or a concurrency is below 1.
 *
 * @example
 * const { writer, installation } = store;
 * const worker = createWorker({ jobs, records: database.worker, writer, installation, queue, files });
 * await worker.start();
 * process.once("SIGTERM", () => void worker.stop()); // what runs is handed back
 */
export function createWorker(options: WorkerOptions): StatusWorker {
  const { jobs, queue, installation } = options;
  const ended = new AbortController();
  setMaxListeners(0, ended.signal); // one listener per job that waits for a store, however many there are
  const parts = makeParts(options, ended.signal);
  const { records, timings, clock, random, log, writer } = parts;
  const leases = new LeaseKeeper({ records, timings, clock, log });
  const definitions = new Map(jobs.map((definition) => [definition.type, definition]));
  if (definitions.size !== jobs.length) throw new TypeError("a job type is defined twice");
  const runner = new Runner({ definitions, parts, leases });
  const consumers = jobs.map((definition) => {
    const concurrency = concurrencyOf(definition, options.concurrency);
    const handle = runner.handle.bind(runner);
    return new TypeConsumer({
      definition,
      concurrency,
      handle,
      queue,
      installation,
      timings,
      clock,
      random,
      log, // prettier-ignore
    });
  });
  let stopHeartbeat: () => void = () => undefined;
  let stopping: Promise<void> | null = null;

  const stop = (): Promise<void> =>
    (stopping ??= stopWorker({ runner, consumers, parts, ended }).finally(stopHeartbeat));
  return {
    async start() {
      stopHeartbeat = startHeartbeat(() => runner.refs(), { writer, timings, clock });
      await Promise.all(consumers.map((consumer) => consumer.start()));
    },
    stop,
    status: () => ({
      running: runner.running,
      keptEnds: parts.terminalWriter.kept,
      unready: new Map(
        jobs.flatMap(({ type }, index) => {
          const reason = consumers[index]?.unreadyReason ?? null;
          return reason === null ? [] : [[type, reason] as const];
        }),
      ),
      counts: parts.counts,
    }),
    [Symbol.asyncDispose]: stop,
  };
}

function makeParts(options: WorkerOptions, ended: AbortSignal): WorkerParts {
  const { records, writer, queue, installation, files } = options;
  const { timings = DEFAULT_TIMINGS, clock = systemClock, random = Math.random, log = stderrLog } = options;
  const counts = newWorkerCounts();
  return {
    records,
    writer,
    queue,
    installation,
    files,
    terminalWriter: new TerminalWriter({ writer, timings, clock, random, counts, log, ended }),
    timings,
    resultInlineMaxBytes: options.resultInlineMaxBytes ?? RESULT_INLINE_MAX_BYTES,
    resultMaxBytes: options.resultMaxBytes ?? RESULT_MAX_BYTES,
    owner: options.owner ?? uuidV7(),
    clock,
    random,
    log,
    counts,
    ended,
  };
}

function concurrencyOf(
  { type, concurrency: own }: JobDefinition,
  concurrency: Readonly<Record<string, number>> = {},
): number {
  const value = concurrency[type] ?? concurrency["*"] ?? own ?? DEFAULT_CONCURRENCY;
  if (!Number.isInteger(value) || value < 1)
    throw new TypeError(`concurrency of ${type} must be 1 or more: ${value}`);
  return value;
}

interface Stopping {
  readonly runner: Runner;
  readonly consumers: readonly TypeConsumer[];
  readonly parts: WorkerParts;
  readonly ended: AbortController;
}

async function stopWorker({ runner, consumers, parts, ended }: Stopping): Promise<void> {
  const { clock, timings } = parts;
  const reserveMs = timings.shutdownMs * HAND_BACK_SHARE;
  const startedAtMs = clock.nowMs();
  const pausing = Promise.allSettled(consumers.map((consumer) => consumer.pause()));
  const stopped = runner.stop();
  if (!(await settlesWithin(clock, timings.shutdownMs - reserveMs, stopped))) runner.abandon();
  const close = async (): Promise<void> => {
    await stopped;
    await pausing;
    await Promise.allSettled(consumers.map((consumer) => consumer.close()));
  };
  const leftMs = Math.max(0, timings.shutdownMs - (clock.nowMs() - startedAtMs));
  if (!(await settlesWithin(clock, leftMs, close()))) {
    parts.log.warn({ running: runner.running }, "shutdown timed out; leases will end the jobs still running");
  }
  ended.abort();
}

/** Puts what runs on the active lists again, in one call for all jobs of the process. */
function startHeartbeat(
  refs: () => ReturnType<Runner["refs"]>,
  { writer, timings, clock }: Pick<WorkerParts, "writer" | "timings" | "clock">,
): () => void {
  let cancelTimer = clock.after(timings.heartbeatMs, beat);
  function beat(): void {
    cancelTimer = clock.after(timings.heartbeatMs, beat);
    const running = refs();
    if (running.length > 0) writer.touchActive(running).catch(() => undefined); // a hint: the next beat repeats it
  }
  return () => cancelTimer();
}

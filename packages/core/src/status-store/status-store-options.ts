import { DEFAULT_TIMINGS, type Timings } from "../timings.ts";
import type { WriteAnswer, WriteKind } from "../transitions.ts";

/** The least that "cost-defence mode" allows: shorter lives would send everyone to the database in one wave. */
export const MIN_FINISHED_TTL_SECONDS = 86_400;
/** Each finished key lives up to this part longer, at random, so that they never expire together. */
const FINISHED_TTL_SPREAD = 0.1;

/** What metrics count; every member is called synchronously and must not throw. */
export interface StatusStoreCounters {
  /** Every guarded write by its answer; `unavailable` where the store gave none. */
  readonly onWrite?: (kind: WriteKind, answer: WriteAnswer | "unavailable") => void;
  /** A value that another program wrote was read. */
  readonly onForeignRead?: () => void;
  /** A change of a tenant's active list was lost: the next sign of life repeats it. */
  readonly onHintLost?: () => void;
}

/** Where an adapter says what nobody awaits; a pino logger fits. */
export interface StatusStoreLog {
  warn(details: Readonly<Record<string, unknown>>, message: string): void;
  info(details: Readonly<Record<string, unknown>>, message: string): void;
}

/** What both adapters take. */
export interface StatusStoreOptions {
  /** Intervals and deadlines. Default: `DEFAULT_TIMINGS`. */
  readonly timings?: Timings;
  /** Life of finished keys, in seconds: 0 (for ever) or 86,400 and more, each plus 0–10 %. Default 0. */
  readonly finishedTtlSeconds?: number;
  /** Random numbers in [0, 1) for that spread. Default: `Math.random`. */
  readonly random?: () => number;
  readonly counters?: StatusStoreCounters;
  readonly log?: StatusStoreLog;
}

/** {@link StatusStoreOptions} with every default filled in. */
export interface StatusStoreSettings {
  readonly timings: Timings;
  readonly random: () => number;
  readonly counters: StatusStoreCounters;
  readonly log: StatusStoreLog;
  /** The life of a key that is finished now, in seconds; 0: for ever. */
  readonly finishedTtlSeconds: () => number;
}

const SILENT: StatusStoreLog = { warn: () => undefined, info: () => undefined };

/** @throws {TypeError} when `finishedTtlSeconds` is neither 0 nor a whole number of at least 86,400. */
export function statusStoreSettings(options: StatusStoreOptions): StatusStoreSettings {
  const { timings = DEFAULT_TIMINGS, finishedTtlSeconds = 0, random = Math.random } = options;
  if (finishedTtlSeconds !== 0 && !(finishedTtlSeconds >= MIN_FINISHED_TTL_SECONDS)) {
    throw new TypeError(
      `finishedTtlSeconds must be 0 or at least ${MIN_FINISHED_TTL_SECONDS}: ${finishedTtlSeconds}`,
    );
  }
  return {
    timings,
    random,
    counters: options.counters ?? {},
    log: options.log ?? SILENT,
    finishedTtlSeconds: () => Math.floor(finishedTtlSeconds * (1 + FINISHED_TTL_SPREAD * random())),
  };
}

import {
  ERRORS,
  isId,
  JobError,
  type ErrorDefinition,
  type JobRef,
  type JobType,
  type Json,
  type Kind,
  type Words,
} from "@statusplane/core";
import type { Log } from "./log.ts";

export interface StepDefinition<StepKey extends string = string> {
  /** The machine's name, unique within the job type. */
  readonly key: StepKey;
  /** What people read while it runs. Default: its key. */
  readonly label?: Words;
  /**
   * How long it takes, relative to the other steps; > 0, default 1. It counts until what the steps really take is known;
   * one of at most a tenth of the heaviest's is taken for a moment that costs no time.
   */
  readonly weight?: number;
}

/** What a job's code is given. Reporting never blocks it and, but for a bad `partial`, `checkpoint` or `kept`, never throws into it. */
export interface JobContext<StepKey extends string = string> {
  readonly ref: JobRef;
  readonly tenant: string;
  /** The fencing token: outputs and side effects carry it. */
  readonly attempt: number;
  readonly createdBy: string | null;
  readonly title: string | null;
  /** As submitted; the second argument of `run` is what `parse` made of it. */
  readonly payload: Json;
  /**
   * The {@link JobContext.checkpoint} of an earlier attempt that failed, lost its worker or was handed back; null where
   * there was none. It may lag behind what that attempt did, but for a hand-back and a failed try.
   */
  readonly resumeFrom: Json;
  /** The uploaded input, null when there is none. */
  readonly inputPath: string | null;
  /**
   * Aborts when the job is cancelled, fenced off, has lost its lease, or the worker shuts down; the reason is a
   * StatusplaneError with that code. Stop then, and throw: what is returned after an abort is not recorded.
   */
  readonly signal: AbortSignal;
  readonly log: Log;
  /** Makes (once) and answers the attempt's own output folder. */
  outputFolder(): Promise<string>;
  /**
   * Declares a file of the attempt's, and answers its path in {@link JobContext.outputFolder}. Once the job has
   * succeeded it is served at `/api/v1/jobs/{id}/files/{name}`; what was declared and not written is not.
   * @param name 1–100 letters, digits, `.`, `_` and `-`, not `result.json`; at most 20 files.
   * @throws {TypeError} for another name, for the 21st, and for a video, whose outputs are what it plays.
   */
  output(name: string): Promise<string>;
  /** Begins a step. */
  step(key: StepKey): void;
  /**
   * @param percent 0–100 of the current step (of the whole where the job has no steps), as often as it is known. The
   * remaining time comes from its speed. One below half of what was told before means that the step does its work again.
   */
  progress(percent: number): void;
  /**
   * Shows a temporary result while the job runs; the newest counts.
   * @throws {TypeError} when it is not JSON or larger than 4 KiB.
   */
  partial(value: Json): void;
  /**
   * Gives the next attempt something to go on from; the newest counts. Kept with the lease's renewal, every 30 s, and
   * when the attempt is handed back or fails; it costs no statement. What must be exact is kept by the job's own
   * statements.
   * @throws {TypeError} when it is not JSON or larger than 4 KiB.
   */
  checkpoint(value: Json): void;
  /**
   * Says what stays when the job is cancelled: its result then.
   * @throws {TypeError} when it is not JSON.
   */
  kept(value: Json): void;
}

interface CommonOptions<StepKey extends string> {
  /** Names queue and code, `[A-Za-z0-9_-]{1,64}`. */
  readonly type: string;
  /** Default "job". */
  readonly kind?: Kind;
  /** What people call it. Default: the type. */
  readonly label?: Words;
  /** In order; may be empty. */
  readonly steps: readonly StepDefinition<StepKey>[];
  /** Starts at most, 1–100, default 3. A job's row keeps what it was when the job was submitted. */
  readonly maxTries?: number;
  /** What its code throws beside the platform's errors: `Object.values(defineErrors({ … }))`. Default: none. */
  readonly errors?: readonly ErrorDefinition[];
  /** Whether a file belongs to it: {@link JobType.input}. Default "none". */
  readonly input?: JobType["input"];
  /** Refuses a file by its first bytes: {@link JobType.looksRight}. Default: only an empty one. */
  readonly looksRight?: NonNullable<JobType["looksRight"]>;
  /** What a sign-in must allow beside `manage` to submit or retry it: {@link JobType.scope}. Default: nothing. */
  readonly scope?: string;
  /** Shows its payload to nobody: {@link JobType.hidesPayload}. Default false. */
  readonly hidesPayload?: boolean;
  /** Refuses a submit for what it looks up: {@link JobType.refusal}. Default: nothing. */
  readonly refusal?: NonNullable<JobType["refusal"]>;
  /** At once in one worker process, ≥ 1, where `WORKER_CONCURRENCY` says nothing. Default 4. */
  readonly concurrency?: number;
  /**
   * Asked before anything is consumed: null when the job can run here, else the code of what is missing
   * ("scanner_missing"). Asked again every few seconds until it is there.
   */
  readonly requires?: () => Promise<string | null>;
  /** Called once in a process that runs it, when everything else is up: may get what `requires` misses. Never rejects. */
  readonly prepare?: (machine: Preparation) => Promise<void>;
  /**
   * What on this machine makes it dangerous to run this job type: looked at once, at the start of a process that runs
   * it; warned of, and refused under `STRICT=1`.
   */
  readonly risks?: () => Promise<readonly JobRisk[]>;
}

/** What a job type that prepares its machine is given. */
export interface Preparation {
  /** Tells whoever reads the log what is there and what is done (`info`), and what a person has to do (`warn`). */
  readonly say: (level: "info" | "warn", sentence: string) => void;
  /** Asks the person at the terminal yes or no; null where nobody can be asked. */
  readonly ask: ((question: string) => Promise<boolean>) | null;
}

/** Something about this machine that makes a fault cost more than it must. */
export interface JobRisk {
  /** As `/readyz` and `/metrics` name it, e.g. "unconfined". */
  readonly code: string;
  /** One line: what it is, what it does, what to do. */
  readonly problem: string;
}

/** What `run` may answer: the result. For kind `video` an object with at least `hls_path` and `duration` (whole seconds ≥ 0). */
export type JobResult = Json | undefined | void;

export interface PlainJobOptions<StepKey extends string> extends CommonOptions<StepKey> {
  readonly run: (ctx: JobContext<StepKey>, payload: Json) => Promise<JobResult>;
}

export interface ParsedJobOptions<Payload, StepKey extends string> extends CommonOptions<StepKey> {
  /**
   * Checks the payload (with `file_name` in it where a file came along); throws what says what is wrong with it, best a
   * JobError or a schema's own error. Asked at submit, which is then refused (422 invalid_payload, with the reason), and
   * again before each try: what it refuses there, FAILED follows at once. Must not wait for anything.
   */
  readonly parse: (payload: Json) => Payload;
  readonly run: (ctx: JobContext<StepKey>, payload: Payload) => Promise<JobResult>;
}

/** A job type with its code, as a worker holds it. */
export interface JobDefinition extends JobType {
  readonly steps: readonly Required<StepDefinition>[];
  readonly requires: (() => Promise<string | null>) | null;
  /** Null: whatever the worker's default is. */
  readonly concurrency: number | null;
  readonly prepare: ((machine: Preparation) => Promise<void>) | null;
  readonly risks: (() => Promise<readonly JobRisk[]>) | null;
  /** Checks the payload and runs the job's code. */
  run(ctx: JobContext, payload: Json): Promise<JobResult>;
}

const DEFAULT_MAX_TRIES = 3;
const MAX_TRIES_LIMIT = 100;

/**
 * Defines a job type.
 * @throws {TypeError} when type, steps, maxTries, concurrency or errors do not fit.
 *
 * @example
 * const scanJob = defineJob({
 *   type: "scan",
 *   label: { ko: "문서 인식", en: "Scan" },
 *   steps: [{ key: "read", label: { ko: "읽기", en: "Reading" } }],
 *   run: async (ctx) => {
 *     ctx.step("read");
 *     for (let page = 1; page <= 20; page++) ctx.progress(page * 5);
 *     return { pages: 20 };
 *   },
 * });
 */
export function defineJob<Payload, const StepKey extends string>(
  options: ParsedJobOptions<Payload, StepKey>,
): JobDefinition;
export function defineJob<const StepKey extends string>(options: PlainJobOptions<StepKey>): JobDefinition;
export function defineJob<Payload, StepKey extends string>(
  options: ParsedJobOptions<Payload, StepKey> | PlainJobOptions<StepKey>,
): JobDefinition {
  const { type, kind = "job", maxTries = DEFAULT_MAX_TRIES, requires = null, errors = [] } = options;
  if (!isId(type)) throw new TypeError(`not a job type: ${JSON.stringify(type)}`);
  if (!Number.isInteger(maxTries) || maxTries < 1 || maxTries > MAX_TRIES_LIMIT) {
    throw new TypeError(`maxTries of ${type} must be 1..${MAX_TRIES_LIMIT}: ${maxTries}`);
  }
  const {
    label = sameWords(type),
    input = "none",
    looksRight,
    concurrency = null,
    prepare = null,
    risks = null,
    scope,
    refusal,
    hidesPayload = false,
  } = options;
  if (concurrency !== null && (!Number.isInteger(concurrency) || concurrency < 1)) {
    throw new TypeError(`concurrency of ${type} must be 1 or more: ${concurrency}`);
  }
  const base = {
    ...{ type, kind, label, maxTries, errors, input, concurrency, requires, prepare, risks },
    ...(looksRight === undefined ? {} : { looksRight }),
    ...(scope === undefined ? {} : { scope }),
    ...(refusal === undefined ? {} : { refusal }),
    hidesPayload,
    steps: checkSteps(type, options.steps),
  };
  const taken = errors.find(({ code }) => Object.hasOwn(ERRORS, code));
  if (taken !== undefined) throw new TypeError(`errors of ${type}: ${taken.code} is the platform's own`);
  if (!("parse" in options)) {
    return { ...base, check: () => undefined, run: (ctx, payload) => options.run(ctx, payload) };
  }
  const { parse, run } = options;
  return {
    ...base,
    check: (payload) => void parsePayload(parse, payload),
    run: async (ctx, payload) => run(ctx, parsePayload(parse, payload)),
  };
}

/** No payload gets better by another try, whatever `parse` says of it. */
function parsePayload<Payload>(parse: (payload: Json) => Payload, payload: Json): Payload {
  try {
    return parse(payload);
  } catch (error) {
    if (!(error instanceof JobError))
      throw new JobError("invalid_payload", { retryable: false, cause: error });
    const { code, message, cause } = error;
    throw new JobError(code, { message, retryable: false, cause });
  }
}

function checkSteps(type: string, steps: readonly StepDefinition[]): readonly Required<StepDefinition>[] {
  const keys = new Set<string>();
  return steps.map(({ key, label = sameWords(key), weight = 1 }) => {
    if (keys.has(key)) throw new TypeError(`step "${key}" of ${type} is there twice`);
    if (!(weight > 0) || !Number.isFinite(weight)) {
      throw new TypeError(`weight of step "${key}" of ${type} must be above 0: ${weight}`);
    }
    keys.add(key);
    return { key, label, weight };
  });
}

const sameWords = (text: string): Words => ({ ko: text, en: text });

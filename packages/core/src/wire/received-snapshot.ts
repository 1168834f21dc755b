import { rowVersion, type NextTry } from "../snapshot.ts";
import { isStatus, type Kind, type Status } from "../terms.ts";
import { readErrorMessage, readOutputParts, readProgressParts } from "./first-wire.ts";
import { asMembers, textOrNull, wholeOrNull, type Members } from "./members.ts";

/** A step as a receiver knows it: shown only if index, total, name and percent are all there. */
export interface ReceivedStep {
  /** From 1. */
  readonly index: number;
  readonly total: number;
  /** The machine's name; null where another program wrote none. */
  readonly key: string | null;
  /** The display name. */
  readonly name: string;
  /** 0–100 of this step. */
  readonly percent: number;
}

/** A snapshot as an answer tells it, checked, by what its statuses let a receiver show. */
export interface ReceivedSnapshot {
  /** Null for a word that is none of ours. */
  readonly status: Status | null;
  /** The server's word; null without one. */
  readonly word: string | null;
  /** Of every status. */
  readonly always: {
    readonly jobType: string | null;
    /** What people call the job. */
    readonly title: string | null;
    /** 0 for values of other programs. */
    readonly attempt: number;
    /** Where the body names none: what a row of its status tells. */
    readonly version: number;
    /** ISO 8601, UTC. */
    readonly updatedAt: string | null;
    /** Whether a record stands behind it. */
    readonly hasRecord: boolean;
  };
  /** While it waits for another try. */
  readonly nextTry: NextTry | undefined;
  /** While it runs. */
  readonly running: {
    /** 0 and more. */
    readonly percent: number | null;
    /** Whole seconds. */
    readonly remainingSeconds: number | undefined;
    readonly step: ReceivedStep | undefined;
    readonly partialResult: unknown;
  };
  /** What there is at its end. */
  readonly outcome: {
    readonly result: unknown;
    readonly resultUrl: string | null;
    readonly resultBytes: number | null;
    /** Where a video's output is inside the outputs. */
    readonly outputPath: string | null;
    /** Whole seconds. */
    readonly durationSeconds: number | null;
  };
  readonly errorCode: string | null;
  readonly errorMessage: string | null;
}

/**
 * Reads a body of the progress endpoints, of the detail endpoints or of a submit: they share their names. Nothing in a
 * body can make this throw; what is missing or of another type is null or undefined.
 */
export function readSnapshot(kind: Kind, body: unknown): ReceivedSnapshot {
  const members = asMembers(body);
  const textOf = (name: string): string | null => textOrNull(members[name]);
  const wholeOf = (name: string): number | null => wholeOrNull(members[name]);
  const word = textOf("status");
  const status = isStatus(word) ? word : null;
  const progress = readProgressParts(kind, members);
  const output = readOutputParts(members);
  return {
    status,
    word,
    always: {
      jobType: textOf("job_type"),
      title: textOf("title"),
      attempt: wholeOf("attempt") ?? 0,
      version: wholeOf("version") ?? (status === null ? 0 : rowVersion(status)),
      updatedAt: textOf("updated_at"),
      hasRecord: members["record"] !== false,
    },
    nextTry: readNextTry(members),
    running: {
      percent: wholeOrNull(progress.percent),
      remainingSeconds: wholeOrNull(progress.remainingSeconds) ?? undefined,
      step: readStep(progress),
      partialResult: members["partial_result"],
    },
    outcome: {
      result: members["result"] ?? null,
      resultUrl: textOf("result_url"),
      resultBytes: wholeOf("result_bytes"),
      outputPath: textOrNull(output.path),
      durationSeconds: wholeOrNull(output.durationSeconds),
    },
    errorCode: textOf("error_code"),
    errorMessage: readErrorMessage(kind, members),
  };
}

function readStep(parts: ReturnType<typeof readProgressParts>): ReceivedStep | undefined {
  const index = wholeOrNull(parts.stepIndex);
  const total = wholeOrNull(parts.stepTotal);
  const name = textOrNull(parts.stepName);
  const percent = wholeOrNull(parts.stepPercent);
  if (index === null || total === null || name === null || percent === null) return undefined;
  return { index, total, key: textOrNull(parts.stepKey), name, percent: Math.min(100, percent) };
}

function readNextTry(members: Members): NextTry | undefined {
  const retryAt = textOrNull(members["retry_at"]);
  const lastErrorCode = textOrNull(members["last_error_code"]);
  const next = wholeOrNull(members["try"]);
  const maxTries = wholeOrNull(members["max_tries"]);
  if (retryAt === null || lastErrorCode === null || next === null || maxTries === null) return undefined;
  return { retryAt, lastErrorCode, try: next, maxTries };
}

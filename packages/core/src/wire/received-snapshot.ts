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

/** A snapshot as an answer tells it, checked; what is missing or of another type is null. */
export interface ReceivedSnapshot {
  /** Null for a word that is none of ours. */
  readonly status: Status | null;
  /** The server's word; null without one. */
  readonly word: string | null;
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
  /** 0 and more. */
  readonly percent: number | null;
  /** Whole seconds. */
  readonly remainingSeconds: number | null;
  readonly step: ReceivedStep | null;
  readonly partialResult: unknown;
  readonly nextTry: NextTry | null;
  readonly result: unknown;
  readonly resultUrl: string | null;
  readonly resultBytes: number | null;
  /** Where a video's output is inside the outputs. */
  readonly outputPath: string | null;
  /** Whole seconds. */
  readonly durationSeconds: number | null;
  readonly errorCode: string | null;
  readonly errorMessage: string | null;
}

/**
 * Reads a body of the progress endpoints, of the detail endpoints or of a submit: they share their names. Nothing in a
 * body can make this throw.
 */
export function readSnapshot(kind: Kind, body: unknown): ReceivedSnapshot {
  const members = asMembers(body);
  const word = textOrNull(members["status"]);
  const status = isStatus(word) ? word : null;
  const progress = readProgressParts(kind, members);
  const output = readOutputParts(members);
  return {
    status,
    word,
    jobType: textOrNull(members["job_type"]),
    title: textOrNull(members["title"]),
    attempt: wholeOrNull(members["attempt"]) ?? 0,
    version: wholeOrNull(members["version"]) ?? (status === null ? 0 : rowVersion(status)),
    updatedAt: textOrNull(members["updated_at"]),
    hasRecord: members["record"] !== false,
    percent: wholeOrNull(progress.percent),
    remainingSeconds: wholeOrNull(progress.remainingSeconds),
    step: readStep(progress),
    partialResult: members["partial_result"],
    nextTry: readNextTry(members),
    result: members["result"] ?? null,
    resultUrl: textOrNull(members["result_url"]),
    resultBytes: wholeOrNull(members["result_bytes"]),
    outputPath: textOrNull(output.path),
    durationSeconds: wholeOrNull(output.durationSeconds),
    errorCode: textOrNull(members["error_code"]),
    errorMessage: readErrorMessage(kind, members),
  };
}

function readStep(parts: ReturnType<typeof readProgressParts>): ReceivedStep | null {
  const index = wholeOrNull(parts.stepIndex);
  const total = wholeOrNull(parts.stepTotal);
  const name = textOrNull(parts.stepName);
  const percent = wholeOrNull(parts.stepPercent);
  if (index === null || total === null || name === null || percent === null) return null;
  return { index, total, key: textOrNull(parts.stepKey), name, percent: Math.min(100, percent) };
}

function readNextTry(members: Members): NextTry | null {
  const retryAt = textOrNull(members["retry_at"]);
  const lastErrorCode = textOrNull(members["last_error_code"]);
  const next = wholeOrNull(members["try"]);
  const maxTries = wholeOrNull(members["max_tries"]);
  if (retryAt === null || lastErrorCode === null || next === null || maxTries === null) return null;
  return { retryAt, lastErrorCode, try: next, maxTries };
}

import { keyInTenant, type NextTry, type Status } from "@statusplane/core";
import type { NamedJob, ReceivedStep } from "@statusplane/core/wire";

/** Which job is watched. The tenant comes from the token; an id that is none (`[A-Za-z0-9_-]{1,64}`) is gone from the start. */
export type WatchRef = NamedJob;

/** One string per ref: `video:42`. The key of {@link StatusplaneClient.getSnapshot}. */
export const watchKey: (ref: WatchRef) => string = keyInTenant;

/** A named part of an attempt; shown only when index, total, name and percent are all known. */
export type WatchedStep = ReceivedStep;

/** A watched job as the UI shows it. Immutable; a changed job is another object. */
export interface WatchedJob {
  readonly ref: WatchRef;
  /** Null for videos, whose type is the kind's only one, and until the first answer. */
  readonly jobType: string | null;
  /** What people call it; null until it is known, and where nobody has named it. */
  readonly title: string | null;
  /** UNKNOWN until the first answer, and for a word this client does not know. */
  readonly status: Status | "UNKNOWN";
  /** The server's word where `status` is UNKNOWN although it answered; else undefined. */
  readonly unknownStatus: string | undefined;
  /** 1–99 while PROCESSING, 100 at success, else null. */
  readonly percent: number | null;
  /** Whole seconds; undefined while unknown, never 0 for "unknown". */
  readonly remainingSeconds: number | undefined;
  readonly step: WatchedStep | undefined;
  /** 0 until the first answer and for values of other programs. */
  readonly attempt: number;
  readonly version: number;
  /** ISO 8601, UTC; display only, nothing is ordered by it. */
  readonly updatedAt: string | null;
  /** PROCESSING, but no sign of life for more than 45 s by the server's clock. */
  readonly isStalled: boolean;
  /**
   * For a PROCESSING job that tells no time of its own: whole minutes in which this page saw no change of it, from 10
   * on; else undefined.
   */
  readonly unchangedMinutes: number | undefined;
  /** Why a PENDING job waits for another try. */
  readonly nextTry: NextTry | undefined;
  readonly errorCode: string | null;
  /** What people see when FAILED: the stored sentence, else `영상 처리 실패` or `처리 실패`. */
  readonly errorMessage: string | null;
  readonly result: unknown;
  /** Where a result is fetched that is too large for the snapshot. */
  readonly resultUrl: string | null;
  /** Bytes of that result; null when it is inline or there is none. */
  readonly resultBytes: number | null;
  readonly partialResult: unknown;
  /** An identifier of a video's output, not a URL: ask `playback`. */
  readonly outputPath: string | null;
  readonly durationSeconds: number | null;
  /** The server knows no such job: neither in the status store nor as a record. */
  readonly gone: boolean;
  /** False: another program's job. The server has no row of it, so it has no detail, cancel, retry or playback. */
  readonly hasRecord: boolean;
  /** "lost" while errors back off; what is shown is then the last that was known. */
  readonly connection: "ok" | "lost";
}

/** A job before its first answer. */
export function unknownJob(ref: WatchRef): WatchedJob {
  return {
    ref,
    jobType: null,
    title: null,
    status: "UNKNOWN",
    unknownStatus: undefined,
    percent: null,
    remainingSeconds: undefined,
    step: undefined,
    attempt: 0,
    version: 0,
    updatedAt: null,
    isStalled: false,
    unchangedMinutes: undefined,
    nextTry: undefined,
    errorCode: null,
    errorMessage: null,
    result: null,
    resultUrl: null,
    resultBytes: null,
    partialResult: undefined,
    outputPath: null,
    durationSeconds: null,
    gone: false,
    hasRecord: true,
    connection: "ok",
  };
}

/** Whether the job has ended in the way it should. */
export function isSuccess(job: WatchedJob): boolean {
  return job.status === "READY" || job.status === "DONE";
}

/** Whether nothing more is expected of the job: a terminal status, or gone. */
export function isEnded(job: WatchedJob): boolean {
  return job.gone || isSuccess(job) || job.status === "FAILED" || job.status === "CANCELLED";
}

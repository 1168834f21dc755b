import { readSnapshot, type ReceivedSnapshot } from "@statusplane/core/wire";
import type { Language } from "./browser-language.ts";
import { unknownJob, type WatchedJob, type WatchRef } from "./watched-job.ts";

/** What one answer says about one job, in the UI's words. */
export interface Reading {
  readonly job: WatchedJob;
  /** Tells two answers of attempt 0 apart, which have no order; "" for all others, which have. */
  readonly etag: string;
}

const FAILURE = {
  ko: { video: "영상 처리 실패", job: "처리 실패" },
  en: { video: "Video processing failed", job: "Processing failed" },
} as const;

/** Reads a body as {@link readSnapshot} does, and says what a UI shows of it. */
export function readBody(ref: WatchRef, body: unknown, language: Language): Reading {
  const snapshot = readSnapshot(ref.kind, body);
  const { status, word, jobType, title, attempt, version, updatedAt, hasRecord } = snapshot;
  const job: WatchedJob = {
    ...unknownJob(ref),
    ...shownMembers(ref, snapshot, language),
    ...{ jobType, title, attempt, version, updatedAt, hasRecord },
    status: status ?? "UNKNOWN",
    unknownStatus: status === null ? (word ?? "") : undefined,
  };
  return { job, etag: attempt === 0 ? (JSON.stringify(body) ?? "") : "" };
}

/** What its status lets a UI show. */
function shownMembers(ref: WatchRef, snapshot: ReceivedSnapshot, language: Language): Partial<WatchedJob> {
  const { status, errorCode } = snapshot;
  switch (status) {
    case null:
      return {};
    case "PENDING":
      return { nextTry: snapshot.nextTry ?? undefined };
    case "PROCESSING":
      return {
        percent: shownPercent(snapshot.percent),
        remainingSeconds: snapshot.remainingSeconds ?? undefined,
        step: snapshot.step ?? undefined,
        partialResult: snapshot.partialResult,
      };
    case "READY":
    case "DONE":
      return { percent: 100, ...resultOf(snapshot) };
    case "FAILED":
      return { errorCode, errorMessage: snapshot.errorMessage ?? FAILURE[language][ref.kind] };
    case "CANCELLED":
      return { errorCode: errorCode ?? "cancelled", ...resultOf(snapshot) };
  }
}

function resultOf(snapshot: ReceivedSnapshot): Partial<WatchedJob> {
  const { result, resultUrl, resultBytes, outputPath, durationSeconds } = snapshot;
  return { result, resultUrl, resultBytes, outputPath, durationSeconds };
}

/** A running bar is never empty and never full. */
function shownPercent(percent: number | null): number | null {
  return percent === null ? null : Math.min(99, Math.max(1, percent));
}

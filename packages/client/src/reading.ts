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
  const { status, word, always } = snapshot;
  const job: WatchedJob = {
    ...unknownJob(ref),
    ...always,
    ...shownMembers(ref, snapshot, language),
    status: status ?? "UNKNOWN",
    unknownStatus: status === null ? (word ?? "") : undefined,
  };
  return { job, etag: always.attempt === 0 ? (JSON.stringify(body) ?? "") : "" };
}

/** What its status lets a UI show. */
function shownMembers(
  { kind }: WatchRef,
  { status, nextTry, running, outcome, errorCode, errorMessage }: ReceivedSnapshot,
  language: Language,
): Partial<WatchedJob> {
  switch (status) {
    case null:
      return {};
    case "PENDING":
      return { nextTry };
    case "PROCESSING":
      return { ...running, percent: shownPercent(running.percent) };
    case "READY":
    case "DONE":
      return { ...outcome, percent: 100 };
    case "FAILED":
      return { errorCode, errorMessage: errorMessage ?? FAILURE[language][kind] };
    case "CANCELLED":
      return { ...outcome, errorCode: errorCode ?? "cancelled" };
  }
}

/** A running bar is never empty and never full. */
function shownPercent(percent: number | null): number | null {
  return percent === null ? null : Math.min(99, Math.max(1, percent));
}

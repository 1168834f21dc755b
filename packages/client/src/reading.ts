import { FINAL_VERSION, isStatus, isTerminal, type NextTry, type Status } from "@statusplane/core";
import type { Language } from "./browser-language.ts";
import { unknownJob, type WatchedJob, type WatchedStep, type WatchRef } from "./watched-job.ts";

/** What one answer says about one job, checked and in the UI's words. */
export interface Reading {
  readonly job: WatchedJob;
  /** Tells two answers of attempt 0 apart, which have no order; "" for all others, which have. */
  readonly etag: string;
}

type Members = Readonly<Record<string, unknown>>;

const FAILURE = {
  ko: { video: "영상 처리 실패", job: "처리 실패" },
  en: { video: "Video processing failed", job: "Processing failed" },
} as const;

/**
 * Reads a body of the progress endpoints, of the detail endpoints or of a submit: they share their names, and a body
 * without a version tells what the row tells (PENDING 0, PROCESSING 1, terminal the final one). Whatever is missing
 * or of another type counts as unknown; nothing in a body can make this throw.
 */
export function readBody(ref: WatchRef, body: unknown, language: Language): Reading {
  const members = asMembers(body);
  const word = members["status"];
  const status = isStatus(word) ? word : "UNKNOWN";
  const attempt = wholeOrNull(members["attempt"]) ?? 0;
  const job: WatchedJob = {
    ...unknownJob(ref),
    ...(status === "UNKNOWN" ? null : statusMembers(ref, { status, members, language })),
    jobType: textOrNull(members["job_type"]),
    status,
    unknownStatus: status === "UNKNOWN" ? (textOrNull(word) ?? "") : undefined,
    attempt,
    version: wholeOrNull(members["version"]) ?? versionOfRow(status),
    updatedAt: textOrNull(members["updated_at"]),
    hasRecord: members["record"] !== false,
  };
  return { job, etag: attempt === 0 ? JSON.stringify(members) : "" };
}

/** The value as an object to look members up in; an empty one for anything else. */
export function asMembers(value: unknown): Members {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Members) : {};
}

/** The value if it is a text with something in it. */
export function textOrNull(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}

/** The value if it is a number, rounded, at least 0. */
export function wholeOrNull(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) ? Math.max(0, Math.round(value)) : null;
}

interface Answered {
  readonly status: Status;
  readonly members: Members;
  readonly language: Language;
}

function statusMembers(ref: WatchRef, { status, members, language }: Answered): Partial<WatchedJob> {
  switch (status) {
    case "PENDING":
      return { nextTry: readNextTry(members) };
    case "PROCESSING":
      return {
        ...(ref.kind === "video" ? videoProgress(members) : jobProgress(members)),
        partialResult: members["partial_result"],
      };
    case "READY":
    case "DONE":
      return { percent: 100, ...readResult(members) };
    case "FAILED":
      return {
        errorCode: textOrNull(members["error_code"]),
        errorMessage:
          textOrNull(members[ref.kind === "video" ? "error_reason" : "error_message"]) ??
          FAILURE[language][ref.kind],
      };
    case "CANCELLED":
      return { errorCode: textOrNull(members["error_code"]) ?? "cancelled", ...readResult(members) };
  }
}

function readResult(members: Members): Partial<WatchedJob> {
  return {
    result: members["result"] ?? null,
    resultUrl: textOrNull(members["result_url"]),
    resultBytes: wholeOrNull(members["result_bytes"]),
    hlsPath: textOrNull(members["hls_path"]),
    durationSeconds: wholeOrNull(members["duration"]),
  };
}

function readNextTry(members: Members): NextTry | undefined {
  const retryAt = textOrNull(members["retry_at"]);
  const lastErrorCode = textOrNull(members["last_error_code"]);
  const next = wholeOrNull(members["try"]);
  const maxTries = wholeOrNull(members["max_tries"]);
  if (retryAt === null || lastErrorCode === null || next === null || maxTries === null) return undefined;
  return { retryAt, lastErrorCode, try: next, maxTries };
}

function videoProgress(members: Members): Partial<WatchedJob> {
  return {
    percent: shownPercent(members["encoding_progress"]),
    remainingSeconds: wholeOrNull(members["encoding_remaining_seconds"]) ?? undefined,
    step: readStep({
      index: members["encoding_step_index"],
      total: members["encoding_step_total"],
      key: members["encoding_step_key"],
      name: members["encoding_step_name"],
      percent: members["encoding_step_percent"],
    }),
  };
}

function jobProgress(members: Members): Partial<WatchedJob> {
  const progress = asMembers(members["progress"]);
  return {
    percent: shownPercent(progress["percent"]),
    remainingSeconds: wholeOrNull(progress["remaining_seconds"]) ?? undefined,
    step: readStep({
      index: progress["step_index"],
      total: progress["step_total"],
      key: progress["step_key"],
      name: progress["step_name_display"],
      percent: progress["step_percent"],
    }),
  };
}

/** A running bar is never empty and never full. */
function shownPercent(value: unknown): number | null {
  const percent = wholeOrNull(value);
  return percent === null ? null : Math.min(99, Math.max(1, percent));
}

/** Shown only if index, total, name and percent are all there. */
function readStep(parts: Readonly<Record<keyof WatchedStep, unknown>>): WatchedStep | undefined {
  const index = wholeOrNull(parts.index);
  const total = wholeOrNull(parts.total);
  const name = textOrNull(parts.name);
  const percent = wholeOrNull(parts.percent);
  if (index === null || total === null || name === null || percent === null) return undefined;
  return { index, total, key: textOrNull(parts.key), name, percent: Math.min(100, percent) };
}

function versionOfRow(status: Status | "UNKNOWN"): number {
  if (status === "UNKNOWN" || status === "PENDING") return 0;
  return isTerminal(status) ? FINAL_VERSION : 1;
}

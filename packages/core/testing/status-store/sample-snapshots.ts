import {
  encodeSnapshot,
  jobRef,
  type EncodedSnapshot,
  type JobRef,
  type Json,
  type Kind,
  type Progress,
  type SnapshotResult,
} from "@statusplane/core";

const title = "5월 명단";
const updatedAt = "2026-11-02T03:04:05.678Z";
let jobs = 0;

/** A job of its own for each test; ids of digits, so that a video's id is a number in JSON. */
export function freshRef(kind: Kind = "video", tenant = `t${process.pid}`): JobRef {
  return jobRef(tenant, kind, String(++jobs));
}

/** A tenant of its own, whose lists no other test changes. */
export function freshTenant(): string {
  return `t${process.pid}-${++jobs}`;
}

const step = { index: 2, total: 4, key: "encode", name: "변환", percent: 40 };

export const fullProgress: Progress = { percent: 33, remainingSeconds: 71, step };

export function pending(ref: JobRef, attempt = 1): EncodedSnapshot {
  return encodeSnapshot({
    ref,
    jobType: "scan",
    title,
    attempt,
    updatedAt,
    status: "PENDING",
    nextTry: null,
  });
}

export function processing(
  ref: JobRef,
  attempt = 1,
  version = 1,
  progress: Progress = fullProgress,
): EncodedSnapshot {
  return encodeSnapshot({
    ref,
    jobType: "scan",
    title,
    attempt,
    updatedAt,
    status: "PROCESSING",
    version,
    progress,
  });
}

/** As a writer on a host with that time writes it. */
export function processingAt(
  updatedAt: string,
  ref: JobRef,
  attempt: number,
  version: number,
): EncodedSnapshot {
  const status = "PROCESSING";
  return encodeSnapshot({
    ref,
    jobType: "scan",
    title,
    attempt,
    updatedAt,
    status,
    version,
    progress: fullProgress,
  });
}

/** The end of a job's attempt at that time. */
export function endedAt(endedAtMs: number, ref: JobRef, attempt = 1): EncodedSnapshot {
  const base = { ref, jobType: "scan", title, attempt, updatedAt: new Date(endedAtMs).toISOString() };
  return encodeSnapshot({ ...base, status: "CANCELLED", result: null });
}

/** READY for a video, DONE for a job. */
export function succeeded(ref: JobRef, attempt = 1, result: Json = { rows: 3 }): EncodedSnapshot {
  const base = { ref, jobType: "scan", title, attempt, updatedAt };
  return ref.kind === "video"
    ? encodeSnapshot({
        ...base,
        status: "READY",
        outputPath: `${ref.tenant}/${ref.id}/${attempt}/main.list`,
        durationSeconds: 61,
      })
    : encodeSnapshot({ ...base, status: "DONE", result: { kind: "inline", value: result } });
}

export function doneWith(ref: JobRef, attempt: number, result: SnapshotResult): EncodedSnapshot {
  return encodeSnapshot({ ref, jobType: "scan", title, attempt, updatedAt, status: "DONE", result });
}

export function failed(ref: JobRef, attempt = 1): EncodedSnapshot {
  return encodeSnapshot({
    ref,
    jobType: "scan",
    title,
    attempt,
    updatedAt,
    status: "FAILED",
    errorCode: "render_failed",
    errorMessage: "변환에 실패했습니다.",
  });
}

export function cancelled(ref: JobRef, attempt = 1, result: SnapshotResult | null = null): EncodedSnapshot {
  return encodeSnapshot({ ref, jobType: "scan", title, attempt, updatedAt, status: "CANCELLED", result });
}

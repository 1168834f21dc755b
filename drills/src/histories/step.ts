import {
  FINAL_VERSION,
  type JobRef,
  type Kind,
  type Progress,
  type Snapshot,
  type SnapshotResult,
  type Status,
  type WriteKind,
} from "@statusplane/core";

/** A write of somebody who was, or believes to be, allowed to make it. */
export interface WriteStep {
  readonly do: WriteKind;
  readonly status: Status;
  readonly attempt: number;
  readonly version: number;
  /** Chooses what the snapshot says beside its head: equal shapes, equal texts. */
  readonly shape: number;
}

/**
 * One event of a history. `look`: everything that can be seen is compared · `lose`: the store loses the job, whatever
 * it was · `expire`: the live TTL is over without a write · `evict`: memory ran out and one of the job's keys went.
 */
export type Step =
  | WriteStep
  | { readonly do: "cancel"; readonly attempt: number }
  | { readonly do: "restore"; readonly attempt: number; readonly shape: number }
  | { readonly do: "look" | "lose" | "expire" }
  | { readonly do: "evict"; readonly key: "status" | "progress" | "result" };

export interface History {
  readonly kind: Kind;
  readonly steps: readonly Step[];
}

export function isWrite(step: Step): step is WriteStep {
  return step.do === "announce" || step.do === "progress" || step.do === "finish";
}

const STEP_NAMES = ["받기", "인코딩", "저장"] as const;
const SHAPES_OF_RESULT = 3;
const DATES = Array.from({ length: 16 }, (_, i) => new Date(1_790_000_000_000 + i * 997).toISOString());

/** The snapshot that a write carries, for the job it is tried on. */
export function snapshotOf({ status, attempt, version, shape }: WriteStep, ref: JobRef): Snapshot {
  const updatedAt = DATES[shape % DATES.length] ?? "";
  const base = { ref, jobType: "ocr", title: null, attempt, updatedAt };
  switch (status) {
    case "PENDING":
      return {
        ...base,
        status,
        nextTry:
          shape % 2 === 0
            ? null
            : { retryAt: updatedAt, lastErrorCode: "internal_error", try: attempt, maxTries: 3 },
      };
    case "PROCESSING": {
      const progress = progressOf(version, shape);
      return shape % 5 === 0
        ? { ...base, status, version, progress, partialResult: { rows: shape, text: "일부" } }
        : { ...base, status, version, progress };
    }
    case "READY":
      return { ...base, status, outputPath: `${attempt}/master.m3u8`, durationSeconds: shape };
    case "DONE":
      return { ...base, status, result: resultOf(shape) };
    case "FAILED":
      return {
        ...base,
        status,
        errorCode: "encode_failed",
        errorMessage: `${shape}번째 줄에서 실패했습니다.`,
      };
    case "CANCELLED":
      return { ...base, status, result: ref.kind === "video" || shape % 2 === 0 ? null : resultOf(shape) };
  }
}

/** The text that stands under `:result` when a restore brings it back. */
export function restoredText(shape: number): string {
  return `{"restored":${shape}}`;
}

function progressOf(version: number, shape: number): Progress {
  const percent = Math.min(100, version * 10);
  const step =
    shape % 3 === 0
      ? null
      : {
          index: 1 + (shape % 3),
          total: 3,
          key: `step_${shape % 3}`,
          name: STEP_NAMES[shape % 3] ?? "",
          percent,
        };
  return { percent, remainingSeconds: shape % 2 === 0 ? null : shape, step };
}

/** Inline, large with its text, or large as the relay knows it: by size alone. */
function resultOf(shape: number): SnapshotResult {
  const text = `[${shape},"${"가".repeat(shape)}"]`;
  const large = shape % SHAPES_OF_RESULT;
  return large === 0
    ? { kind: "inline", value: [shape] }
    : { kind: "large", bytes: text.length, text: large === 1 ? text : null };
}

/** The version that a status has by its nature; null where its writer assigns it. */
export function versionBy(status: Status): number | null {
  if (status === "PENDING") return 0;
  return status === "PROCESSING" ? null : FINAL_VERSION;
}

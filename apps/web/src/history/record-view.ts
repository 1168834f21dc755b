import type { WatchRef } from "@statusplane/client";

const STATUSES = ["PENDING", "PROCESSING", "READY", "DONE", "FAILED", "CANCELLED"] as const;

/** A row of the history, or a detail: what the database says of a job. */
export interface RecordView {
  readonly ref: WatchRef;
  readonly title: string | null;
  readonly jobType: string | null;
  readonly status: (typeof STATUSES)[number];
  readonly attempt: number | null;
  readonly tries: number | null;
  readonly maxTries: number | null;
  readonly createdBy: string | null;
  /** ISO 8601, all four. */
  readonly createdAt: string | null;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  readonly updatedAt: string | null;
  readonly errorCode: string | null;
  readonly errorMessage: string | null;
  readonly durationSeconds: number | null;
  readonly sizeBytes: number | null;
  /** Names: 720p. */
  readonly renditions: readonly string[];
  readonly result: unknown;
}

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields => typeof value === "object" && value !== null;
const textOf = (value: unknown): string | null => (typeof value === "string" && value !== "" ? value : null);
const numberOf = (value: unknown): number | null => (typeof value === "number" ? value : null);

function idOf(value: unknown): string | null {
  return typeof value === "number" ? String(value) : textOf(value);
}

function renditionNames(value: unknown): readonly string[] {
  if (!Array.isArray(value)) return [];
  return value
    .filter(isFields)
    .map((rendition) => {
      const height = numberOf(rendition["height"]);
      return textOf(rendition["name"]) ?? (height === null ? null : `${height}p`);
    })
    .filter((name) => name !== null);
}

/** A file's name where the payload of a job carries one. */
function payloadName(payload: unknown): string | null {
  return isFields(payload) ? (textOf(payload["file_name"]) ?? textOf(payload["title"])) : null;
}

/** A body of the detail or history endpoint; null for what has no id or no known status. */
export function readRecord(kind: WatchRef["kind"], body: unknown): RecordView | null {
  if (!isFields(body)) return null;
  const id = idOf(kind === "video" ? body["id"] : body["job_id"]);
  const status = STATUSES.find((known) => known === body["status"]);
  if (id === null || status === undefined) return null;
  return {
    ref: { kind, id },
    title: textOf(body["title"]) ?? payloadName(body["payload"]),
    jobType: textOf(body["job_type"]) ?? (kind === "video" ? "video_hls" : null),
    status,
    attempt: numberOf(body["attempt"]),
    tries: numberOf(body["tries"]),
    maxTries: numberOf(body["max_tries"]),
    createdBy: textOf(body["created_by"]),
    createdAt: textOf(body["created_at"]),
    startedAt: textOf(body["started_at"]),
    finishedAt: textOf(body["finished_at"]),
    updatedAt: textOf(body["updated_at"]),
    errorCode: textOf(body["error_code"]),
    errorMessage: textOf(body["error_reason"]) ?? textOf(body["error_message"]),
    durationSeconds: numberOf(body["duration"]),
    sizeBytes: numberOf(body["size_bytes"]),
    renditions: renditionNames(body["renditions"]),
    result: body["result"] ?? null,
  };
}

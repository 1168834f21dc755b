import { isStatus, type Kind, type Status } from "../terms.ts";
import type { AttemptBody, FileBody, RecordBody } from "./bodies.ts";
import { readErrorMessage, readId, readOutputParts, readPlayUrls, type PlayUrls } from "./first-wire.ts";
import {
  asMembers,
  isMembers,
  numberOrNull,
  readEach,
  textOrNull,
  wholeOrNull,
  type Members,
} from "./members.ts";
import type { NamedJob } from "./watch-routes.ts";

/** What a video's record says of its output. */
export interface RecordedOutput {
  /** Where it is inside the outputs: an identifier, not a URL. */
  readonly path: string | null;
  readonly durationSeconds: number | null;
  /** Signed, for hours; null while there is nothing to play. */
  readonly playUrls: PlayUrls | null;
  /** As the job type made them; null before. */
  readonly renditions: unknown;
  readonly sizeBytes: number | null;
}

/** A record, as history and detail tell it: checked, and the same for both kinds. Dates are ISO 8601, UTC. */
export interface RecordedJob {
  readonly ref: NamedJob;
  readonly title: string | null;
  /** What its submitter keeps with it; null: nothing. */
  readonly metadata: Members | null;
  /** Null for videos, whose type is the kind's only one. */
  readonly jobType: string | null;
  /** UNKNOWN for a word that is none of ours. */
  readonly status: Status | "UNKNOWN";
  readonly attempt: number;
  readonly tries: number;
  readonly maxTries: number;
  readonly createdBy: string | null;
  readonly createdAt: string | null;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  readonly updatedAt: string | null;
  readonly payload: unknown;
  readonly result: unknown;
  /** Of a result that is too large for the body; then `resultUrl` has it. */
  readonly resultBytes: number | null;
  readonly resultUrl: string | null;
  /** What the job declared, each at `filePath(id, name)`. */
  readonly files: readonly FileBody[];
  readonly errorCode: string | null;
  readonly errorMessage: string | null;
  /** Null for jobs, which have none. */
  readonly output: RecordedOutput | null;
}

/** An attempt of a record. */
export interface RecordedAttempt {
  readonly attempt: number;
  readonly startedAt: string | null;
  /** Null: it runs. */
  readonly endedAt: string | null;
  /** Null: it runs, or it succeeded. */
  readonly errorCode: string | null;
  /** Null: not known, it runs or its worker was lost. */
  readonly steps: readonly { readonly key: string; readonly seconds: number }[] | null;
}

/** A record with its attempts, oldest first, the newest 50. */
export interface DetailedJob extends RecordedJob {
  readonly attempts: readonly RecordedAttempt[];
}

/** An item of a history; null for what has no id or no status. */
export function readRecord(kind: Kind, body: unknown): RecordedJob | null {
  const id = readId(kind, asMembers(body));
  return id === null ? null : recordOf({ kind, id }, asMembers(body));
}

/** The body of a job's detail; null for what has no status. */
export function readDetail(ref: NamedJob, body: unknown): DetailedJob | null {
  const members = asMembers(body);
  const record = recordOf(ref, members);
  return record === null ? null : { ...record, attempts: readEach(members["attempts"], readAttempt) };
}

function recordOf(ref: NamedJob, members: Members): RecordedJob | null {
  const of = (name: keyof RecordBody): unknown => members[name];
  const [word, metadata] = [textOrNull(of("status")), of("metadata")];
  if (word === null) return null;
  return {
    ref,
    title: textOrNull(of("title")),
    metadata: isMembers(metadata) ? metadata : null,
    jobType: textOrNull(members["job_type"]),
    status: isStatus(word) ? word : "UNKNOWN",
    attempt: wholeOrNull(of("attempt")) ?? 0,
    tries: wholeOrNull(of("tries")) ?? 0,
    maxTries: wholeOrNull(of("max_tries")) ?? 0,
    createdBy: textOrNull(of("created_by")),
    createdAt: textOrNull(of("created_at")),
    startedAt: textOrNull(of("started_at")),
    finishedAt: textOrNull(of("finished_at")),
    updatedAt: textOrNull(of("updated_at")),
    payload: members["payload"] ?? null,
    result: members["result"] ?? null,
    resultBytes: wholeOrNull(members["result_bytes"]),
    resultUrl: textOrNull(members["result_url"]),
    files: readEach(members["files"], readFile),
    errorCode: textOrNull(of("error_code")),
    errorMessage: readErrorMessage(ref.kind, members),
    output: ref.kind === "video" ? readRecordedOutput(members) : null,
  };
}

function readRecordedOutput(members: Members): RecordedOutput {
  const { path, durationSeconds } = readOutputParts(members);
  return {
    path: textOrNull(path),
    durationSeconds: wholeOrNull(durationSeconds),
    playUrls: readPlayUrls(members),
    renditions: members["renditions"] ?? null,
    sizeBytes: wholeOrNull(members["size_bytes"]),
  };
}

function readAttempt(body: unknown): RecordedAttempt | null {
  const members = asMembers(body);
  const of = (name: keyof AttemptBody): unknown => members[name];
  const attempt = wholeOrNull(of("attempt"));
  if (attempt === null) return null;
  return {
    attempt,
    startedAt: textOrNull(of("started_at")),
    endedAt: textOrNull(of("ended_at")),
    errorCode: textOrNull(of("error_code")),
    steps: Array.isArray(of("steps")) ? readEach(of("steps"), readStepTime) : null,
  };
}

function readFile(body: unknown): FileBody | null {
  const members = asMembers(body);
  const [name, bytes] = [textOrNull(members["name"]), wholeOrNull(members["bytes"])];
  return name === null || bytes === null ? null : { name, bytes };
}

function readStepTime(body: unknown): { readonly key: string; readonly seconds: number } | null {
  const members = asMembers(body);
  const [key, seconds] = [textOrNull(members["key"]), numberOrNull(members["seconds"])];
  return key === null || seconds === null ? null : { key, seconds };
}

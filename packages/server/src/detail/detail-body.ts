import { publicMessage, type DetailedRecord, type JobRecord, type JobType } from "@statusplane/core";
import {
  asMembers,
  errorMember,
  idMember,
  type JobBody,
  type JobDetailBody,
  numberOrNull,
  outputMembers,
  playMembers,
  readOutputParts,
  textOrNull,
  type VideoBody,
  type VideoDetailBody,
} from "@statusplane/core/wire";
import { z } from "zod";
import { schemaOf } from "../http/schema-of.ts";
import { declaredFiles, statusSchema } from "../progress/index.ts";
import type { JobUrls } from "../job-urls.ts";
import type { PlaybackUrls } from "../playback/playback-signature.ts";

const count = z.int().nonnegative();
const date = z.iso.datetime();

/** What a job is about, in its submitter's words. */
const subject = {
  title: z.string().nullable(),
  metadata: z.record(z.string(), z.unknown()).nullable().describe("as it was submitted"),
};

const common = {
  attempt: count,
  tries: count.describe("starts of the job's code in this story"),
  max_tries: count,
  created_by: z.string().nullable().describe("the submitter's `sub`"),
  created_at: date,
  started_at: date.nullable(),
  finished_at: date.nullable(),
  updated_at: date,
};

export const videoItem = schemaOf<VideoBody>()(
  z.object({
    id: z.union([z.string(), count]),
    ...subject,
    status: statusSchema,
    hls_path: z.string().nullable().describe("identifies the master playlist; what plays is hls_url"),
    hls_url: z.string().nullable().describe("signed, for hours; READY only"),
    poster_url: z.string().nullable(),
    duration: z.number().nullable().describe("seconds"),
    renditions: z.unknown().nullable(),
    size_bytes: z.number().nullable(),
    error_reason: z.string().nullable(),
    error_code: z.string().nullable(),
    ...common,
  }),
);

const attempts = z
  .array(
    z.object({
      attempt: count,
      started_at: date.nullable().describe("null: cancelled before it started"),
      ended_at: date.nullable().describe("null: it runs"),
      error_code: z.string().nullable().describe("null: it runs, or it succeeded"),
      steps: z
        .array(z.object({ key: z.string(), seconds: z.number().nonnegative() }))
        .nullable()
        .describe("what each step took; null: not known, it runs or its worker was lost"),
    }),
  )
  .describe("oldest first, the newest 50");

/** A video in history is an item; its detail has the attempts too. */
export const videoDetail = schemaOf<VideoDetailBody>()(videoItem.extend({ attempts }));

export const jobItem = schemaOf<JobBody>()(
  z.object({
    job_id: z.string(),
    job_type: z.string(),
    ...subject,
    status: statusSchema,
    payload: z.unknown().describe("null also where the job type shows it to nobody"),
    result: z.unknown().describe("null also for a result too large: then result_url has it"),
    result_bytes: count.optional(),
    result_url: z.string().optional(),
    files: declaredFiles.optional(),
    error_message: z.string().nullable(),
    error_code: z.string().nullable(),
    tenant_id: z.string(),
    ...common,
  }),
);

/** As for a video. */
export const jobDetail = schemaOf<JobDetailBody>()(jobItem.extend({ attempts }));

export function videoDetailOf(record: DetailedRecord, playback: PlaybackUrls | null): VideoDetailBody {
  return { ...videoItemOf(record, playback), attempts: attemptsOf(record) };
}

export function jobDetailOf(record: DetailedRecord, shown: ShownJobs): JobDetailBody {
  return { ...jobItemOf(record, shown), attempts: attemptsOf(record) };
}

/** A video as history shows it, with signed URLs where it plays. @param playback null: nothing plays for whoever asks. */
export function videoItemOf(record: JobRecord, playback: PlaybackUrls | null): VideoBody {
  const result = asMembers(record.result?.kind === "inline" ? record.result.value : null);
  const output = readOutputParts(result);
  const urls = record.status === "READY" ? (playback?.urlsOf(record.ref, record.attempt) ?? null) : null;
  const { code, message } = errorOf(record);
  return {
    ...idMember({ kind: "video", id: record.ref.id }),
    ...subjectOf(record),
    status: record.status,
    ...playMembers(urls),
    ...outputMembers({
      path: textOrNull(output.path),
      durationSeconds: numberOrNull(output.durationSeconds),
    }),
    renditions: result["renditions"] ?? null,
    size_bytes: numberOrNull(result["size_bytes"]),
    ...errorMember("video", message),
    error_code: code,
    ...commonOf(record),
  };
}

/** How records of jobs are shown. */
export interface ShownJobs {
  readonly urls: JobUrls;
  readonly jobTypes: readonly JobType[];
}

/** A job as history shows it. */
export function jobItemOf(record: JobRecord, { urls, jobTypes }: ShownJobs): JobBody {
  const { ref, result } = record;
  const { code, message } = errorOf(record);
  const large = result !== null && result.kind !== "inline";
  const isHidden = jobTypes.some(
    ({ type, hidesPayload }) => type === record.jobType && hidesPayload === true,
  );
  return {
    ...idMember({ kind: "job", id: ref.id }),
    job_type: record.jobType,
    ...subjectOf(record),
    status: record.status,
    payload: isHidden ? null : record.payload,
    result: result?.kind === "inline" ? result.value : null,
    ...(large ? { result_bytes: result.bytes, result_url: urls.result(ref) } : {}),
    ...(record.files.length === 0 ? {} : { files: record.files.map(({ name, bytes }) => ({ name, bytes })) }),
    ...errorMember("job", message),
    error_code: code,
    tenant_id: ref.tenant,
    ...commonOf(record),
  };
}

function subjectOf({ title, metadata }: JobRecord) {
  return { title, metadata };
}

function commonOf(record: JobRecord) {
  return {
    attempt: record.attempt,
    tries: record.tries,
    max_tries: record.maxTries,
    created_by: record.createdBy,
    created_at: record.createdAt,
    started_at: record.startedAt,
    finished_at: record.finishedAt,
    updated_at: record.updatedAt,
  };
}

/** Those that ended, and the one that runs: its start is the row's. */
function attemptsOf({ attempts, attempt, status, startedAt }: DetailedRecord): JobDetailBody["attempts"] {
  const ended = attempts.map((each) => ({
    attempt: each.attempt,
    started_at: each.startedAt,
    ended_at: each.endedAt,
    error_code: each.code,
    steps: each.steps?.map(({ key, seconds }) => ({ key, seconds })) ?? null,
  }));
  if (status !== "PROCESSING") return ended;
  return [...ended, { attempt, started_at: startedAt, ended_at: null, error_code: null, steps: null }];
}

function errorOf({ status, errorCode, errorMessage }: JobRecord): {
  readonly code: string | null;
  readonly message: string | null;
} {
  if (status === "CANCELLED") return { code: "cancelled", message: null };
  if (status !== "FAILED") return { code: null, message: null };
  const code = errorCode ?? "internal_error";
  return { code, message: errorMessage ?? publicMessage(code) };
}

import { KINDS, LIVE_STATUSES, TERMINAL_STATUSES } from "@statusplane/core";
import type { VideoProgressBody, JobProgressBody, BatchQuery, BatchBody } from "@statusplane/core/wire";
import { z } from "zod";
import { schemaOf } from "../http/schema-of.ts";

/** What the OpenAPI document says of progress bodies. They are written by encodeSnapshot of core; nothing is parsed here. */
const status = z.enum([...LIVE_STATUSES, ...TERMINAL_STATUSES]);
const wholeNumber = z.int().nonnegative();

const common = {
  attempt: wholeNumber.describe("rises whenever the job waits again; 0: written by another program"),
  version: wholeNumber.describe("orders the snapshots of an attempt"),
  status,
  title: z.string().nullable().describe("what people call the job, at most 200 characters"),
  updated_at: z.iso.datetime().nullable(),
  partial_result: z.unknown().optional().describe("while running: what the job has so far"),
  retry_at: z.iso.datetime().optional().describe("while waiting for another try"),
  last_error_code: z.string().optional(),
  try: wholeNumber.optional().describe("the try that comes next"),
  max_tries: wholeNumber.optional(),
  error_code: z.string().nullable().optional(),
  record: z.literal(false).optional().describe("another program's work: no record stands behind it"),
};

export const videoProgress = schemaOf<VideoProgressBody>()(
  z.object({
    ...common,
    id: z.union([z.string(), wholeNumber]),
    encoding_progress: wholeNumber.max(100).nullable().describe("percent; null unless PROCESSING"),
    encoding_remaining_seconds: wholeNumber.nullable(),
    encoding_step_index: wholeNumber.nullable(),
    encoding_step_total: wholeNumber.nullable(),
    encoding_step_key: z.string().nullable(),
    encoding_step_name: z.string().nullable(),
    encoding_step_percent: wholeNumber.max(100).nullable(),
    hls_path: z.string().nullable().optional(),
    duration: wholeNumber.nullable().optional().describe("seconds"),
    error_reason: z.string().nullable().optional(),
  }),
);

export const declaredFiles = z
  .array(z.object({ name: z.string(), bytes: wholeNumber }))
  .readonly()
  .describe("what the job declared, each at /api/v1/jobs/{id}/files/{name}; absent where it is nothing");

export const jobProgress = schemaOf<JobProgressBody>()(
  z.object({
    ...common,
    job_id: z.string(),
    job_type: z.string().nullable(),
    progress: z
      .object({
        percent: wholeNumber.max(100).nullable(),
        remaining_seconds: wholeNumber.nullable(),
        step_index: wholeNumber.nullable(),
        step_total: wholeNumber.nullable(),
        step_key: z.string().nullable(),
        step_name_display: z.string().nullable(),
        step_percent: wholeNumber.max(100).nullable(),
      })
      .nullable()
      .describe("null unless PROCESSING"),
    error_message: z.string().nullable().optional(),
    result: z.unknown().optional(),
    result_bytes: wholeNumber.optional().describe("the result is at result_url"),
    result_file: z.string().optional().describe("the result is a file of its attempt"),
    result_url: z.string().optional(),
    files: declaredFiles.optional(),
  }),
);

export const batchQuery = schemaOf<BatchQuery>()(
  z.object({
    videos: z.string().optional().describe("ids, comma-separated"),
    jobs: z.string().optional().describe("ids, comma-separated; at most 100 with videos"),
    active: z
      .literal("1")
      .optional()
      .describe("the tenant's newest 100 live jobs and its last ends, alone or beside ids"),
  }),
);

const names = z.object({ videos: z.array(z.string()), jobs: z.array(z.string()) });

export const batchProgress = schemaOf<BatchBody>()(
  z.object({
    videos: z.record(z.string(), videoProgress),
    jobs: z.record(z.string(), jobProgress),
    missing: names,
    live: names
      .optional()
      .describe(
        "with active=1: the newest 100 live jobs, newest first; their snapshots stand in videos and jobs",
      ),
    ended: z
      .object({ videos: z.record(z.string(), wholeNumber), jobs: z.record(z.string(), wholeNumber) })
      .optional()
      .describe("with active=1: the last 100 of 24 hours that ended → when, Unix ms; ask for them by id"),
    more: wholeNumber.optional().describe("with active=1: how many else are live"),
    waiting: z
      .record(z.string(), z.string())
      .optional()
      .describe("with active=1: job type → why no worker can run it"),
  }),
);

export const statusSchema = status;
export const kindSchema = z.enum(KINDS);

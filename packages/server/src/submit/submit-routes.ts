import { jobRef, type JobType, type Kind, StatusplaneError, uuidV7 } from "@statusplane/core";
import { ROUTES } from "@statusplane/core/wire";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { requireScope, requireTenant, subjectOf } from "../auth/index.ts";
import { isForm } from "../http/index.ts";
import { METADATA_MAX_BYTES, metadataOf } from "./metadata.ts";
import { readForm, titleOf, type Submission } from "./read-submission.ts";
import { refuseUnknown } from "./refuse-unknown.ts";
import { submitJob } from "./submit-job.ts";
import type { SubmitOptions } from "./submit-options.ts";
import { submittedJob, submittedVideo, waitingAnswer } from "./submitted.ts";

const title = z.string().optional().describe("one line, at most 200 characters; default: the file's name");
const metadata = z
  .record(z.string(), z.json())
  .nullable()
  .optional()
  .describe(`kept and shown with the job, at most ${METADATA_MAX_BYTES} bytes as JSON`);
const payload = z.json().optional().describe("what the job type takes");
const jsonBody = z.strictObject({ job_type: z.string(), title, metadata, payload });
const formBody = z.strictObject({ file: z.string().describe("the file, binary"), title, metadata, payload });
const headers = z.object({
  "idempotency-key": z
    .string()
    .optional()
    .describe("the same key and body: the same answer; another body: 409"),
});

/** `POST /media/videos/` and `POST /api/v1/jobs/`. A scope of its own: forms are accepted only here. */
export function submitRoutes(fastify: FastifyInstance, options: SubmitOptions): void {
  fastify.addContentTypeParser("multipart/form-data", (_request, _body, done) => done(null)); // read by the route
  const tags = ["work"];
  fastify.post(
    ROUTES.list.video,
    {
      config: {
        documents: {
          tags,
          summary: "Submit a video: a form with file, title and metadata",
          consumes: ["multipart/form-data"],
          headers,
          body: formBody,
          response: { 202: submittedVideo },
        },
      },
    },
    (request, reply) => submit(request, reply, "video", options),
  );
  fastify.post(
    ROUTES.list.job,
    {
      config: {
        documents: {
          tags,
          summary: "Submit a job: JSON, or a form with the same members as fields, and file",
          consumes: ["application/json", "multipart/form-data"],
          headers,
          body: jsonBody,
          response: { 202: submittedJob },
        },
      },
    },
    (request, reply) => submit(request, reply, "job", options),
  );
}

async function submit(
  request: FastifyRequest,
  reply: FastifyReply,
  kind: Kind,
  options: SubmitOptions,
): Promise<FastifyReply> {
  const tenant = requireTenant(request);
  const refused = options.acceptsWork(
    isForm(request.raw) ? Number(request.headers["content-length"] ?? 0) : null,
  );
  if (refused !== null) throw new StatusplaneError(refused);
  refuseUnknown(Object.keys(request.query as object), []); // members belong into the body
  const idempotencyKey = idempotencyKeyOf(request);
  const ref = jobRef(tenant, kind, uuidV7());
  const typeOf = (named: string | null): JobType | undefined =>
    options.jobTypes.find((each) => each.kind === kind && (kind === "video" || each.type === named));
  let submission: Submission;
  let jobType: JobType | undefined;
  try {
    submission = isForm(request.raw)
      ? await readForm(request, { ...options, ref, typeOf, hashed: idempotencyKey !== null })
      : readJson(request, kind);
    jobType = typeOf(submission.jobType);
    if (jobType === undefined) throw new StatusplaneError("unknown_job_type");
    requireScope(request, jobType.scope);
  } catch (error) {
    if (isForm(request.raw)) await options.files.removeInput(ref);
    throw error;
  }
  const submitter = { ref, createdBy: subjectOf(request), idempotencyKey };
  const record = await submitJob(submission, jobType, submitter, options);
  const { token } = await options.watchTokens.mint(tenant, [record.ref]);
  return reply
    .code(202)
    .header("location", options.urls.detail(record.ref))
    .header("retry-after", "1")
    .send({ ...waitingAnswer(record.ref, 1, options.urls), watch_token: token });
}

function readJson(request: FastifyRequest, kind: Kind): Submission {
  if (kind === "video")
    throw new StatusplaneError("unsupported_media_type", { detail: "multipart/form-data" });
  if (typeof request.body === "object" && request.body !== null && !Array.isArray(request.body)) {
    refuseUnknown(Object.keys(request.body), Object.keys(jsonBody.shape));
  }
  const parsed = jsonBody.safeParse(request.body);
  if (!parsed.success) {
    const detail = z.prettifyError(parsed.error);
    throw new StatusplaneError("invalid_request", { detail, cause: parsed.error });
  }
  const { job_type: jobType, title: text = null, payload: given } = parsed.data;
  return {
    jobType,
    title: titleOf(text),
    metadata: metadataOf(parsed.data.metadata),
    payload: given,
    file: null,
  };
}

function idempotencyKeyOf(request: FastifyRequest): string | null {
  const key = request.headers["idempotency-key"];
  if (key === undefined) return null;
  if (typeof key !== "string" || !/^[\x21-\x7e]{1,255}$/.test(key)) {
    throw new StatusplaneError("invalid_idempotency_key");
  }
  return key;
}

import {
  crashPoint,
  type JobRef,
  type JobType,
  type Kind,
  type RequestFiles,
  type RequestRecords,
  StatusplaneError,
} from "@statusplane/core";
import { type CancelBody, idMember, type IdBody, ROUTES } from "@statusplane/core/wire";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { recordRef, requireScope } from "../auth/index.ts";
import type { DetailReads } from "../detail/index.ts";
import { schemaOf } from "../http/schema-of.ts";
import type { JobUrls } from "../job-urls.ts";
import { statusSchema } from "../progress/index.ts";
import { idSchemas, waitingAnswer, waitingJob, waitingVideo, type AfterCommit } from "../submit/index.ts";

export interface ControlOptions {
  readonly records: Pick<RequestRecords, "find" | "cancel" | "retry" | "remove">;
  readonly files: Pick<RequestFiles, "hasInput">;
  readonly afterCommit: AfterCommit;
  readonly details: Pick<DetailReads, "forget">;
  readonly jobTypes: readonly JobType[];
  readonly urls: JobUrls;
}

const cancelMembers = { status: statusSchema, attempt: z.int(), cancel_requested: z.literal(true) };
const cancelAnswers = {
  video: schemaOf<IdBody<"video"> & CancelBody>()(z.object({ ...idSchemas.video, ...cancelMembers })),
  job: schemaOf<IdBody<"job"> & CancelBody>()(z.object({ ...idSchemas.job, ...cancelMembers })),
};
const retryAnswers = { video: waitingVideo, job: waitingJob };

/** `POST …/cancel/`, `POST …/retry/` and `DELETE` of both kinds; none has a body. */
export function controlRoutes(fastify: FastifyInstance, options: ControlOptions): void {
  for (const kind of ["video", "job"] as const) {
    const tags = ["work"];
    fastify.post(
      ROUTES.cancel[kind],
      { schema: { tags, summary: `Cancel a ${kind}`, response: { 202: cancelAnswers[kind] } } },
      (request, reply) => cancel(request, reply, kind, options),
    );
    fastify.post(
      ROUTES.retry[kind],
      { schema: { tags, summary: `Retry a ${kind}`, response: { 202: retryAnswers[kind] } } },
      (request, reply) => retry(request, reply, kind, options),
    );
    fastify.delete(
      ROUTES.detail[kind],
      { schema: { tags, summary: `Remove a finished ${kind}, everywhere`, response: { 204: z.null() } } },
      (request, reply) => remove(request, reply, kind, options),
    );
  }
}

async function cancel(
  request: FastifyRequest,
  reply: FastifyReply,
  kind: Kind,
  { records, afterCommit, details }: ControlOptions,
): Promise<FastifyReply> {
  const ref = recordRef(request, kind);
  crashPoint("cancel.before-commit");
  const answer = await records.cancel(ref);
  if (answer.outcome === "not_found") throw new StatusplaneError("record_not_found");
  details.forget(ref);
  // A repeated cancel of what was cancelled is no conflict: its wish is fulfilled.
  if (answer.outcome === "finished" && answer.record.status !== "CANCELLED") {
    throw new StatusplaneError("already_finished");
  }
  crashPoint("cancel.after-commit");
  if (answer.outcome === "requested") {
    await afterCommit.requestCancel(answer.record);
    crashPoint("cancel.after-flag");
  } else {
    await afterCommit.apply(answer.record);
    crashPoint("cancel.after-apply");
  }
  const { status, attempt } = answer.record;
  return reply.code(202).send({ ...idMember(ref), status, attempt, cancel_requested: true });
}

async function retry(
  request: FastifyRequest,
  reply: FastifyReply,
  kind: Kind,
  options: ControlOptions,
): Promise<FastifyReply> {
  const ref = recordRef(request, kind);
  await assertRetryable(request, ref, options);
  crashPoint("retry.before-commit");
  const answer = await options.records.retry(ref);
  options.details.forget(ref);
  if (answer.outcome === "not_found") throw new StatusplaneError("record_not_found");
  if (answer.outcome === "not_retryable") throw new StatusplaneError("not_retryable");
  crashPoint("retry.after-commit");
  await options.afterCommit.apply(answer.record);
  crashPoint("retry.after-apply");
  return reply
    .code(202)
    .header("location", options.urls.detail(ref))
    .header("retry-after", "1")
    .send(waitingAnswer(ref, answer.record.attempt, options.urls));
}

/** Row, snapshot, result, files: what of the last three fails is the relay's. */
async function remove(
  request: FastifyRequest,
  reply: FastifyReply,
  kind: Kind,
  { records, afterCommit, details }: ControlOptions,
): Promise<FastifyReply> {
  const ref = recordRef(request, kind);
  crashPoint("remove.before-commit");
  const outcome = await records.remove(ref);
  if (outcome === "not_found") throw new StatusplaneError("record_not_found");
  if (outcome === "not_finished") throw new StatusplaneError("not_finished");
  details.forget(ref);
  crashPoint("remove.after-commit");
  await afterCommit.applyRemoval(ref);
  crashPoint("remove.after-apply");
  return reply.code(204).send(null);
}

/** @throws {record_not_found | insufficient_scope | not_retryable | input_gone} */
async function assertRetryable(
  request: FastifyRequest,
  ref: JobRef,
  { records, files, jobTypes }: ControlOptions,
): Promise<void> {
  const record = await records.find(ref);
  if (record === null) throw new StatusplaneError("record_not_found");
  const jobType = jobTypes.find(({ type }) => type === record.jobType);
  requireScope(request, jobType?.scope);
  if (record.status !== "FAILED" && record.status !== "CANCELLED")
    throw new StatusplaneError("not_retryable");
  if (jobType?.input === "file" && !(await files.hasInput(ref))) throw new StatusplaneError("input_gone");
}

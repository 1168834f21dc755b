import {
  crashPoint,
  type JobRecord,
  type JobRef,
  type JobType,
  type Json,
  type NewJob,
  type SubmitOutcome,
  StatusplaneError,
} from "@statusplane/core";
import { hash } from "node:crypto";
import { checkPayload } from "./check-payload.ts";
import type { Submission } from "./read-submission.ts";
import type { SubmitOptions } from "./submit-options.ts";

export interface Submitter {
  readonly ref: JobRef;
  readonly createdBy: string | null;
  readonly idempotencyKey: string | null;
}

/**
 * Judges a submission and makes it a row; then store and queue are told. Answers the row: an earlier one for a repeated
 * Idempotency-Key.
 * @throws {file_required | invalid_payload | idempotency_conflict | database_unavailable | …}
 */
export async function submitJob(
  submission: Submission,
  jobType: JobType,
  submitter: Submitter,
  options: SubmitOptions,
): Promise<JobRecord> {
  const { ref } = submitter;
  let job: NewJob;
  try {
    job = judge(submission, jobType, submitter);
  } catch (error) {
    await forgetInput(submission, ref, options);
    throw error;
  }
  const outcome = (await refuse(job, jobType, { submission, options })) ?? (await commit(job, options));
  if (outcome.outcome === "conflict") {
    await forgetInput(submission, ref, options);
    throw new StatusplaneError("idempotency_conflict");
  }
  crashPoint("submit.after-commit");
  if (outcome.record.ref.id !== ref.id) await forgetInput(submission, ref, options);
  // A row that still waits is told again also when it was there before: whoever committed it may have died right after.
  if (outcome.record.status === "PENDING") await options.afterCommit.apply(outcome.record);
  crashPoint("submit.after-apply");
  return outcome.record;
}

/** From here on an error may hide a COMMIT: the input stays, and the collector removes it if no row names it. */
function commit(job: NewJob, { records }: SubmitOptions): Promise<SubmitOutcome> {
  crashPoint("submit.before-commit");
  return records.submit(job);
}

/**
 * What the job type has against a submit just now counts for a new one: one that was accepted under this key stays so.
 * @returns null where it has nothing against it. @throws what it says.
 */
async function refuse(
  { ref, payload, idempotency }: NewJob,
  jobType: JobType,
  { submission, options }: { readonly submission: Submission; readonly options: SubmitOptions },
): Promise<SubmitOutcome | null> {
  try {
    const refusal = (await jobType.refusal?.({ tenant: ref.tenant, payload })) ?? null;
    if (refusal === null) return null;
    const earlier =
      idempotency === undefined ? null : await options.records.findSubmitted(ref.tenant, idempotency);
    if (earlier !== null) return earlier;
    const { error, detail } = refusal;
    throw new StatusplaneError(error, detail === undefined ? {} : { detail });
  } catch (error) {
    await forgetInput(submission, ref, options);
    throw error;
  }
}

async function forgetInput(submission: Submission, ref: JobRef, { files }: SubmitOptions): Promise<void> {
  if (submission.file === null) return;
  crashPoint("upload.before-remove");
  await files.removeInput(ref);
  crashPoint("upload.after-remove");
}

function judge(submission: Submission, jobType: JobType, submitter: Submitter): NewJob {
  const { file, title, metadata } = submission;
  if (file === null && jobType.input === "file") throw new StatusplaneError("file_required");
  if (file !== null && jobType.input === "none") {
    throw new StatusplaneError("invalid_request", { detail: `${jobType.type} takes no file` });
  }
  const refused = file === null ? null : (jobType.looksRight?.(file.firstBytes) ?? null);
  if (refused !== null) throw new StatusplaneError(refused);
  const payload = withFileName(submission.payload ?? {}, file?.name ?? null);
  checkPayload(payload, jobType);
  const { type, maxTries } = jobType;
  const { ref, createdBy } = submitter;
  const job = { ref, jobType: type, title, metadata, payload, createdBy, maxTries };
  if (submitter.idempotencyKey === null) return job;
  return { ...job, idempotency: { key: submitter.idempotencyKey, bodyHash: bodyHash(submission, jobType) } };
}

/** A person knows an import by its file: the name is kept in the payload, unless the submitter gave one. */
function withFileName(payload: Json, name: string | null): Json {
  if (name === null || typeof payload !== "object" || payload === null || Array.isArray(payload))
    return payload;
  return { file_name: name, ...(payload as Readonly<Record<string, Json>>) };
}

/** Over everything that makes the job what it is: fields and the file's content. */
function bodyHash({ title, metadata, payload, file }: Submission, { kind, type }: JobType): string {
  const parts = [
    kind,
    type,
    title,
    metadata,
    payload ?? null,
    file === null ? null : [file.name, file.sha256],
  ];
  return hash("sha256", JSON.stringify(parts), "hex");
}

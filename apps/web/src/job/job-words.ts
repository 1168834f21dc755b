import { isRetryable, type JobTypeInfo, type WatchedJob, type WatchRef } from "@statusplane/client";
import { lookUp, type Messages, type TextAndFormat } from "../text/index.ts";
import type { IconName } from "../ui/index.ts";

/** A video's job type; its snapshots do not say. */
const VIDEO_TYPE = "video_hls";

export function jobTypeOf(job: Pick<WatchedJob, "ref" | "jobType">): string | null {
  return job.jobType ?? (job.ref.kind === "video" ? VIDEO_TYPE : null);
}

/** A job whose type is not told yet looks like the most usual one, so that its icon need not change. */
export function jobIcon(jobType: string | null): IconName {
  if (jobType === VIDEO_TYPE) return "video";
  return jobType === null || jobType === "excel_import" ? "sheet" : "gear";
}

export function typeWord(jobType: string | null, messages: Messages): string {
  return lookUp(messages.job.types, jobType) ?? messages.job.otherType;
}

const UUID_V7 = /^([0-9a-f]{8})-?([0-9a-f]{4})-?7[0-9a-f]{3}/;

/** When an id was minted, ISO 8601: a UUID v7 begins with its Unix ms. Null for other ids. */
export function mintedAt(id: string): string | null {
  const match = UUID_V7.exec(id);
  return match === null ? null : new Date(Number.parseInt(`${match[1]}${match[2]}`, 16)).toISOString();
}

/** What a job is called where nobody has named it: its type, and when it was received, else its id. */
export function untitled(ref: WatchRef, jobType: string | null, text: TextAndFormat): string {
  const type = typeWord(jobType, text.messages);
  const minted = mintedAt(ref.id);
  return minted === null ? `${type} ${ref.id}` : text.messages.job.untitled(type, text.moment(minted));
}

export function stepWord(step: NonNullable<WatchedJob["step"]>, text: TextAndFormat): string {
  const named = lookUp(text.messages.job.steps, step.key);
  // The server's names are Korean, so there they win: a new step has one before this page knows it.
  const name = text.language === "ko" ? step.name : (named ?? step.name);
  return text.messages.job.stepOf(String(step.index), String(step.total), name);
}

/** An error's sentence in the language of now: the server's is Korean, others go by code. */
export function reasonWord(
  code: string | null,
  serverSentence: string | null,
  { language, messages }: Pick<TextAndFormat, "language" | "messages">,
): string | null {
  const known = lookUp(messages.job.reasons, code);
  return language === "ko" ? (serverSentence ?? known ?? code) : (known ?? serverSentence ?? code);
}

/** Whether running it once more can help: not where the same file would fail the same way. A code that nobody knows may. */
export function mayRetry(
  { status, errorCode }: Pick<WatchedJob, "errorCode"> & { readonly status: string },
  jobTypes: readonly JobTypeInfo[],
): boolean {
  if (status === "CANCELLED") return true;
  if (status !== "FAILED") return false;
  if (errorCode === null) return true;
  const own = jobTypes.flatMap(({ errors }) => errors).find(({ code }) => code === errorCode);
  return own?.retryable ?? isRetryable(errorCode) ?? true;
}

/** Why a FAILED job failed. */
export function failureWord(job: WatchedJob, text: TextAndFormat): string {
  const otherwise = job.ref.kind === "video" ? text.messages.job.failedVideo : text.messages.job.failedJob;
  return reasonWord(job.errorCode, job.errorMessage, text) ?? otherwise;
}

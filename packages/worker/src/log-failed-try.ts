import type { FaultFields, JobRecord } from "@statusplane/core";
import { attemptFields, attemptWords } from "./attempt-lines.ts";
import type { Log } from "./log.ts";

export interface FailedTryLine {
  /** The row after the try; null: it had gone on without this worker. */
  readonly record: JobRecord | null;
  /** The row as it was claimed. */
  readonly claimed: Pick<JobRecord, "ref" | "jobType" | "attempt" | "tries" | "maxTries">;
  readonly code: string;
  /** What else is known of the error. */
  readonly fault: FaultFields | null;
}

/** Says a failed try in one line: which job, with what code, and what comes of it. An error of level "error" is ours. */
export function logFailedTry(log: Log, { record, claimed, code, fault }: FailedTryLine): void {
  const { tries, maxTries } = claimed;
  const fields = { ...fault, ...attemptFields(claimed), code, try: tries, maxTries };
  const message = `${attemptWords(claimed)} failed: ${code}; ${sayNext(record, claimed)}`;
  if (fault !== null && "err" in fault) log.error(fields, message);
  else log.warn(fields, message);
}

function sayNext(record: JobRecord | null, { tries, maxTries }: FailedTryLine["claimed"]): string {
  switch (record?.status) {
    case "FAILED":
      return `failed for good at try ${tries} of ${maxTries}`;
    case "CANCELLED":
      return "cancelled meanwhile";
    case "PENDING":
      return `try ${tries} of ${maxTries}, next in ${Math.ceil(record.runInMs / 1_000)} s`;
    default:
      return "another worker has the job";
  }
}

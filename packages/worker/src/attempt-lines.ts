import type { JobRecord } from "@statusplane/core";
import type { Log } from "./log.ts";

/** What a line is about. */
export interface NamedAttempt extends Pick<JobRecord, "ref" | "attempt"> {
  /** Absent: whoever speaks does not know it. */
  readonly jobType?: string;
}

/** For collectors: which attempt of which job. */
export function attemptFields({ ref, jobType, attempt }: NamedAttempt): object {
  const { tenant, kind, id } = ref;
  return { tenant, kind, id, ...(jobType === undefined ? {} : { jobType }), attempt };
}

/** The same for people, as a line begins: `invoice_pdf 0198c7a2-… attempt 1`. */
export function attemptWords({ ref, jobType, attempt }: NamedAttempt): string {
  return `${jobType ?? ref.kind} ${ref.id} attempt ${attempt}`;
}

/** A line for whoever looks for a fault: what happened to an attempt, nothing of what it carries. */
export function debugAttempt(log: Log, attempt: NamedAttempt, what: string): void {
  log.debug?.(attemptFields(attempt), `${attemptWords(attempt)} ${what}`);
}

import { JobError } from "./job-error.ts";
import { StatusplaneError } from "./statusplane-error.ts";

/** Of a cause, as a line of log shows it. */
const CAUSE_MAX_CHARACTERS = 300;

/** The operating system's errors (ECONNREFUSED, ENOSPC); Node's own complaints about its callers begin with ERR_. */
const SYSTEM_CODE = /^E[A-Z0-9]+$/;

/** What a line of log says of an error: where it has a code, that and its cause; else the error with its stack. */
export type FaultFields = { readonly code: string; readonly cause?: string } | { readonly err: unknown };

/**
 * A stack is for faults that are ours: errors that nobody gave a code. What a job ends with, a store that does not
 * answer or a full disk is told by its code and its cause's first line.
 */
export function faultFields(error: unknown): FaultFields {
  if (error instanceof JobError || error instanceof StatusplaneError) {
    if (error.code === "internal_error") return { err: error.cause ?? error };
    const cause = error instanceof StatusplaneError ? (error.detail ?? error.cause) : error.cause;
    const said = cause instanceof Error ? cause.message : cause;
    return typeof said === "string" ? { code: error.code, cause: firstLine(said) } : { code: error.code };
  }
  const { code, message = "" } = membersOf(error);
  if (code !== undefined && SYSTEM_CODE.test(code)) return { code, cause: firstLine(message) };
  return { err: error };
}

/** Of an error of the operating system, as Node hands it on. */
interface SystemError extends Error {
  readonly code?: string;
}

function membersOf(error: unknown): Partial<SystemError> {
  return error instanceof Error ? error : {};
}

function firstLine(text: string): string {
  return (/^.*/.exec(text.trim())?.[0] ?? "").slice(0, CAUSE_MAX_CHARACTERS);
}

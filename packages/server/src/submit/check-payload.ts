import {
  encodeJson,
  JobError,
  type JobType,
  type Json,
  publicMessage,
  StatusplaneError,
} from "@statusplane/core";

/** So many of a schema's complaints are told. */
const ISSUES_MAX = 5;

/**
 * Asks the job type whether a payload fits, as the row would keep it.
 * @throws {invalid_payload} whatever it throws, with its words.
 */
export function checkPayload(payload: Json, jobType: JobType): void {
  try {
    encodeJson(payload);
    jobType.check(payload);
  } catch (error) {
    const detail = reasonOf(error);
    throw new StatusplaneError("invalid_payload", {
      cause: error,
      ...(detail === undefined ? {} : { detail }),
    });
  }
}

/** A bare invalid_payload says it by its cause, or has no more to say; everything else by its own words. */
function reasonOf(error: unknown): string | undefined {
  if (error instanceof JobError && error.message === publicMessage("invalid_payload")) {
    return error.cause === undefined ? undefined : reasonOf(error.cause);
  }
  const issues = issuesOf(error);
  if (issues.length > 0) return issues.slice(0, ISSUES_MAX).map(sayIssue).join("; ");
  return error instanceof Error ? error.message : String(error);
}

/** What schema libraries agree on (Standard Schema): a message, and where. */
interface Issue {
  readonly message: string;
  readonly path?: readonly unknown[];
}

function issuesOf(error: unknown): readonly Issue[] {
  if (typeof error !== "object" || error === null || !("issues" in error)) return [];
  return Array.isArray(error.issues) ? error.issues.filter(isIssue) : [];
}

function isIssue(value: unknown): value is Issue {
  return (
    typeof value === "object" && value !== null && "message" in value && typeof value.message === "string"
  );
}

function sayIssue({ message, path }: Issue): string {
  return Array.isArray(path) && path.length > 0 ? `${path.map(String).join(".")}: ${message}` : message;
}

import { isErrorCode, type ErrorDefinition } from "./error-definition.ts";
import { isRetryable, publicMessage, type ErrorCode } from "./errors.ts";

export interface JobErrorOptions {
  /** The sentence people see; default: the Korean sentence of what is defined, else the code. */
  readonly message?: string;
  /** Whether another try may succeed; default: the definition's word, false where there is none. */
  readonly retryable?: boolean;
  readonly cause?: unknown;
}

/**
 * What a job's code throws to end its try: one of its job type's own errors, a code of the platform, or any other code,
 * `[a-z][a-z0-9_]{0,63}`. Anything else it throws counts as `internal_error`.
 */
export class JobError extends Error {
  override readonly name = "JobError";
  readonly code: string;
  readonly retryable: boolean;

  constructor(error: ErrorDefinition | ErrorCode | (string & {}), options: JobErrorOptions = {}) {
    const { code, ko, retryable } = meaningOf(error);
    super(options.message ?? ko, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = isErrorCode(code) ? code : "internal_error";
    this.retryable = options.retryable ?? retryable;
  }
}

function meaningOf(error: ErrorDefinition | string): Pick<ErrorDefinition, "code" | "ko" | "retryable"> {
  if (typeof error !== "string") return error;
  return { code: error, ko: publicMessage(error), retryable: isRetryable(error) ?? false };
}

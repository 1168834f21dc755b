import type { ErrorDefinition } from "./error-definition.ts";
import { definitionOf, type ErrorCode, type KnownError } from "./errors.ts";

export interface ErrorOptions {
  /** What exactly was wrong, for the developer; shown to people only for status < 500. */
  readonly detail?: string;
  readonly cause?: unknown;
  /** Seconds for `Retry-After`. */
  readonly retryAfterSeconds?: number;
}

/** An error with a code and its meaning. Its message is the English sentence. */
export class StatusplaneError extends Error {
  override readonly name = "StatusplaneError";
  readonly definition: ErrorDefinition;
  readonly detail: string | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(error: KnownError, options: ErrorOptions = {}) {
    const definition = definitionOf(error);
    super(
      options.detail === undefined ? definition.en : `${definition.en} (${options.detail})`,
      options.cause === undefined ? undefined : { cause: options.cause },
    );
    this.definition = definition;
    this.detail = options.detail;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }

  get code(): string {
    return this.definition.code;
  }
}

/** Whether a caught value carries the given code. */
export function hasCode(error: unknown, code: ErrorCode): boolean {
  return error instanceof StatusplaneError && error.code === code;
}

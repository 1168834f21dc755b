import type { ErrorDefinition } from "./error-definition.ts";
import type { Json } from "./json.ts";
import type { Kind } from "./terms.ts";

/** What every process knows of a job type: whoever submits goes by it, and whoever runs it. */
export interface JobType {
  /** Names queue and code, `[A-Za-z0-9_-]{1,64}`. */
  readonly type: string;
  readonly kind: Kind;
  /** Starts at most, ≥ 1. A submit writes it into the row, and the row's is in force from then on. */
  readonly maxTries: number;
  /** Its own errors, beside the platform's: whoever shows how its jobs end learns them from here. */
  readonly errors: readonly ErrorDefinition[];
  /** Checks a payload as the row keeps it. @throws {JobError} whose message or cause says what is wrong with it. */
  check(payload: Json): void;
}

import type { ErrorDefinition } from "./error-definition.ts";
import type { KnownError } from "./errors.ts";
import type { Json } from "./json.ts";
import type { Kind } from "./terms.ts";

/** The same words in each language that people read. */
export interface Words {
  readonly ko: string;
  readonly en: string;
}

/** A step of a job type, as people are told of it. */
export interface StepWords {
  /** The machine's name, unique within the job type. */
  readonly key: string;
  readonly label: Words;
}

/** What every process knows of a job type: whoever submits goes by it, and whoever runs it. */
export interface JobType {
  /** Names queue and code, `[A-Za-z0-9_-]{1,64}`. */
  readonly type: string;
  readonly kind: Kind;
  /** What people call it. */
  readonly label: Words;
  /** In order; may be empty. */
  readonly steps: readonly StepWords[];
  /** Starts at most, ≥ 1. A submit writes it into the row, and the row's is in force from then on. */
  readonly maxTries: number;
  /** Its own errors, beside the platform's: whoever shows how its jobs end learns them from here. */
  readonly errors: readonly ErrorDefinition[];
  /** Whether a file belongs to it. A retry of `file` needs the file to be still there. */
  readonly input: "file" | "none" | "optional";
  /**
   * A cheap look at the first bytes of the file (4 KiB, or the whole of a smaller one): the error it is refused with,
   * null for what may be right. Absent: only an empty file is refused.
   */
  readonly looksRight?: (firstBytes: Uint8Array) => KnownError | null;
  /** Checks a payload as the row keeps it. @throws {JobError} whose message or cause says what is wrong with it. */
  check(payload: Json): void;
}

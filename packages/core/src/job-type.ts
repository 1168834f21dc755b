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

/** Why a submit is refused. */
export interface Refusal {
  readonly error: KnownError;
  /** Default: what the error says. */
  readonly detail?: string;
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
  /** What a sign-in must allow beside `manage` to submit or retry such a job: a word of the application's. Absent: nothing. */
  readonly scope?: string;
  /** Whether the payload is nobody's to read but the job's: details and history show null for it. Default false. */
  readonly hidesPayload?: boolean;
  /**
   * Asked at a submit, when `check` has nothing against the payload: what else it is refused for now, with its words; null:
   * nothing. May look things up. A repeated submit is answered as the first was, whatever this says by then.
   */
  readonly refusal?: (submitted: {
    readonly tenant: string;
    readonly payload: Json;
  }) => Promise<Refusal | null>;
  /** Checks a payload as the row keeps it. @throws {JobError} whose message or cause says what is wrong with it. */
  check(payload: Json): void;
}

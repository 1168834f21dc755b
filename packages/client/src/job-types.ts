import type { Kind } from "@statusplane/core";
import { asMembers, textOrNull, wholeOrNull } from "./reading.ts";
import type { Sender } from "./sender.ts";

/** An end of a job type's own. */
export interface JobTypeError {
  readonly code: string;
  /** Whether another try may succeed. */
  readonly retryable: boolean;
  /** Its sentence in Korean. */
  readonly ko: string;
  readonly en: string;
}

/** A job type, as the server knows it. */
export interface JobTypeInfo {
  readonly jobType: string;
  readonly kind: Kind;
  readonly maxTries: number;
  readonly errors: readonly JobTypeError[];
}

/** Asks for the job types once; after a failure the next call asks again. */
export class JobTypesAsked {
  readonly #sender: Sender;
  #asked: Promise<readonly JobTypeInfo[]> | null = null;

  constructor(sender: Sender) {
    this.#sender = sender;
  }

  /** @throws {ClientError} */
  async ask(): Promise<readonly JobTypeInfo[]> {
    this.#asked ??= this.#ask();
    try {
      return await this.#asked;
    } catch (error) {
      this.#asked = null;
      throw error;
    }
  }

  async #ask(): Promise<readonly JobTypeInfo[]> {
    const body = asMembers(await this.#sender.json("/api/v1/job-types/"));
    if (!Array.isArray(body["job_types"])) throw this.#sender.failure("unexpected_answer");
    return body["job_types"].flatMap(readJobType);
  }
}

function readJobType(value: unknown): readonly JobTypeInfo[] {
  const { job_type: name, kind, max_tries: tries, errors } = asMembers(value);
  const [jobType, maxTries] = [textOrNull(name), wholeOrNull(tries)];
  if (jobType === null || maxTries === null || (kind !== "video" && kind !== "job")) return [];
  return [{ jobType, kind, maxTries, errors: Array.isArray(errors) ? errors.flatMap(readError) : [] }];
}

function readError(value: unknown): readonly JobTypeError[] {
  const members = asMembers(value);
  const [code, ko, en] = [members["code"], members["ko"], members["en"]].map(textOrNull);
  if (typeof code !== "string") return [];
  return [{ code, retryable: members["retryable"] === true, ko: ko ?? code, en: en ?? code }];
}

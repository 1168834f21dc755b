import { readJobTypes, ROUTES, type JobTypeInfo } from "@statusplane/core/wire";
import type { Sender } from "./sender.ts";

/** Asks for the job types once; after a failure the next call asks again. */
export class JobTypesAsked {
  readonly #sender: Sender;
  #asked: Promise<readonly JobTypeInfo[]> | null = null;

  constructor(sender: Sender) {
    this.#sender = sender;
  }

  /** @throws {ClientError} */
  async ask(): Promise<readonly JobTypeInfo[]> {
    this.#asked ??= this.#sender.read(ROUTES.jobTypes, readJobTypes);
    try {
      return await this.#asked;
    } catch (error) {
      this.#asked = null;
      throw error;
    }
  }
}

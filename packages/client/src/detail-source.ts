import { detailPath } from "@statusplane/core/wire";
import { ClientError } from "./client-error.ts";
import { readJson } from "./requests.ts";
import type { Sender } from "./sender.ts";
import type { DetailOption } from "./statusplane-client.ts";
import type { WatchedJob } from "./watched-job.ts";

/** 404 codes that speak of the address, not of the job. */
const NOT_ABOUT_THE_JOB: ReadonlySet<string> = new Set([
  "not_served_here",
  "route_not_found",
  "unexpected_answer",
]);

/** Whether a failed ask means that there is nobody to ask: it ends the asking, and says nothing about the job. */
export function isNotServed(error: unknown): boolean {
  return error instanceof ClientError && (error.code === "not_served_here" || error.code === "no_record");
}

/** Whether a failed ask means that there is no such job. */
export function isNoSuchJob(error: unknown): boolean {
  return error instanceof ClientError && error.status === 404 && !NOT_ABOUT_THE_JOB.has(error.code);
}

/** Who answers for a job's record: the server, the application in its place, or nobody. */
export class DetailSource {
  readonly #sender: Sender;
  readonly #detail: DetailOption | undefined;

  constructor(sender: Sender, detail: DetailOption | undefined) {
    this.#sender = sender;
    this.#detail = detail;
  }

  /** Whether the application answers: then nothing is known of a row of the server's. */
  get isOwn(): boolean {
    return this.#detail !== undefined && this.#detail !== false;
  }

  /**
   * Asks once.
   * @throws {ClientError} `no_record` where nobody can be asked; whatever the answer was, if not the record.
   */
  async ask(job: WatchedJob): Promise<unknown> {
    const detail = this.#detail;
    if (detail === false || (detail === undefined && !job.hasRecord)) throw this.#sender.failure("no_record");
    if (typeof detail !== "function") return readJson(this.#sender, detailPath(job.ref), { baseUrl: detail });
    const body: unknown = await this.#sender.within({}, () => detail(job.ref));
    if (body === null) throw this.#noSuchJob();
    return body;
  }

  /** As the server would say it. */
  #noSuchJob(): ClientError {
    const { detail } = this.#sender.failure("gone");
    return new ClientError({ status: 404, code: "record_not_found", detail });
  }
}

import {
  applyRecord,
  applyRemoval,
  crashPoint,
  type Installation,
  type JobRecord,
  type JobRef,
  type RecordTargets,
  type RemovedFiles,
} from "@statusplane/core";
import type { FastifyBaseLogger } from "fastify";

export interface AfterCommitOptions extends RecordTargets {
  readonly installation: Pick<Installation, "wake">;
  readonly files: RemovedFiles;
  readonly log: FastifyBaseLogger;
}

/**
 * What follows a COMMIT: store and queue are made to say what the row says. The row is the truth and its outbox entry
 * is there, so nothing that fails here fails the request: the reconciler is woken instead.
 */
export class AfterCommit {
  readonly #options: AfterCommitOptions;

  constructor(options: AfterCommitOptions) {
    this.#options = options;
  }

  /** Never rejects. */
  async apply(record: JobRecord): Promise<void> {
    const { ref, jobType, attempt, status } = record;
    await this.#orWake(async () => {
      const answer = await applyRecord(record, this.#options);
      this.#options.log.debug(
        { tenant: ref.tenant, kind: ref.kind, id: ref.id, jobType, attempt },
        `${jobType} ${ref.id} attempt ${attempt} is ${status}; written: ${answer}`,
      );
    });
  }

  /** The same for a row that is gone. Never rejects. */
  async applyRemoval(ref: JobRef): Promise<void> {
    await this.#orWake(() => applyRemoval(ref, this.#options));
  }

  /** Tells the attempt's worker to stop; its next lease renewal would anyway. Never rejects. */
  async requestCancel(record: JobRecord): Promise<void> {
    try {
      await this.#options.writer.requestCancel(record.ref, record.attempt);
    } catch (error) {
      this.#tell("the worker learns of the cancel at its lease renewal", error);
    }
  }

  async #orWake(apply: () => Promise<unknown>): Promise<void> {
    try {
      await apply();
    } catch (error) {
      this.#tell("left to the relay", error);
      await this.#wake();
    }
  }

  async #wake(): Promise<void> {
    crashPoint("wake.before-message");
    try {
      await this.#options.installation.wake();
    } catch (error) {
      this.#tell("the reconciler finds the entry at its next tick", error);
    }
    crashPoint("wake.after-message");
  }

  #tell(message: string, error: unknown): void {
    this.#options.log.warn({ cause: error instanceof Error ? error.message : String(error) }, message);
  }
}

import {
  applyRecord,
  encodeSnapshot,
  jobRef,
  type FailedTry,
  type JobRecord,
  type JobRef,
} from "@statusplane/core";
import { setTimeout as sleep } from "node:timers/promises";
import type { Random } from "../random.ts";
import type { Connections } from "./relay-process.ts";

export const RELAYED_JOB_TYPE = "relayed";
export const RELAYED_TENANT = "relays";

/** Changes of one burst, some of the same job at the same time. */
const CHANGES = { from: 15, to: 45 };
const PAUSE_MS = 15;
/** Chances of one change. */
const NEW_JOB = 0.15;
/** Most changes are of the newest jobs: again while what was changed before is being told. */
const OF_THE_NEWEST = 0.8;
const NEWEST = 6;
const TOLD_BY_COMMITTER = 0.25;
const ANNOUNCED = 0.5;
const LATE_ANNOUNCEMENT = 0.3;
/** How late a committer or a dead worker's message may come. */
const LATE_MS = 120;
/** A worker that is going to die has this lease; the sweeper ends it. */
const SHORT_LEASE_MS = 60;
const LEASE_MS = 60_000;

const WORK_ENDS = ["done", "failed try", "failed", "handed back", "worker dies"] as const;

/** Everybody who changes rows: people and workers. Most die after COMMIT and leave the rest to the relay. */
export class Committers {
  readonly jobs: JobRef[] = [];
  readonly #connections: Connections;
  readonly #random: Random;
  readonly #late = new Set<Promise<void>>();
  #commits = 0;

  constructor(connections: Connections, random: Random) {
    this.#connections = connections;
    this.#random = random;
  }

  /** Changes that were committed. */
  get commits(): number {
    return this.#commits;
  }

  /** Some changes; resolves when also those who are late have told what they had to tell. */
  async burst(onNew: (ref: JobRef) => Promise<void>): Promise<void> {
    const changes = this.#random.between(CHANGES.from, CHANGES.to);
    for (let i = 0; i < changes; i++) {
      this.#goOn(this.#change(onNew));
      await sleep(this.#random.between(0, PAUSE_MS));
    }
    while (this.#late.size > 0) await Promise.all(this.#late);
  }

  async #change(onNew: (ref: JobRef) => Promise<void>): Promise<void> {
    const { requests } = this.#connections.database;
    if (this.jobs.length === 0 || this.#random.chance(NEW_JOB)) {
      const ref = jobRef(RELAYED_TENANT, "job", `j${this.jobs.length}`);
      this.jobs.push(ref);
      await onNew(ref);
      const submitted = await requests.submit({
        ref,
        jobType: RELAYED_JOB_TYPE,
        title: null,
        payload: null,
        createdBy: null,
        maxTries: 3,
      });
      if (submitted.outcome !== "conflict") this.#committed(submitted.record);
      return;
    }
    const ref = this.#random.pick(this.#random.chance(OF_THE_NEWEST) ? this.jobs.slice(-NEWEST) : this.jobs);
    const what = this.#random.next();
    if (what < 0.15) {
      const answer = await requests.cancel(ref);
      if (answer.outcome === "cancelled") this.#committed(answer.record);
    } else if (what < 0.35) {
      const answer = await requests.retry(ref);
      if (answer.outcome === "retried") this.#committed(answer.record);
    } else await this.#work(ref);
  }

  /** Claims, perhaps announces, and ends the attempt in one way or another. */
  async #work(ref: JobRef): Promise<void> {
    const { worker } = this.#connections.database;
    const end = this.#random.pick(WORK_ENDS);
    const dies = end === "worker dies";
    const claim = await worker.claim(ref, "worker", dies ? SHORT_LEASE_MS : LEASE_MS);
    if (claim.outcome !== "claimed") return;
    const { record } = claim;
    if (this.#random.chance(ANNOUNCED)) await this.#announce(record);
    else if (this.#random.chance(LATE_ANNOUNCEMENT)) this.#later(() => this.#announce(record));
    if (dies) return;
    await sleep(this.#random.between(0, PAUSE_MS));
    this.#committed(await this.#end(record, end));
  }

  #end(
    { ref, attempt }: JobRecord,
    end: Exclude<(typeof WORK_ENDS)[number], "worker dies">,
  ): Promise<JobRecord | null> {
    const { worker } = this.#connections.database;
    const failure: FailedTry = {
      errorCode: "internal_error",
      errorMessage: "처리하지 못했습니다.",
      errorDetail: null,
      retryable: end === "failed try",
      backoffMs: this.#random.between(0, LATE_MS),
    };
    switch (end) {
      case "done": {
        const result = { kind: "value", value: { attempt }, bytes: 13 } as const;
        return worker.finish(ref, attempt, { status: "DONE", result });
      }
      case "failed try":
      case "failed":
        return worker.failTry(ref, attempt, failure);
      case "handed back":
        return worker.handBack(ref, attempt);
    }
  }

  async #announce({ ref, jobType, title, attempt, updatedAt }: JobRecord): Promise<void> {
    const progress = { percent: 0, remainingSeconds: null, step: null };
    const snapshot = {
      ref,
      jobType,
      title,
      attempt,
      updatedAt,
      status: "PROCESSING",
      version: 1,
      progress,
    } as const;
    await this.#connections.store.writer.write("announce", encodeSnapshot(snapshot));
  }

  /** After COMMIT: told at once, late, or by nobody. */
  #committed(record: JobRecord | null): void {
    if (record === null) return;
    this.#commits += 1;
    const { store, queue } = this.#connections;
    if (!this.#random.chance(TOLD_BY_COMMITTER)) return;
    this.#later(async () => void (await applyRecord(record, { writer: store.writer, queue })));
  }

  #later(tell: () => Promise<void>): void {
    const afterMs = this.#random.chance(0.5) ? 0 : this.#random.between(1, LATE_MS);
    this.#goOn(sleep(afterMs).then(tell));
  }

  #goOn(work: Promise<void>): void {
    const done = work.finally(() => this.#late.delete(done));
    done.catch(() => undefined); // told to whoever awaits the burst
    this.#late.add(done);
  }
}

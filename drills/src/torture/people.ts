import type { JobRef } from "@statusplane/core";
import { setTimeout as sleep } from "node:timers/promises";
import type { HistoryLog } from "../history/history-log.ts";
import type { DrillLoad } from "../load/drill-load.ts";
import type { Random } from "../random.ts";

const EVERY_MS = 400;
const ANSWER_WITHIN_MS = 5_000;
/** Mostly one of the newest is cancelled, for it still waits or runs. */
const NEWEST = 30;

export interface PeopleOptions {
  readonly url: string;
  readonly load: DrillLoad;
  readonly history: HistoryLog;
  readonly random: Random;
}

/** Cancel and retry jobs at any moment of their lives, and try it with other tenants' jobs, which must be 404. */
export class People {
  readonly #options: PeopleOptions;
  readonly #ended = new AbortController();
  readonly #loop: Promise<void>;
  readonly #cancelled = new Set<JobRef>();
  readonly #foreign: string[] = [];
  #asked = 0;

  constructor(options: PeopleOptions) {
    this.#options = options;
    this.#loop = this.#ask();
  }

  /** Requests so far. */
  get asked(): number {
    return this.#asked;
  }

  /** What another tenant's token was allowed: must stay empty. */
  get foreign(): readonly string[] {
    return this.#foreign;
  }

  async close(): Promise<void> {
    this.#ended.abort();
    await this.#loop;
  }

  async #ask(): Promise<void> {
    const { load, random } = this.#options;
    while (!this.#ended.signal.aborted) {
      await sleep(EVERY_MS);
      const newest = [...load.jobs.values()].slice(-NEWEST);
      if (newest.length === 0) continue;
      const retries = random.chance(0.4) && this.#cancelled.size > 0;
      const ref = retries ? random.pick([...this.#cancelled]) : random.pick(newest).ref;
      if (random.chance(0.05)) await this.#tryForeign(ref);
      else if (retries) await this.#retry(ref);
      else await this.#cancel(ref);
    }
  }

  async #cancel(ref: JobRef): Promise<void> {
    const answer = await this.#post(ref, "cancel", ref.tenant);
    if (answer === null || answer.status === 202) this.#cancelled.add(ref);
    if (answer?.status === 202) this.#note("cancelled", ref, answer.attempt);
  }

  async #retry(ref: JobRef): Promise<void> {
    this.#cancelled.delete(ref);
    const answer = await this.#post(ref, "retry", ref.tenant);
    if (answer?.status === 202) this.#note("retried", ref, answer.attempt);
    this.#options.load.watch(ref); // also without an answer: it may have been done
  }

  async #tryForeign(ref: JobRef): Promise<void> {
    const other = ref.tenant === "7" ? "8" : "7";
    const answer = await this.#post(ref, "cancel", other);
    if (answer === null || answer.status >= 500 || answer.status === 404 || answer.status === 429) return;
    this.#foreign.push(`tenant ${other} was answered ${answer.status} for ${ref.tenant}.${ref.id}`);
  }

  #note(what: "cancelled" | "retried", { tenant, id }: JobRef, attempt: number): void {
    this.#options.history.append({ what, tenant, id, attempt });
  }

  /** Null: no answer. */
  async #post(
    { kind, id }: JobRef,
    action: "cancel" | "retry",
    tenant: string,
  ): Promise<{ readonly status: number; readonly attempt: number } | null> {
    const { url, load } = this.#options;
    const base = kind === "video" ? `/media/videos/${id}` : `/api/v1/jobs/${id}`;
    this.#asked += 1;
    try {
      const response = await fetch(`${url}${base}/${action}/`, {
        method: "POST",
        headers: { authorization: `Bearer ${load.token(tenant)}` },
        signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
      });
      const { attempt = 0 } = (await response.json()) as { attempt?: number };
      return { status: response.status, attempt };
    } catch {
      return null; // cut or timed out: whether it was done is unknown
    }
  }
}

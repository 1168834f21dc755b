import { ClientError } from "@statusplane/client";
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
  readonly #touched = new Set<JobRef>();
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

  /** Asks nothing more. Whoever asked looks again at the page: without an answer they do not know what was done. */
  async close(): Promise<void> {
    this.#ended.abort();
    await this.#loop;
    for (const ref of this.#touched) this.#options.load.watch(ref);
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
    if (await this.#asks("cancel", ref)) this.#cancelled.add(ref);
  }

  async #retry(ref: JobRef): Promise<void> {
    this.#cancelled.delete(ref);
    await this.#asks("retry", ref);
  }

  /** @returns false when it was refused; without an answer it may have been done. */
  async #asks(action: "cancel" | "retry", ref: JobRef): Promise<boolean> {
    const { load, history } = this.#options;
    this.#asked += 1;
    this.#touched.add(ref);
    try {
      await load.ask(action, ref);
      history.append({ what: action === "cancel" ? "cancelled" : "retried", tenant: ref.tenant, id: ref.id });
      return true;
    } catch (error) {
      return !(error instanceof ClientError) || error.status === 0 || error.status >= 500;
    }
  }

  async #tryForeign({ tenant, kind, id }: JobRef): Promise<void> {
    const { url, load } = this.#options;
    const other = tenant === "7" ? "8" : "7";
    const base = kind === "video" ? `/media/videos/${id}` : `/api/v1/jobs/${id}`;
    this.#asked += 1;
    try {
      const { status } = await fetch(`${url}${base}/cancel/`, {
        method: "POST",
        headers: { authorization: `Bearer ${load.token(other)}` },
        signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
      });
      if (status >= 500 || status === 404 || status === 429) return;
      this.#foreign.push(`tenant ${other} was answered ${status} for ${tenant}.${id}`);
    } catch {
      return; // cut or timed out: nothing was told to a stranger
    }
  }
}

import { isTerminal, type JobRef } from "@statusplane/core";
import { setTimeout as sleep } from "node:timers/promises";
import type { HistoryLog } from "../history/history-log.ts";
import { sightOfBody } from "./sights.ts";

const POLL_EVERY_MS = 300;
/** An ended job is looked at for so much longer: a step back after the end is the worst of all. */
const AFTER_END_MS = 6_000;
const REFS_PER_REQUEST = 50;
const ANSWER_WITHIN_MS = 5_000;

export interface RawPollerOptions {
  readonly url: string;
  readonly token: string;
  readonly name: string;
  readonly history: HistoryLog;
}

interface Polled {
  readonly ref: JobRef;
  last: string;
  endedAtMs: number | null;
}

/** Polls by batch and writes down every answer that differs from the one before, whatever its order. */
export class RawPoller {
  readonly #options: RawPollerOptions;
  readonly #polled = new Map<string, Polled>();
  readonly #ended = new AbortController();
  readonly #loop: Promise<void>;

  constructor(options: RawPollerOptions) {
    this.#options = options;
    this.#loop = this.#polls();
  }

  watch(ref: JobRef): void {
    this.#polled.set(ref.id, { ref, last: "", endedAtMs: null });
  }

  async close(): Promise<void> {
    this.#ended.abort();
    await this.#loop;
  }

  async #polls(): Promise<void> {
    while (!this.#ended.signal.aborted) {
      const nowMs = performance.now();
      for (const [id, { endedAtMs }] of this.#polled) {
        if (endedAtMs !== null && nowMs - endedAtMs > AFTER_END_MS) this.#polled.delete(id);
      }
      const all = [...this.#polled.values()];
      for (let from = 0; from < all.length; from += REFS_PER_REQUEST) {
        await this.#poll(all.slice(from, from + REFS_PER_REQUEST));
      }
      await sleep(POLL_EVERY_MS);
    }
  }

  async #poll(polled: readonly Polled[]): Promise<void> {
    const { url, token } = this.#options;
    const ids = (kind: string): string =>
      polled.flatMap(({ ref }) => (ref.kind === kind ? [ref.id] : [])).join(",");
    let body: { readonly videos?: Record<string, object>; readonly jobs?: Record<string, object> };
    try {
      const response = await fetch(`${url}/api/v1/progress/?videos=${ids("video")}&jobs=${ids("job")}`, {
        headers: { authorization: `Bearer ${token}` },
        signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
      });
      if (!response.ok) {
        await response.arrayBuffer();
        return;
      }
      body = (await response.json()) as typeof body;
    } catch {
      return; // a fault is under way: the next poll asks again
    }
    for (const each of polled) {
      const found = (each.ref.kind === "video" ? body.videos : body.jobs)?.[each.ref.id];
      if (found !== undefined) this.#see(each, found as Readonly<Record<string, unknown>>);
    }
  }

  #see(polled: Polled, body: Readonly<Record<string, unknown>>): void {
    const { name, history } = this.#options;
    const text = JSON.stringify(body);
    if (text === polled.last) return;
    polled.last = text;
    const sight = sightOfBody(polled.ref, body);
    polled.endedAtMs = isTerminal(sight.status) ? (polled.endedAtMs ?? performance.now()) : null;
    history.append({ ...sight, watcher: name, sees: "raw" });
  }
}

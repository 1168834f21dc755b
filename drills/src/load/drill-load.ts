import { createClient, type StatusplaneClient } from "@statusplane/client";
import { jobRef, type JobRef } from "@statusplane/core";
import { setTimeout as sleep } from "node:timers/promises";
import type { Fleet } from "../fleet/fleet.ts";
import type { HistoryLog } from "../history/history-log.ts";
import { DRILL_JOB_TYPE, type DrillPayload } from "../program/drill-job.ts";
import type { Random } from "../random.ts";
import { RawPoller } from "./raw-poller.ts";
import { sightOf } from "./sights.ts";

/** At the full load of the catalogue. */
const FULL_JOBS_PER_SECOND = 200;
const FULL_WATCHERS = 1_000;
/** Of the watchers one in five takes what it is answered; the others are the product's client. */
const RAW_SHARE = 0.2;
const TENANTS = ["7", "8", "9"] as const;
/** Submits that have no answer yet at most: a server that is away must not pile up requests without end. */
const MAX_SUBMITTING = 200;
const SUBMIT_RETRY_MS = 200;

export interface LoadJob {
  readonly ref: JobRef;
  readonly marker: string;
}

export interface DrillLoadOptions {
  readonly fleet: Fleet;
  readonly history: HistoryLog;
  readonly random: Random;
  /** Share of 200 jobs a second and 1,000 watchers. */
  readonly load: number;
  /** What each job is to do; default short jobs of many kinds. */
  readonly payload?: (random: Random) => Omit<DrillPayload, "marker">;
}

/** Submits jobs at an even rate, and watches each with a client and, some of them, raw pollers. */
export class DrillLoad {
  readonly jobs = new Map<string, LoadJob>();
  readonly #options: DrillLoadOptions;
  readonly #ended = new AbortController();
  readonly #tokens = new Map<string, string>();
  readonly #clients: {
    readonly tenant: string;
    readonly client: StatusplaneClient;
    readonly name: string;
  }[] = [];
  readonly #pollers: { readonly tenant: string; readonly poller: RawPoller }[] = [];
  readonly #submits = new Set<Promise<void>>();
  #submitting: Promise<void> = Promise.resolve();
  #paused = false;
  #failedRequests = 0;
  #submitted = 0;

  private constructor(options: DrillLoadOptions) {
    this.#options = options;
  }

  static async start(options: DrillLoadOptions): Promise<DrillLoad> {
    const load = new DrillLoad(options);
    const { fleet, history } = options;
    for (const tenant of TENANTS) load.#tokens.set(tenant, await fleet.token(tenant));
    const watchers = Math.max(TENANTS.length * 2, Math.round(FULL_WATCHERS * options.load));
    for (let n = 0; n < watchers; n++) {
      const tenant = TENANTS[n % TENANTS.length] ?? TENANTS[0];
      const token = load.#tokens.get(tenant) ?? "";
      if (n < Math.max(TENANTS.length, watchers * RAW_SHARE)) {
        const name = `raw-${n}`;
        load.#pollers.push({
          tenant,
          poller: new RawPoller({ url: fleet.url, token, tenant, name, history }),
        });
      } else {
        const client = createClient({
          baseUrl: fleet.url,
          getToken: () => token,
          onError: () => void (load.#failedRequests += 1),
        });
        load.#clients.push({ tenant, client, name: `client-${n}` });
      }
    }
    load.#submitting = load.#submitAll();
    return load;
  }

  /** Answers other than 2xx and missing ones, of submits and clients. */
  get failedRequests(): number {
    return this.#failedRequests;
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
  }

  /** No more submits; resolves when each one under way was acknowledged. Watching goes on. */
  async stopSubmitting(): Promise<void> {
    this.#ended.abort();
    await this.#submitting;
    await Promise.all(this.#submits);
  }

  /** What the product's clients show now, by job: the tenant's client that watches it. */
  shown(): ReadonlyMap<
    string,
    { readonly status: string; readonly attempt: number; readonly gone: boolean }
  > {
    const shown = new Map<string, { status: string; attempt: number; gone: boolean }>();
    for (const { tenant, client } of this.#clients) {
      for (const job of client.getSnapshot().values()) {
        const { status, attempt, gone } = job;
        shown.set(`${tenant}.${job.ref.kind}.${job.ref.id}`, { status, attempt, gone });
      }
    }
    return shown;
  }

  /** Watches a job that this load did not submit, or one that lives again. */
  watch(job: LoadJob): void {
    const { random, history } = this.#options;
    const { tenant, kind, id } = job.ref;
    this.jobs.set(`${tenant}.${kind}.${id}`, job);
    const mine = this.#clients.filter((each) => each.tenant === tenant);
    const { client, name } = random.pick(mine);
    client.watch({ kind, id }, (seen) => {
      if (seen.status === "UNKNOWN") return;
      history.append({ ...sightOf(job.ref, seen), watcher: name, sees: "client" });
    });
    random.pick(this.#pollers.filter((each) => each.tenant === tenant)).poller.watch(job.ref);
  }

  async close(): Promise<void> {
    this.#ended.abort();
    await this.#submitting;
    for (const { client } of this.#clients) client.close();
    await Promise.all(this.#pollers.map(({ poller }) => poller.close()));
  }

  async #submitAll(): Promise<void> {
    const { random, load } = this.#options;
    const everyMs = 1_000 / (FULL_JOBS_PER_SECOND * load);
    for (let dueMs = performance.now(); !this.#ended.signal.aborted; dueMs += everyMs) {
      await sleep(Math.max(0, dueMs - performance.now()));
      if (dueMs < performance.now() - 1_000) dueMs = performance.now(); // what was missed is not made up for
      if (this.#paused || this.#submits.size >= MAX_SUBMITTING) continue;
      const submit = this.#submitOne(random.pick(TENANTS));
      this.#submits.add(submit);
      void submit.finally(() => this.#submits.delete(submit));
    }
  }

  /** Repeats the same submit under the same key until it is acknowledged, as a careful caller does. */
  async #submitOne(tenant: string): Promise<void> {
    const { fleet, history, random, payload = shortJob } = this.#options;
    const key = `key-${++this.#submitted}`;
    const marker = `${tenant}-${key}`;
    const body = JSON.stringify({ job_type: DRILL_JOB_TYPE, payload: { ...payload(random), marker } });
    const headers = {
      authorization: `Bearer ${this.#tokens.get(tenant)}`,
      "content-type": "application/json",
      "idempotency-key": key,
    };
    for (;;) {
      const id = await postJob(`${fleet.url}/api/v1/jobs/`, headers, body);
      if (id !== null) {
        history.append({ what: "accepted", tenant, id, key });
        this.watch({ ref: jobRef(tenant, "job", id), marker });
        return;
      }
      this.#failedRequests += 1;
      await sleep(SUBMIT_RETRY_MS);
    }
  }
}

/** @returns the id; null when there was no answer, or one that asks to come again. @throws for any other refusal. */
async function postJob(
  url: string,
  headers: Readonly<Record<string, string>>,
  body: string,
): Promise<string | null> {
  let response: Response;
  try {
    response = await fetch(url, { method: "POST", headers, body, signal: AbortSignal.timeout(10_000) });
  } catch {
    return null; // cut, refused or timed out: the caller repeats under the same key
  }
  const text = await response.text().catch(() => null); // cut while it was read: as above
  if (text === null || response.status >= 500 || response.status === 429) return null;
  if (response.status !== 202) throw new Error(`a submit was answered ${response.status}: ${text}`);
  return String((JSON.parse(text) as { job_id: unknown }).job_id);
}

/** Mostly 0.1–0.8 s; some fail once, some have a large result, some write a file. */
function shortJob(random: Random): Omit<DrillPayload, "marker"> {
  return {
    lastsMs: random.between(100, 800),
    failAttempts: random.chance(0.05) ? 1 : 0,
    resultBytes: random.chance(0.05) ? 10_000 : random.between(0, 200),
    writesFile: random.chance(0.2),
  };
}

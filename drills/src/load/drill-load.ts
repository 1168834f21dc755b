import { jobRef, refKey, type JobRef, type Kind } from "@statusplane/core";
import { setTimeout as sleep } from "node:timers/promises";
import type { Fleet } from "../fleet/fleet.ts";
import type { HistoryLog } from "../history/history-log.ts";
import { DRILL_JOB_TYPE, type DrillPayload } from "../program/drill-job.ts";
import type { Random } from "../random.ts";
import { submitUntilAccepted } from "./submit.ts";
import { Watchers, type Shown } from "./watchers.ts";

/** At the full load of the catalogue. */
const FULL_JOBS_PER_SECOND = 200;
const FULL_WATCHERS = 1_000;
export const TENANTS = ["7", "8", "9"] as const;
/** Submits without an answer at most: a server that is away must not pile up requests without end. */
const MAX_SUBMITTING = 200;
/** Jobs that live at most: what cannot be worked off on this machine is no fault of what is tested. */
const MAX_LIVE = 200;

export interface LoadJob {
  readonly ref: JobRef;
  /** Comes back in its results; null for the academy's own job types. */
  readonly marker: string | null;
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

/** Submits jobs at an even rate, and has each watched. */
export class DrillLoad {
  readonly jobs = new Map<string, LoadJob>();
  /** Jobs that a person had removed, acknowledged or not: their rows may be gone. */
  readonly removed = new Set<string>();
  /** What submits were answered that had to come again: `507 storage_full`, `none`, … → how often. */
  readonly refusals = new Map<string, number>();
  /** What clients were told of requests that failed: `503 redis_unavailable`, … → how often. */
  readonly clientErrors = new Map<string, number>();
  readonly #options: DrillLoadOptions;
  readonly #tokens: ReadonlyMap<string, string>;
  readonly #watchers: Watchers;
  readonly #ended = new AbortController();
  readonly #submits = new Set<Promise<void>>();
  #submitting: Promise<void>;
  #submitted = 0;
  #closed: Promise<void> | undefined;

  private constructor(options: DrillLoadOptions, tokens: ReadonlyMap<string, string>) {
    const { fleet, history, random, load } = options;
    this.#options = options;
    this.#tokens = tokens;
    this.#watchers = new Watchers({
      url: fleet.url,
      tokens,
      count: Math.round(FULL_WATCHERS * load),
      history,
      random: random.fork("watchers"),
      onError: ({ status, code }) => count(this.clientErrors, `${status} ${code}`),
    });
    this.#submitting = this.#submitAll();
  }

  static async start(options: DrillLoadOptions): Promise<DrillLoad> {
    const tokens = await Promise.all(
      TENANTS.map(async (tenant) => [tenant, await options.fleet.token(tenant)] as const),
    );
    return new DrillLoad(options, new Map(tokens));
  }

  token(tenant: string): string {
    return this.#tokens.get(tenant) ?? "";
  }

  /** How many of the clients that shall be told by a stream are now, in words: the others poll until it is back. */
  get streaming(): string {
    const { live, of } = this.#watchers.streaming;
    return `${live} of ${of}`;
  }

  shown(ref: JobRef): Shown | undefined {
    return this.#watchers.shown(ref);
  }

  /** Cancels or retries at the page that shows the job. @throws {ClientError} */
  ask(action: "cancel" | "retry", ref: JobRef): Promise<void> {
    return this.#watchers.ask(action, ref);
  }

  /** Looks again at a job that may live again. */
  watch(ref: JobRef): void {
    this.#watchers.watch(ref);
  }

  /** Submits one job more, beside the even rate; resolves when it is acknowledged and watched. */
  async submit(
    job: { readonly tenant: string; readonly kind: Kind; readonly marker: (key: string) => string | null },
    body: (key: string) => Promise<FormData | string>,
  ): Promise<JobRef> {
    const { fleet, history } = this.#options;
    const { tenant, kind } = job;
    const key = `key-${++this.#submitted}`;
    const id = await submitUntilAccepted({
      url: `${fleet.url}${kind === "video" ? "/media/videos/" : "/api/v1/jobs/"}`,
      token: this.token(tenant),
      key,
      body: () => body(key),
      onFailure: (answer) => count(this.refusals, answer),
    });
    const ref = jobRef(tenant, kind, id);
    history.append({ what: "accepted", tenant, id, key });
    this.jobs.set(refKey(ref), { ref, marker: job.marker(key) });
    this.#watchers.watch(ref);
    return ref;
  }

  /** No more submits; resolves when each one under way was acknowledged. Watching goes on. */
  async stopSubmitting(): Promise<void> {
    this.#ended.abort();
    await this.#submitting;
    await Promise.all(this.#submits);
  }

  close(): Promise<void> {
    return (this.#closed ??= this.#close());
  }

  async #close(): Promise<void> {
    this.#ended.abort();
    await this.#submitting;
    await this.#watchers.close();
  }

  async #submitAll(): Promise<void> {
    const { random, load, payload = shortJob } = this.#options;
    const everyMs = 1_000 / (FULL_JOBS_PER_SECOND * load);
    for (let dueMs = performance.now(); !this.#ended.signal.aborted; dueMs += everyMs) {
      await sleep(Math.max(0, dueMs - performance.now()));
      if (dueMs < performance.now() - 1_000) dueMs = performance.now(); // what was missed is not made up for
      if (this.#submits.size >= MAX_SUBMITTING || this.#watchers.live >= MAX_LIVE) continue;
      const tenant = random.pick(TENANTS);
      const marker = (key: string): string => `${tenant}-${key}`;
      const doing = payload(random);
      const submit = this.submit({ tenant, kind: "job", marker }, async (key) =>
        JSON.stringify({ job_type: DRILL_JOB_TYPE, payload: { ...doing, marker: marker(key) } }),
      ).then(() => undefined);
      this.#submits.add(submit);
      void submit.finally(() => this.#submits.delete(submit));
    }
  }
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

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

import { refKey, type JobQueue, type JobRef, type Status, type ViewStore } from "@statusplane/core";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Fleet } from "../fleet/fleet.ts";
import type { ProcessSlot } from "../fleet/process-slot.ts";
import type { SingleRedis } from "../fleet/status-redis.ts";
import { TENANTS, type DrillLoad } from "../load/drill-load.ts";
import { DRILL_FILE_JOB_TYPE, DRILL_JOB_TYPE, type DrillPayload } from "../program/drill-job.ts";
import type { Random } from "../random.ts";
import type { CrashRequests } from "./crash-requests.ts";
import type { Supervisor } from "./supervisor.ts";

const LOOK_EVERY_MS = 50;
const WITHIN_MS = 20_000;
const ANSWER_WITHIN_MS = 10_000;

/** What all lanes share. */
export interface Stage {
  readonly fleet: Fleet<SingleRedis>;
  readonly load: DrillLoad;
  readonly supervisor: Supervisor;
  readonly requests: CrashRequests;
  /** The drill's own way into the queue. */
  readonly queue: JobQueue;
  /** The drill's own way to what is watched. */
  readonly views: ViewStore;
  readonly random: Random;
  /** Faults of stores come one at a time. */
  readonly alone: (fault: () => Promise<void>) => Promise<void>;
  /** Jobs that a person had tried again, acknowledged or not. */
  readonly retried: Set<JobRef>;
}

type Row = { readonly status: Status; readonly attempt: number };

/** The stage as one scenario sees it: whatever it waits for, it stops when its point was hit. */
export class Scene {
  readonly stage: Stage;
  readonly hit: AbortSignal;

  constructor(stage: Stage, hit: AbortSignal) {
    this.stage = stage;
    this.hit = hit;
  }

  async pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.hit }).catch(() => undefined); // hit: the pause is over
  }

  /** Submits a job that works well and shortly unless told otherwise. */
  submit(doing: Partial<DrillPayload>): Promise<JobRef> {
    const tenant = this.stage.random.pick(TENANTS);
    const marker = (key: string): string => `${tenant}-${key}`;
    return this.stage.load.submit({ tenant, kind: "job", marker }, async (key) =>
      JSON.stringify({ job_type: DRILL_JOB_TYPE, payload: payloadOf(doing, marker(key)) }),
    );
  }

  /** Submits a job with a file, and on request the same again under the same key. */
  async upload(options: { readonly twice: boolean }): Promise<void> {
    const tenant = this.stage.random.pick(TENANTS);
    const marker = (key: string): string => `${tenant}-${key}`;
    let usedKey = "";
    const body = async (key: string): Promise<FormData> => {
      usedKey = key;
      return formOf(DRILL_FILE_JOB_TYPE, payloadOf({}, marker(key)));
    };
    await this.stage.load.submit({ tenant, kind: "job", marker }, body);
    if (options.twice) await this.post(tenant, "/api/v1/jobs/", await body(usedKey), usedKey);
  }

  /** Uploads what a job type that takes no file is refused with. */
  async uploadRefused(): Promise<void> {
    const form = formOf(DRILL_JOB_TYPE, payloadOf({}, "refused"));
    await this.post(this.stage.random.pick(TENANTS), "/api/v1/jobs/", form);
  }

  /** Asks for a cancel or a retry once; the process that is asked may die of it. */
  async ask(ref: JobRef, what: "cancel" | "retry"): Promise<void> {
    if (what === "retry") this.stage.retried.add(ref);
    await this.post(ref.tenant, `/api/v1/jobs/${ref.id}/${what}/`, null);
  }

  /** Removes a finished job, as {@link ask} asks. */
  async remove(ref: JobRef): Promise<void> {
    this.stage.load.removed.add(refKey(ref));
    await this.#send(ref.tenant, `/api/v1/jobs/${ref.id}/`, { method: "DELETE" });
  }

  post(tenant: string, path: string, body: FormData | null, key?: string): Promise<void> {
    return this.#send(tenant, path, { method: "POST", body, ...(key === undefined ? {} : { key }) });
  }

  async #send(
    tenant: string,
    path: string,
    { method, body = null, key }: { method: string; body?: FormData | null; key?: string },
  ): Promise<void> {
    const headers = {
      authorization: `Bearer ${this.stage.load.token(tenant)}`,
      ...(key === undefined ? {} : { "idempotency-key": key }),
    };
    const signal = AbortSignal.timeout(ANSWER_WITHIN_MS);
    const response = await fetch(this.stage.fleet.url + path, { method, headers, body, signal });
    await response.arrayBuffer();
  }

  /** Waits until a job's row is as wanted. @returns false: not in time, or the point was hit before. */
  async untilRow(ref: JobRef, isWanted: (row: Row) => boolean): Promise<boolean> {
    const deadlineMs = performance.now() + WITHIN_MS;
    while (!this.hit.aborted && performance.now() < deadlineMs) {
      const row = await this.#row(ref);
      if (row !== undefined && isWanted(row)) return true;
      await this.pause(LOOK_EVERY_MS);
    }
    return false;
  }

  /** Waits until a worker has begun the job's code. @returns null: not in time, or the point was hit before. */
  async untilBegun(ref: JobRef): Promise<ProcessSlot | null> {
    const { fleet } = this.stage;
    const deadlineMs = performance.now() + WITHIN_MS;
    while (!this.hit.aborted && performance.now() < deadlineMs) {
      const slot = fleet.workers.find((worker) => worker.isUp && hasBegun(fleet, worker, ref));
      if (slot !== undefined) return slot;
      await this.pause(LOOK_EVERY_MS);
    }
    return null;
  }

  async #row(ref: JobRef): Promise<Row | undefined> {
    try {
      const { rows } = await this.stage.fleet.pool.query<Row>(
        "SELECT status, attempt FROM statusplane.job WHERE tenant_id = $1 AND kind = $2 AND id = $3",
        [ref.tenant, ref.kind, ref.id],
      );
      return rows[0];
    } catch {
      return undefined; // Postgres is away: looked at again
    }
  }
}

function payloadOf(doing: Partial<DrillPayload>, marker: string): DrillPayload {
  return { lastsMs: 100, failAttempts: 0, resultBytes: 0, writesFile: false, ...doing, marker };
}

function formOf(jobType: string, payload: DrillPayload): FormData {
  const form = new FormData();
  form.set("job_type", jobType);
  form.set("payload", JSON.stringify(payload));
  form.set("file", new Blob(["of a drill"]), "drill.txt");
  return form;
}

function hasBegun(fleet: Fleet, { program }: ProcessSlot, ref: JobRef): boolean {
  const file = join(fleet.folder, "logs", `worker.${program.pid}.jsonl`);
  return existsSync(file) && readFileSync(file, "utf8").includes(`"id":"${ref.id}"`);
}

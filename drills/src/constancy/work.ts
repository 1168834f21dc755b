import { eventually } from "@statusplane/test-support";
import { openAsBlob } from "node:fs";
import { basename } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { makeVideo, makeWorkbook } from "../../../test/end-to-end/support/inputs.ts";
import type { Watched } from "../crowd/crowd-words.ts";
import type { Fleet } from "../fleet/fleet.ts";
import { DRILL_JOB_TYPE } from "../program/drill-job.ts";

const TENANT = "7";
/** In the place of three long videos and two long imports, which two cores could not carry beside ten thousand watchers. */
const LONG_JOBS = 5;
const SHORT_JOB_EVERY_MS = 2_000;
const SHORT_JOB_MS = 500;
const ENDS_WITHIN_MS = 180_000;

/** What goes on under the watchers' eyes: long jobs all the time, and in each run a real video, a real import, short jobs. */
export class Work {
  readonly #fleet: Fleet;
  readonly #token: string;
  readonly #long: readonly string[];
  #submitted = LONG_JOBS;

  private constructor(fleet: Fleet, token: string, long: readonly string[]) {
    this.#fleet = fleet;
    this.#token = token;
    this.#long = long;
  }

  /** Begins the long jobs, and waits until all of them run. */
  static async begin(fleet: Fleet, lastsMs: number): Promise<Work> {
    const token = await fleet.token(TENANT);
    const bodies = Array.from({ length: LONG_JOBS }, () => drillBody(lastsMs));
    const long = await Promise.all(bodies.map((body) => post(fleet, token, "/api/v1/jobs/", body)));
    const running = async (): Promise<boolean> => {
      const { rowCount } = await fleet.pool.query("SELECT FROM statusplane.job WHERE status = 'PROCESSING'");
      return rowCount === LONG_JOBS;
    };
    await eventually("the long jobs run", running, ENDS_WITHIN_MS);
    return new Work(fleet, token, long);
  }

  get token(): string {
    return this.#token;
  }

  /** Acknowledged jobs so far. */
  get submitted(): number {
    return this.#submitted;
  }

  /** What watchers look at: each long job alone, and all of them at once. */
  get watched(): readonly Watched[] {
    const singles = this.#long.map((id) => ({
      jobs: [id],
      progressPath: `/api/v1/jobs/${id}/progress/`,
      detailPath: `/api/v1/jobs/${id}/`,
    }));
    const all = {
      jobs: this.#long,
      progressPath: `/api/v1/progress/?jobs=${this.#long.join(",")}`,
      detailPath: "/",
    };
    return [...singles, all];
  }

  /** One real video, one real import, and short jobs one after another until told to stop. */
  async run(stopped: AbortSignal): Promise<void> {
    const { folder } = this.#fleet;
    const video = await makeVideo(folder, { seconds: 2, size: "320x180" });
    const workbook = await makeWorkbook(folder, { rows: 200 });
    await this.#submit("/media/videos/", await formOf(video, { title: "lecture" }));
    await this.#submit("/api/v1/jobs/", await formOf(workbook, { job_type: "excel_import" }));
    while (!stopped.aborted) {
      await this.#submit("/api/v1/jobs/", drillBody(SHORT_JOB_MS));
      await sleep(SHORT_JOB_EVERY_MS, undefined, { signal: stopped }).catch(() => undefined); // stopped: so does the loop
    }
  }

  /** Waits until every job has ended well. @returns those that did not. */
  async ended(): Promise<readonly string[]> {
    const { pool } = this.#fleet;
    const ended = async (): Promise<boolean> =>
      (await pool.query("SELECT FROM statusplane.job WHERE finished_at IS NULL")).rowCount === 0;
    await eventually("all work has ended", ended, ENDS_WITHIN_MS);
    const { rows } = await pool.query<{ row: string }>(
      `SELECT concat_ws(' ', kind, id, status, tries, error_code) AS row FROM statusplane.job
        WHERE status NOT IN ('READY', 'DONE') OR tries > 1`,
    );
    return rows.map(({ row }) => row);
  }

  async #submit(path: string, body: FormData | string): Promise<void> {
    await post(this.#fleet, this.#token, path, body);
    this.#submitted += 1;
  }
}

/** @returns the job's id. @throws {Error} for any answer but 202: nothing is broken here. */
async function post(fleet: Fleet, token: string, path: string, body: FormData | string): Promise<string> {
  const headers = {
    authorization: `Bearer ${token}`,
    connection: "close", // one that was kept may be closed by the server just as it is used again
    ...(typeof body === "string" ? { "content-type": "application/json" } : {}),
  };
  const response = await fetch(fleet.url + path, { method: "POST", headers, body });
  const text = await response.text();
  if (response.status !== 202) throw new Error(`a submit was answered ${response.status}: ${text}`);
  const { id, job_id: jobId } = JSON.parse(text) as { id?: string | number; job_id?: string };
  return String(jobId ?? id);
}

function drillBody(lastsMs: number): string {
  const payload = { lastsMs, failAttempts: 0, resultBytes: 100, writesFile: false, marker: "constancy" };
  return JSON.stringify({ job_type: DRILL_JOB_TYPE, payload });
}

async function formOf(path: string, fields: Readonly<Record<string, string>>): Promise<FormData> {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  form.set("file", await openAsBlob(path), basename(path));
  return form;
}

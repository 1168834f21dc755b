import { jobRef, type Json } from "@statusplane/core";
import { openServerDatabase, type Database } from "@statusplane/postgres";
import { startPostgres, type PostgresServer } from "@statusplane/test-support";
import type { JobContext } from "@statusplane/worker";
import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll } from "vitest";
import { MIGRATIONS } from "../src/migrations.ts";

/** Everything that attempts told, beside their results. */
export interface Told {
  readonly steps: string[];
  readonly percents: number[];
  readonly partials: Json[];
  readonly kept: Json[];
  readonly checkpoints: Json[];
}

export const nothingTold = (): Told => ({ steps: [], percents: [], partials: [], kept: [], checkpoints: [] });

/** One attempt at a job. */
export interface Attempt {
  readonly tenant: string;
  readonly id: string;
  readonly attempt: number;
  /** Default {}. */
  readonly payload?: Json;
  /** Default null. */
  readonly resumeFrom?: Json;
  /** Default null. */
  readonly inputPath?: string | null;
  /** Default: one that is never aborted. */
  readonly signal?: AbortSignal;
}

/** A real Postgres with the product's tables, a folder, and attempts at one type's jobs as a worker begins them. */
export class JobBench {
  pool = new pg.Pool();
  folder = "";
  told: Told = nothingTold();
  /** How many files were made. */
  protected files = 0;
  readonly #jobType: string;
  #postgres: PostgresServer | undefined;
  #database: Database | undefined;

  constructor(jobType: string) {
    this.#jobType = jobType;
    beforeAll(() => this.#start(), 120_000);
    afterAll(() => this.#stop());
  }

  get database(): Database {
    if (this.#database === undefined) throw new Error("not open yet");
    return this.#database;
  }

  async #start(): Promise<void> {
    this.folder = await realpath(await mkdtemp(join(tmpdir(), `statusplane-${this.#jobType}-`)));
    this.#postgres = await startPostgres();
    const connectionString = await this.#postgres.createDatabase();
    this.pool = new pg.Pool({ connectionString, max: 5 });
    this.pool.on("error", () => undefined); // the server ends before its last idle connection
    this.#database = await openServerDatabase({ url: connectionString, migrations: MIGRATIONS });
  }

  async #stop(): Promise<void> {
    await this.pool.end();
    await this.#database?.close();
    await this.#postgres?.stop();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** A new file. @param name the end of its name. */
  async newFile(content: Uint8Array | string, name: string): Promise<string> {
    const path = join(this.folder, `${++this.files}${name}`);
    await writeFile(path, content);
    return path;
  }

  /** Makes the row that a claim would have left. */
  async claim(tenant: string, id: string, attempt = 1): Promise<void> {
    await this.pool.query(
      `INSERT INTO statusplane.job (tenant_id, kind, id, job_type, status, attempt, lease_until, payload)
       VALUES ($1, 'job', $2, $4, 'PROCESSING', $3, now() + '90 s', '{}')
       ON CONFLICT (tenant_id, kind, id) DO UPDATE
       SET status = 'PROCESSING', attempt = $3, lease_until = now() + '90 s', finished_at = NULL`,
      [tenant, id, attempt, this.#jobType],
    );
  }

  /** What a job's `run` is given; what it tells is in {@link told}. */
  context({
    tenant,
    id,
    attempt,
    payload = {},
    resumeFrom = null,
    inputPath = null,
    signal,
  }: Attempt): JobContext {
    const { told } = this;
    return {
      ...{ ref: jobRef(tenant, "job", id), tenant, attempt, createdBy: null, title: null, payload },
      ...{ resumeFrom, inputPath, signal: signal ?? new AbortController().signal },
      log: { info: () => undefined, warn: () => undefined, error: () => undefined },
      outputFolder: () => this.outputFolder(tenant, id, attempt),
      output: async (name) => join(await this.outputFolder(tenant, id, attempt), name),
      step: (key) => void told.steps.push(key),
      progress: (percent) => void told.percents.push(percent),
      partial: (value) => void told.partials.push(value),
      kept: (value) => void told.kept.push(value),
      checkpoint: (value) => void told.checkpoints.push(value),
    };
  }

  async outputFolder(tenant: string, id: string, attempt: number): Promise<string> {
    const folder = join(this.folder, "outputs", tenant, id, String(attempt));
    await mkdir(folder, { recursive: true });
    return folder;
  }
}

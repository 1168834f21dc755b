import { jobRef, type Json } from "@statusplane/core";
import { openServerDatabase, type Database } from "@statusplane/postgres";
import { startPostgres, type PostgresServer } from "@statusplane/test-support";
import { openWorkbook, type Row } from "@statusplane/xlsx";
import type { JobContext } from "@statusplane/worker";
import { writeXlsx, type CellValue } from "hucre/xlsx";
import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll } from "vitest";
import { MIGRATIONS } from "../../src/migrations.ts";
import type { ReaderMessage, ReaderOrder } from "../../src/jobs/excel-import/reader-messages.ts";
import { readStudents } from "../../src/jobs/excel-import/read-students.ts";
import { excelImportJob, type ImportDatabase, type ImportResult } from "../../src/jobs/excel-import/index.ts";

export type Cells = readonly (CellValue | undefined)[];

/** Everything an attempt told, beside its result. */
export interface Told {
  readonly steps: string[];
  readonly percents: number[];
  readonly partials: Json[];
  readonly kept: Json[];
  readonly checkpoints: Json[];
}

export interface AttemptOptions {
  readonly tenant?: string;
  readonly id?: string;
  readonly attempt?: number;
  readonly inputPath?: string | null;
  readonly chunkRows?: number;
  readonly signal?: AbortSignal;
  readonly database?: ImportDatabase;
  readonly resumeFrom?: Json;
  /** Told what the reader is asked for; not with `apart`. */
  readonly onOrder?: (order: ReaderOrder) => void;
  /** Read in a process of its own, as the product does; else in this one, which starts sooner. */
  readonly apart?: boolean;
}

/** A real Postgres with the product's tables, and imports run against it as the worker would run them. */
export class ImportBench {
  pool = new pg.Pool();
  readonly told: Told = { steps: [], percents: [], partials: [], kept: [], checkpoints: [] };
  folder = "";
  #postgres: PostgresServer | undefined;
  #database: Database | undefined;
  #files = 0;

  constructor() {
    beforeAll(() => this.#start(), 120_000);
    afterAll(() => this.#stop());
  }

  get database(): Database {
    if (this.#database === undefined) throw new Error("not open yet");
    return this.#database;
  }

  async #start(): Promise<void> {
    this.folder = await realpath(await mkdtemp(join(tmpdir(), "statusplane-import-")));
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

  /** Writes sheets of rows into a workbook. */
  async workbook(
    ...sheets: (readonly Cells[] | { name: string; hidden?: boolean; rows: readonly Cells[] })[]
  ): Promise<string> {
    const bytes = await writeXlsx({
      sheets: sheets.map((sheet, i) => {
        const named = "rows" in sheet ? sheet : { name: `시트${i + 1}`, rows: sheet };
        return { ...named, rows: named.rows.map((row) => row.map((cell) => cell ?? null)) };
      }),
    });
    return this.file(bytes);
  }

  async file(bytes: Uint8Array | string): Promise<string> {
    const path = join(this.folder, `${++this.#files}.xlsx`);
    await writeFile(path, bytes);
    return path;
  }

  /** Makes the row that a claim would have left. */
  async claim(tenant: string, id: string, attempt = 1): Promise<void> {
    await this.pool.query(
      `INSERT INTO statusplane.job (tenant_id, kind, id, job_type, status, attempt, lease_until, payload)
       VALUES ($1, 'job', $2, 'excel_import', 'PROCESSING', $3, now() + '90 s', '{}')
       ON CONFLICT (tenant_id, kind, id) DO UPDATE SET status = 'PROCESSING', attempt = $3, lease_until = now() + '90 s'`,
      [tenant, id, attempt],
    );
  }

  /** Claims and runs one attempt. */
  async run(inputPath: string | null, options: AttemptOptions = {}): Promise<ImportResult> {
    const { tenant = "t1", id = `j${this.#files}`, attempt = 1 } = options;
    await this.claim(tenant, id, attempt);
    return this.runClaimed(inputPath, { ...options, tenant, id, attempt });
  }

  async runClaimed(
    inputPath: string | null,
    options: AttemptOptions & { tenant: string; id: string; attempt: number },
  ): Promise<ImportResult> {
    const {
      tenant,
      id,
      attempt,
      chunkRows,
      signal = new AbortController().signal,
      database = this.database,
      apart = false,
      resumeFrom = null,
      onOrder = () => undefined,
    } = options;
    const job = excelImportJob({
      database,
      ...(chunkRows === undefined ? {} : { chunkRows }),
      ...(apart ? {} : { read: (order) => (onOrder(order), readStudents(order)) }),
    });
    const ctx: JobContext = {
      ref: jobRef(tenant, "job", id),
      tenant,
      attempt,
      createdBy: null,
      title: null,
      payload: {},
      resumeFrom,
      inputPath,
      signal,
      log: { info: () => undefined, warn: () => undefined, error: () => undefined },
      outputFolder: () => this.outputFolder(tenant, id, attempt),
      output: async (name) => join(await this.outputFolder(tenant, id, attempt), name),
      step: (key) => void this.told.steps.push(key),
      progress: (percent) => void this.told.percents.push(percent),
      partial: (value) => void this.told.partials.push(value),
      kept: (value) => void this.told.kept.push(value),
      checkpoint: (value) => void this.told.checkpoints.push(value),
    };
    return (await job.run(ctx, {})) as ImportResult;
  }

  async outputFolder(tenant: string, id: string, attempt: number): Promise<string> {
    const folder = join(this.folder, "outputs", tenant, id, String(attempt));
    await mkdir(folder, { recursive: true });
    return folder;
  }

  /** A tenant's students by number, without the columns that hold nothing. */
  async students(tenant = "t1"): Promise<Record<string, unknown>[]> {
    const { rows } = await this.pool.query(
      `SELECT student_no, name, grade, school, class_name, phone, parent_phone, registered_on::text, memo, email
       FROM statusplane_academy.student WHERE tenant_id = $1 ORDER BY student_no`,
      [tenant],
    );
    return rows.map((row: Record<string, unknown>) =>
      Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null)),
    );
  }

  /** The rows of an attempt's rejected workbook. */
  async rejected(id: string, { tenant = "t1", attempt = 1 } = {}): Promise<Row[]> {
    return readRows(join(this.folder, "outputs", tenant, id, String(attempt), "rejected.xlsx"));
  }
}

/** Everything that the reader says to an order. */
export async function messagesOf(order: ReaderOrder): Promise<ReaderMessage[]> {
  const messages: ReaderMessage[] = [];
  for await (const message of readStudents(order)) messages.push(message);
  return messages;
}

/** The rows of a workbook's first sheet. */
export async function readRows(path: string): Promise<Row[]> {
  using workbook = await openWorkbook(path);
  const rows: Row[] = [];
  const [sheet] = workbook.sheets;
  if (sheet !== undefined) for await (const batch of workbook.rows(sheet)) rows.push(...batch);
  return rows;
}

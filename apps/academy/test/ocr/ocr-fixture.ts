import { jobRef, type Json } from "@statusplane/core";
import { openServerDatabase, type Database } from "@statusplane/postgres";
import { startPostgres, type PostgresServer } from "@statusplane/test-support";
import type { JobContext } from "@statusplane/worker";
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import sharp, { type Sharp } from "sharp";
import { afterAll, beforeAll } from "vitest";
import { ocrJob, type OcrOptions, type OcrResult } from "../../src/jobs/ocr/index.ts";
import type { ReaderMessage, ReadOrder } from "../../src/jobs/ocr/reader-messages.ts";
import { readPages } from "../../src/jobs/ocr/reader/read-pages.ts";
import { MIGRATIONS } from "../../src/migrations.ts";

export const ENGLISH = [
  "The committee met on Tuesday",
  "to review the yearly budget",
  "of the school library.",
];
export const KOREAN = ["다음 주 월요일부터 도서관", "이용 시간이 오전 열 시", "에서 저녁까지로 늘어납니다"];

/** A sheet with these lines on it, as a scanner would see it; grey. @param dpi default 200 */
export function sheet(lines: readonly string[], { dpi = 200, points = 16 } = {}): Sharp {
  const size = (points / 72) * dpi;
  const width = Math.round(dpi * 5);
  const height = Math.round(size * 1.8 * (lines.length + 2));
  const rows = lines.map(
    (line, i) =>
      `<text x="${dpi * 0.4}" y="${size * 1.8 * (i + 1.5)}" font-size="${size}" font-family="Liberation Serif, Noto Sans CJK KR">${line}</text>`,
  );
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><rect width="100%" height="100%" fill="white"/>${rows.join("")}</svg>`;
  return sharp(Buffer.from(svg)).greyscale();
}

/** Everything an attempt told, beside its result. */
export interface Told {
  readonly steps: string[];
  readonly percents: number[];
  readonly partials: Json[];
}

export interface AttemptOptions extends Omit<OcrOptions, "database"> {
  readonly tenant?: string;
  readonly id?: string;
  readonly attempt?: number;
  readonly signal?: AbortSignal;
  readonly database?: OcrOptions["database"];
  /** Read in a process of its own, as the product does; else in this one, which starts sooner. */
  readonly apart?: boolean;
}

/** What the reader says of a document, in this process. */
export async function* readHere(order: ReadOrder): AsyncGenerator<ReaderMessage, void, undefined> {
  const messages: ReaderMessage[] = [];
  await readPages(order, (message) => messages.push(message));
  yield* messages;
}

/** A real Postgres with the product's tables, and documents read against it as the worker would read them. */
export class OcrBench {
  pool = new pg.Pool();
  folder = "";
  told: Told = { steps: [], percents: [], partials: [] };
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
    this.folder = await realpath(await mkdtemp(join(tmpdir(), "statusplane-ocr-")));
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

  async file(content: Uint8Array | string | Sharp, name = "document"): Promise<string> {
    const path = join(this.folder, `${++this.#files}-${name}`);
    await writeFile(path, content instanceof sharp ? await content.png().toBuffer() : content);
    return path;
  }

  /** Makes the row that a claim would have left. */
  async claim(tenant: string, id: string, attempt = 1): Promise<void> {
    await this.pool.query(
      `INSERT INTO statusplane.job (tenant_id, kind, id, job_type, status, attempt, lease_until, payload)
       VALUES ($1, 'job', $2, 'ocr', 'PROCESSING', $3, now() + '90 s', '{}')
       ON CONFLICT (tenant_id, kind, id) DO UPDATE SET status = 'PROCESSING', attempt = $3, lease_until = now() + '90 s'`,
      [tenant, id, attempt],
    );
  }

  /** Claims and runs one attempt. */
  async run(inputPath: string | null, options: AttemptOptions = {}): Promise<OcrResult> {
    const { tenant = "t1", id = `j${this.#files}`, attempt = 1, signal, apart = false, ...rest } = options;
    const told: Told = { steps: [], percents: [], partials: [] };
    this.told = told;
    await this.claim(tenant, id, attempt);
    const job = ocrJob({ database: this.database, ...(apart ? {} : { read: readHere }), ...rest });
    const ctx: JobContext = {
      ...{ ref: jobRef(tenant, "job", id), tenant, attempt, createdBy: null, title: null },
      ...{ payload: {}, resumeFrom: null, inputPath, signal: signal ?? new AbortController().signal },
      log: { info: () => undefined, warn: () => undefined, error: () => undefined },
      outputFolder: () => this.outputFolder(tenant, id, attempt),
      output: async (name) => join(await this.outputFolder(tenant, id, attempt), name),
      step: (key) => void told.steps.push(key),
      progress: (percent) => void told.percents.push(percent),
      partial: (value) => void told.partials.push(value),
      kept: () => undefined,
      checkpoint: () => undefined,
    };
    return (await job.run(ctx, {})) as OcrResult;
  }

  async outputFolder(tenant: string, id: string, attempt: number): Promise<string> {
    const folder = join(this.folder, "outputs", tenant, id, String(attempt));
    await mkdir(folder, { recursive: true });
    return folder;
  }

  async output(id: string, name: string, { tenant = "t1", attempt = 1 } = {}): Promise<Buffer> {
    return readFile(join(await this.outputFolder(tenant, id, attempt), name));
  }
}

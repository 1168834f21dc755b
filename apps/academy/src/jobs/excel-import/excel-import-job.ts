import { encodeJson, JobError, type Json } from "@statusplane/core";
import { defineJob, type JobContext, type JobDefinition } from "@statusplane/worker";
import type { FileUsed } from "./file-use.ts";
import { IMPORT_ERRORS, importError } from "./import-errors.ts";
import { importResult, type ImportCounts, type ImportResult } from "./import-result.ts";
import { looksLikeWorkbook } from "./looks-like-workbook.ts";
import type { ReaderMessage, ReaderOrder, RowError, StudentChunk } from "./reader-messages.ts";
import { readStudentsApart } from "./reader-process.ts";
import {
  findCheckpoint,
  NOTHING_WRITTEN,
  writeChunk,
  type Checkpoint,
  type ImportDatabase,
} from "./write-students.ts";

export interface ExcelImportOptions {
  readonly database: ImportDatabase;
  /** Rows per statement, 1–10,000, default 2,000. */
  readonly chunkRows?: number;
  /**
   * Carries out the reader's order. Default: in a process of its own, with its own limit on memory; nothing else may
   * be given files of strangers.
   */
  readonly read?: (order: ReaderOrder, signal: AbortSignal) => AsyncIterable<ReaderMessage>;
}

/** The file of the rejected rows that an import declares. */
export const REJECTED_NAME = "rejected.xlsx";

const STEPS = [
  { key: "check", label: { ko: "검사", en: "Checking" }, weight: 25 },
  { key: "import", label: { ko: "가져오기", en: "Importing" }, weight: 70 },
  { key: "finish", label: { ko: "마무리", en: "Finishing" }, weight: 5 },
] as const;

type Context = JobContext<(typeof STEPS)[number]["key"]>;

/**
 * The job type `excel_import`: an uploaded workbook of students becomes rows of the tenant. Its errors: input_gone,
 * workbook_encrypted, workbook_unreadable, workbook_too_large, workbook_too_complex, workbook_no_header, which another try would not mend;
 * fenced, database_unavailable, storage_full. Bad rows never fail it.
 */
export function excelImportJob(options: ExcelImportOptions): JobDefinition {
  return defineJob({
    type: "excel_import",
    label: { ko: "학생 명단", en: "Student list" },
    errors: Object.values(IMPORT_ERRORS),
    input: "file",
    looksRight: looksLikeWorkbook,
    steps: STEPS,
    run: (ctx) => importStudents(ctx, options),
  });
}

/**
 * What an attempt leaves to the next one: its check of the file need not be made again. How many rows are written is
 * not part of it: a checkpoint lags behind, and rows must neither be counted twice nor lost, so that number is written
 * by the statement that writes the rows.
 */
const PLAIN = { file: "plain" } as const;

function wasPlain(resumeFrom: Json): boolean {
  return encodeJson(resumeFrom) === encodeJson(PLAIN);
}

/** Runs one attempt of an import. */
async function importStudents(
  ctx: Context,
  { database, chunkRows = 2_000, read = readStudentsApart }: ExcelImportOptions,
): Promise<ImportResult> {
  if (ctx.inputPath === null) throw new JobError("input_gone");
  ctx.step("check");
  const start = ctx.attempt === 1 ? NOTHING_WRITTEN : await findCheckpoint(database, ctx.ref);
  const order = {
    path: ctx.inputPath,
    rejectedPath: await ctx.output(REJECTED_NAME),
    afterPosition: start.position,
    chunkRows,
    plain: wasPlain(ctx.resumeFrom),
  };
  const progress = new ImportProgress(ctx, start);
  const writer = new ChunkWriter(ctx, database, (checkpoint, chunk) => progress.wrote(checkpoint, chunk));
  try {
    for await (const message of read(order, ctx.signal)) {
      if (message.type === "failed")
        throw new JobError(importError(message.code), { cause: new Error(message.detail) });
      progress.heard(message);
      if (message.type === "chunk") await writer.write(message);
    }
  } finally {
    await writer.settled();
  }
  await writer.check();
  ctx.step("finish");
  return progress.result();
}

/** Writes a chunk while the next one is being read: at most one statement under way. */
class ChunkWriter {
  readonly #ctx: Context;
  readonly #database: ImportDatabase;
  readonly #onWritten: (checkpoint: Checkpoint, chunk: StudentChunk) => void;
  #underway: Promise<void> = Promise.resolve();

  constructor(
    ctx: Context,
    database: ImportDatabase,
    onWritten: (checkpoint: Checkpoint, chunk: StudentChunk) => void,
  ) {
    this.#ctx = ctx;
    this.#database = database;
    this.#onWritten = onWritten;
  }

  /** Resolves when the chunk before is written. @throws what that chunk failed with. */
  async write(chunk: StudentChunk): Promise<void> {
    await this.#underway;
    this.#underway = this.#write(chunk);
    this.#underway.catch(() => undefined); // told by the next write or by check
  }

  async #write(chunk: StudentChunk): Promise<void> {
    this.#ctx.signal.throwIfAborted();
    this.#onWritten(await writeChunk(this.#database, this.#ctx, chunk), chunk);
  }

  /** Waits for the statement under way, however it ends. */
  async settled(): Promise<void> {
    await Promise.allSettled([this.#underway]);
  }

  /** @throws what the last chunk failed with. */
  check(): Promise<void> {
    return this.#underway;
  }
}

/** What an import tells while it runs, and its result. */
class ImportProgress {
  readonly #ctx: Context;
  #checkpoint: Checkpoint;
  #rejected = 0;
  #errors: readonly RowError[] = [];
  #use: FileUsed = {
    columns_used: [],
    columns_ignored: [],
    sheets_ignored: [],
    sheets_hidden: [],
    hidden_rows: 0,
  };

  constructor(ctx: Context, start: Checkpoint) {
    this.#ctx = ctx;
    this.#checkpoint = start;
  }

  heard(message: Exclude<ReaderMessage, { type: "failed" }>): void {
    switch (message.type) {
      case "checking":
        this.#ctx.progress(message.percent);
        break;
      case "checked":
        if (message.plain) this.#ctx.checkpoint(PLAIN);
        this.#ctx.step("import");
        this.#tell();
        break;
      case "reading":
        this.#rejected = message.rejected;
        this.#ctx.progress(message.percent);
        this.#tell();
        break;
      case "done":
        this.#rejected = message.rejected;
        this.#errors = message.errors;
        this.#use = message.use;
        break;
      case "chunk": // told once it is written
        break;
    }
  }

  wrote(checkpoint: Checkpoint, { rejected, percent }: StudentChunk): void {
    this.#checkpoint = checkpoint;
    this.#rejected = Math.max(this.#rejected, rejected);
    this.#ctx.progress(percent);
    this.#tell();
  }

  #tell(): void {
    this.#ctx.partial(this.#counts());
    // The outputs of a cancelled attempt are removed: what is kept are the rows.
    this.#ctx.kept({ ...this.#counts(), errors: [], rejected_url: null });
  }

  #counts(): ImportCounts {
    const { inserted, updated, unchanged } = this.#checkpoint;
    const rejected = this.#rejected;
    return { total: inserted + updated + unchanged + rejected, inserted, updated, unchanged, rejected };
  }

  result(): ImportResult {
    return importResult({
      counts: this.#counts(),
      use: this.#use,
      errors: this.#errors,
      rejectedUrl: `/api/v1/jobs/${this.#ctx.ref.id}/${REJECTED_NAME}`,
    });
  }
}

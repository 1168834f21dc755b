import type { Json } from "@statusplane/core";
import { openWorkbook, type Row } from "@statusplane/xlsx";
import { writeXlsx, type CellValue } from "hucre/xlsx";
import { join } from "node:path";
import type { ReaderMessage, ReaderOrder } from "../../src/jobs/excel-import/reader-messages.ts";
import { readStudents } from "../../src/jobs/excel-import/read-students.ts";
import { excelImportJob, type ImportDatabase, type ImportResult } from "../../src/jobs/excel-import/index.ts";
import { JobBench } from "../job-bench.ts";

export type Cells = readonly (CellValue | undefined)[];

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

/** Imports, run as the worker would run them. */
export class ImportBench extends JobBench {
  constructor() {
    super("excel_import");
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

  file(bytes: Uint8Array | string): Promise<string> {
    return this.newFile(bytes, ".xlsx");
  }

  /** Claims and runs one attempt. */
  async run(inputPath: string | null, options: AttemptOptions = {}): Promise<ImportResult> {
    const { tenant = "t1", id = `j${this.files}`, attempt = 1 } = options;
    await this.claim(tenant, id, attempt);
    return this.runClaimed(inputPath, { ...options, tenant, id, attempt });
  }

  async runClaimed(
    inputPath: string | null,
    options: AttemptOptions & { tenant: string; id: string; attempt: number },
  ): Promise<ImportResult> {
    const { chunkRows, database = this.database, apart = false, onOrder = () => undefined } = options;
    const job = excelImportJob({
      database,
      ...(chunkRows === undefined ? {} : { chunkRows }),
      ...(apart ? {} : { read: (order) => (onOrder(order), readStudents(order)) }),
    });
    const ctx = this.context({ ...options, inputPath });
    return (await job.run(ctx, {})) as ImportResult;
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

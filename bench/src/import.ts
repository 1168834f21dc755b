import { openServerDatabase, type Database } from "@statusplane/postgres";
import { findProgram, postgresFolders, startPostgres, withClient } from "@statusplane/test-support";
import { writeXlsxStream } from "hucre/xlsx";
import { execFile } from "node:child_process";
import { createWriteStream } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { builtJob, runImport } from "./built-import-job.ts";
import { MIGRATIONS } from "../../apps/academy/src/migrations.ts";
import { STUDENT_COLUMNS } from "../../apps/academy/src/jobs/excel-import/index.ts";

const execute = promisify(execFile);

/** Large enough that the start of a process is no part of the answer. */
const ROWS = 300_000;
const ROW_BY_ROW_ROWS = 3_000;
const ROUNDS = 3;
const WANTED_OVER_ROW_BY_ROW = 40;
const WANTED_OVER_COPY = 0.6;
const COLUMNS = STUDENT_COLUMNS.map(([column]) => column).join(", ");
const UPSERT =
  `ON CONFLICT (tenant_id, student_no) DO UPDATE SET (name, grade, school, class_name, phone, parent_phone, registered_on, memo, email) = ` +
  `(excluded.name, excluded.grade, excluded.school, excluded.class_name, excluded.phone, excluded.parent_phone, excluded.registered_on, excluded.memo, excluded.email)`;

type Cells = readonly (string | number)[];

/** The row that all sides import; each one different. */
function rowOf(i: number): Cells {
  const digits = (factor: number): string => String((i * factor) % 10_000).padStart(4, "0");
  const day = `2026-${String((i % 12) + 1).padStart(2, "0")}-${String((i % 28) + 1).padStart(2, "0")}`;
  const place = [(i % 12) + 1, `한빛학교 ${i % 50}`, `${(i % 9) + 1}반`];
  const phones = [`010-1234-${digits(7)}`, `010-5678-${digits(11)}`];
  return [String(20_000_000 + i), `홍길동 ${i}`, ...place, ...phones, day, `메모 ${i}`, `s${i}@example.com`];
}

interface Side {
  readonly name: string;
  readonly rows: number;
  readonly rowsPerSecond: number[];
  readonly once: (tenant: string) => Promise<void>;
}

/**
 * Rows per second of a whole import job (a file read twice and validated in a process of its own, chunks of one fenced
 * upsert) against one INSERT … ON CONFLICT per row, and against `\copy` of a ready CSV into a temporary table with one
 * INSERT … ON CONFLICT from there. New rows, a durable Postgres, sides in turns, medians.
 */
export async function run(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "statusplane-bench-import-"));
  const postgres = await startPostgres({ durable: true });
  try {
    const url = await postgres.createDatabase();
    await using database = await openServerDatabase({ url, migrations: MIGRATIONS });
    await writeInputs(folder);
    await builtJob();
    const sides: readonly Side[] = [
      {
        name: "import job",
        rows: ROWS,
        rowsPerSecond: [],
        once: (tenant) => runJob(database, folder, tenant),
      },
      {
        name: "\\copy + upsert",
        rows: ROWS,
        rowsPerSecond: [],
        once: (tenant) => runCopy(url, folder, tenant),
      },
      {
        name: "row by row",
        rows: ROW_BY_ROW_ROWS,
        rowsPerSecond: [],
        once: (tenant) => runRowByRow(url, tenant),
      },
    ];
    for (let round = 0; round < ROUNDS; round++) {
      for (const side of round % 2 === 0 ? sides : sides.toReversed()) await measure(side, url);
    }
    report(sides);
  } finally {
    await postgres.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function measure(side: Side, url: string): Promise<void> {
  await withClient(url, (client) =>
    client.query(
      "TRUNCATE statusplane_academy.student, statusplane_academy.import_checkpoint, statusplane.job; CHECKPOINT",
    ),
  );
  const start = performance.now();
  await side.once("bench");
  side.rowsPerSecond.push(side.rows / ((performance.now() - start) / 1_000));
  const { rows } = await withClient(url, (client) =>
    client.query("SELECT count(*)::int AS count FROM statusplane_academy.student"),
  );
  if (rows[0].count !== side.rows) throw new Error(`${side.name} left ${rows[0].count} rows`);
}

async function writeInputs(folder: string): Promise<void> {
  const csv = Array.from({ length: ROWS }, (_, i) => rowOf(i).join(",")).join("\n");
  await writeFile(join(folder, "students.csv"), csv);
  await writeWorkbook(join(folder, "students.xlsx"), ROWS);
}

/** A workbook of so many students, each different. */
export async function writeWorkbook(path: string, count: number): Promise<void> {
  function* rows(): Generator<(string | number)[]> {
    yield STUDENT_COLUMNS.map(([, title]) => title);
    for (let i = 0; i < count; i++) yield [...rowOf(i)];
  }
  await pipeline(writeXlsxStream(rows(), { name: "학생" }), createWriteStream(path));
}

async function runJob(database: Database, folder: string, tenant: string): Promise<void> {
  const outputFolder = join(folder, "outputs");
  await mkdir(outputFolder, { recursive: true });
  await runImport({ database, tenant, path: join(folder, "students.xlsx"), outputFolder });
}

async function runCopy(url: string, folder: string, tenant: string): Promise<void> {
  const psql = findProgram("psql", postgresFolders());
  if (psql === null) throw new Error("psql is missing");
  const commands = [
    `CREATE TEMP TABLE incoming (${STUDENT_COLUMNS.map(([column]) => `${column} ${typeOf(column)}`).join(", ")})`,
    `\\copy incoming FROM '${join(folder, "students.csv")}' CSV`,
    `INSERT INTO statusplane_academy.student (tenant_id, ${COLUMNS}) SELECT '${tenant}', ${COLUMNS} FROM incoming ${UPSERT}`,
  ];
  await execute(psql, [
    "-X",
    "-q",
    "-v",
    "ON_ERROR_STOP=1",
    ...commands.flatMap((each) => ["-c", each]),
    url,
  ]);
}

async function runRowByRow(url: string, tenant: string): Promise<void> {
  const text = `INSERT INTO statusplane_academy.student (tenant_id, ${COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ${UPSERT}`;
  await withClient(url, async (client) => {
    for (let i = 0; i < ROW_BY_ROW_ROWS; i++) {
      await client.query({ name: "row", text, values: [tenant, ...rowOf(i)] });
    }
  });
}

function typeOf(column: string): string {
  if (column === "grade") return "smallint";
  return column === "registered_on" ? "date" : "text";
}

function report(sides: readonly Side[]): void {
  const median = (side: Side | undefined): number =>
    (side?.rowsPerSecond ?? []).toSorted((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? Number.NaN;
  for (const side of sides) {
    const rounds = side.rowsPerSecond.map((each) => Math.round(each)).join(", ");
    console.log(
      `${side.name.padEnd(16)} ${String(Math.round(median(side))).padStart(8)} rows/s   (${rounds})`,
    );
  }
  const [job, copy, rowByRow] = sides.map(median);
  const line = (name: string, rival: number | undefined, wanted: number): void => {
    const ratio = (job ?? Number.NaN) / (rival ?? Number.NaN);
    console.log(
      `import job / ${name}: ${ratio.toFixed(2)} (wanted ≥ ${wanted}${ratio >= wanted ? "" : ": not reached"})`,
    );
  };
  line("row by row", rowByRow, WANTED_OVER_ROW_BY_ROW);
  line("\\copy + upsert", copy, WANTED_OVER_COPY);
}

import { openServerDatabase, type Database } from "@statusplane/postgres";
import { startPostgres } from "@statusplane/test-support";
import { writeXlsx } from "hucre/xlsx";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { MIGRATIONS } from "../../apps/academy/src/migrations.ts";
import { HOSTILE } from "../../apps/academy/test/excel-import/hostile-workbooks.ts";
import { builtJob, runImport } from "./built-import-job.ts";

const AT_ONCE = 4;
const SMALL_ROWS = 20;
const ROUNDS = 9;
const WANTED_SECONDS = 30;
const WANTED_RATIO = 2;

/**
 * Hostile workbooks four at once, each to its end, and meanwhile another tenant's workbook of 20 rows again and again,
 * against the same alone. A real Postgres, whole import jobs.
 */
export async function run(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "statusplane-bench-hostile-"));
  const postgres = await startPostgres();
  try {
    await using database = await openServerDatabase({
      url: await postgres.createDatabase(),
      migrations: MIGRATIONS,
    });
    await builtJob();
    const small = await writeSmall(folder);
    const files = await writeHostile(folder); // before anything is measured: making them takes longer than refusing them
    const alone = await repeated(database, small, { folder, more: (rounds) => rounds < ROUNDS });
    const meanwhile: number[] = [];
    for (let i = 0; i < files.length; i += AT_ONCE) {
      const group = [...files, ...files].slice(i, i + AT_ONCE);
      let busy = true;
      const hostile = Promise.all(group.map((file) => runHostile(database, file)));
      void hostile.finally(() => (busy = false));
      meanwhile.push(...(await repeated(database, small, { folder, more: () => busy })));
      await hostile;
    }
    report(alone, meanwhile);
  } finally {
    await postgres.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function writeSmall(folder: string): Promise<string> {
  const path = join(folder, "small.xlsx");
  const rows = [
    ["학번", "이름"],
    ...Array.from({ length: SMALL_ROWS }, (_, i) => [String(20_260_001 + i), `학생 ${i}`]),
  ];
  await writeFile(path, await writeXlsx({ sheets: [{ name: "학생", rows }] }));
  return path;
}

/** Seconds of each import of the small workbook, one after the other. */
async function repeated(
  database: Database,
  path: string,
  { folder, more }: { folder: string; more: (rounds: number) => boolean },
): Promise<number[]> {
  const outputFolder = join(folder, "small");
  await mkdir(outputFolder, { recursive: true });
  const seconds: number[] = [];
  while (more(seconds.length)) {
    const start = performance.now();
    await runImport({ database, tenant: "other", path, outputFolder });
    seconds.push((performance.now() - start) / 1_000);
  }
  return seconds;
}

interface HostileFile {
  readonly name: string;
  readonly path: string;
  readonly bytes: number;
}

async function writeHostile(folder: string): Promise<HostileFile[]> {
  const files: HostileFile[] = [];
  for (const [name, make] of Object.entries(HOSTILE)) {
    const path = join(folder, `hostile-${files.length}.xlsx`);
    const bytes = make();
    await writeFile(path, bytes);
    files.push({ name, path, bytes: bytes.length });
  }
  return files;
}

async function runHostile(database: Database, { name, path, bytes }: HostileFile): Promise<void> {
  const outputFolder = `${path}-outputs`;
  await mkdir(outputFolder, { recursive: true });
  const start = performance.now();
  const outcome = await runImport({ database, tenant: "hostile", path, outputFolder }).then(
    () => "DONE",
    (error: { code?: string; message?: string }) => `FAILED ${error.code ?? error.message ?? ""}`,
  );
  const seconds = (performance.now() - start) / 1_000;
  const late = seconds > WANTED_SECONDS ? ` (wanted ≤ ${WANTED_SECONDS} s: not reached)` : "";
  console.log(
    `${name.padEnd(52)} ${String(Math.round(bytes / 1_024)).padStart(6)} KiB ${seconds.toFixed(1).padStart(6)} s  ${outcome}${late}`,
  );
}

function report(alone: readonly number[], meanwhile: readonly number[]): void {
  const median = (values: readonly number[]): number =>
    values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
  const ratio = median(meanwhile) / median(alone);
  console.log(
    `20 rows of another tenant: ${median(alone).toFixed(2)} s alone (${alone.length}), ${median(meanwhile).toFixed(2)} s meanwhile (${meanwhile.length})`,
  );
  console.log(
    `meanwhile / alone: ${ratio.toFixed(2)} (wanted ≤ ${WANTED_RATIO}${ratio <= WANTED_RATIO ? "" : ": not reached"})`,
  );
}

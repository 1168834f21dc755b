import { jobRef } from "@statusplane/core";
import type { Database } from "@statusplane/postgres";
import type { JobContext } from "@statusplane/worker";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { join } from "node:path";

type ImportJob = typeof import("../../apps/academy/src/jobs/excel-import/index.ts");

const execute = promisify(execFile);
let built: Promise<ImportJob> | undefined;
let jobs = 0;

/** The built job, as the product runs it: from source its reading process would pay for the loader at every call. */
export function builtJob(): Promise<ImportJob> {
  return (built ??= buildJob());
}

async function buildJob(): Promise<ImportJob> {
  const root = new URL("../../", import.meta.url);
  await execute("npx", ["tsc", "-b", "apps/academy"], { cwd: root });
  const entry = new URL("apps/academy/dist/jobs/excel-import/index.js", root);
  return (await import(entry.href)) as ImportJob;
}

export interface ImportRun {
  readonly database: Database;
  readonly tenant: string;
  readonly path: string;
  readonly outputFolder: string;
  /** What it says of itself; default: nobody hears it. */
  readonly heard?: Pick<JobContext, "step" | "progress">;
}

const UNHEARD = { step: () => undefined, progress: () => undefined };

/** Runs one import of a file to its end, as a worker would. @throws what it fails with. */
export async function runImport(run: ImportRun): Promise<void> {
  const { database, tenant, path, outputFolder, heard = UNHEARD } = run;
  const ref = jobRef(tenant, "job", `import-${++jobs}`);
  const job = { ref, jobType: "excel_import", title: null, payload: {}, createdBy: null, maxTries: 1 };
  await database.requests.submit(job);
  await database.worker.claim(ref, "bench", 90_000);
  const ctx: JobContext = {
    ...{ ref, tenant, attempt: 1, createdBy: null, title: null, payload: {} },
    inputPath: path,
    signal: new AbortController().signal,
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
    outputFolder: () => Promise.resolve(outputFolder),
    output: (name) => Promise.resolve(join(outputFolder, name)),
    ...heard,
    ...{ partial: () => undefined, kept: () => undefined },
    ...{ checkpoint: () => undefined, resumeFrom: null },
  };
  await (await builtJob()).excelImportJob({ database }).run(ctx, {});
}

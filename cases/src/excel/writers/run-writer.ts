import { findProgram } from "@statusplane/test-support";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

const HERE = fileURLToPath(new URL(".", import.meta.url));
/** Where SheetJS and exceljs are put: they only write and read files of ours here, and are no dependency. */
const LIBRARIES = fileURLToPath(new URL("../../../../build/cases-libraries", import.meta.url));
const VERSIONS = ["xlsx@0.18.5", "exceljs@4.4.0"];
/** Debian's own Python: its packages belong to it. */
const PYTHON = "/usr/bin/python3";
const BOUND_MS = 180_000;

function run(program: string, args: readonly string[], cwd = HERE): string {
  const env = { ...process.env, TZ: "Asia/Seoul", PYTHONIOENCODING: "utf8" };
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    cwd,
    env,
    encoding: "utf8",
    timeout: BOUND_MS,
  });
  if (status === 0) return stdout;
  throw new Error(`${program} ${args[0] ?? ""}: ${error?.message ?? stderr.trim().split("\n").at(-1) ?? ""}`);
}

/** openpyxl and XlsxWriter: Debian's python3-openpyxl, python3-xlsxwriter. */
export const runPython = (variant: string, file: string): string =>
  run(PYTHON, [join(HERE, "write.py"), variant, file]);

/** SheetJS and exceljs, installed at the first use. */
export function runNode(variant: string, file: string): string {
  if (!existsSync(join(LIBRARIES, "node_modules", "exceljs"))) {
    mkdirSync(LIBRARIES, { recursive: true });
    run("npm", ["install", "--prefix", LIBRARIES, "--no-save", "--ignore-scripts", ...VERSIONS], LIBRARIES);
  }
  return run(process.execPath, [join(HERE, "write.mjs"), variant, file], LIBRARIES);
}

/** LibreOffice saves a file in another format beside the target's name. */
export function runOffice(format: string, file: string, folder: string): string {
  const soffice = findProgram("soffice");
  if (soffice === null) throw new Error("LibreOffice (soffice) is not installed");
  run(soffice, [
    `-env:UserInstallation=file://${join(folder, "office")}`,
    "--headless",
    "--convert-to",
    format,
    "--outdir",
    folder,
    file,
  ]);
  return join(folder, `${basename(file, ".xlsx")}.${format.split(":", 1)[0] ?? ""}`);
}

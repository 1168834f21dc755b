/**
 * `npm run model` checks the quick set of `docs/model/checks.txt` (about a minute of one core, under 1 GB);
 * `npm run model -- full` checks everything (about a quarter of an hour, up to 7 GB) and keeps the table in
 * `docs/model/results.txt`. `--checks FILE` takes another table, `--traces FOLDER` keeps the traces of violations.
 * Exits 1 unless every verdict is the expected one, 2 when something is missing.
 */
import { hash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { badCommandLine, readCommandLine } from "@statusplane/test-support";
import { missingForModel, ModelChecker, type Verdict } from "./model-checker.ts";
import { readChecks, type ModelCheck } from "./model-checks.ts";

const USAGE = "npm run model -- [quick | full] [--checks FILE] [--traces FOLDER]";
const FOLDER = fileURLToPath(new URL("../docs/model/", import.meta.url));
export const MODEL_FILE = join(FOLDER, "status.pml");
export const CHECKS_FILE = join(FOLDER, "checks.txt");
export const RESULTS_FILE = join(FOLDER, "results.txt");

/** Says which model and which table a result is of. */
export function modelDigest(): string {
  const texts = [MODEL_FILE, CHECKS_FILE].map((file) => readFileSync(file, "utf8"));
  return hash("sha256", texts.join("\0"), "hex");
}

function row(cells: readonly string[]): string {
  const widths = [44, 14, 10, 10];
  const left = cells.slice(0, 4).map((cell, i) => cell.padEnd(widths[i] ?? 0));
  return [...left, ...cells.slice(4).map((cell) => cell.padStart(11))].join(" ").trimEnd();
}

function rowOf({ variant, property, expected }: ModelCheck, { outcome, states, seconds }: Verdict): string {
  return row([variant, property, outcome, expected, String(states), seconds.toFixed(1)]);
}

async function checkAll(checks: readonly ModelCheck[], traces: string | undefined): Promise<string[]> {
  const lines: string[] = [];
  const say = (line: string): void => {
    lines.push(line);
    console.log(line);
  };
  if (traces !== undefined) mkdirSync(traces, { recursive: true });
  let unexpected = 0;
  await using checker = new ModelChecker(MODEL_FILE);
  say(row(["variant", "property", "verdict", "expected", "states", "seconds"]));
  for (const check of checks) {
    const verdict = await checker.check(check, traces !== undefined);
    if (verdict.outcome !== check.expected) unexpected += 1;
    say(rowOf(check, verdict) + (verdict.outcome === check.expected ? "" : "   <-- unexpected"));
    if (traces !== undefined && verdict.trace !== null) {
      const name = `${check.variant} ${check.property}`.replaceAll(/[^A-Za-z0-9]+/g, "_");
      writeFileSync(join(traces, `${name}.txt`), `${verdict.trace}\n`);
    }
  }
  say(`\n${checks.length} checks, ${unexpected} unexpected`);
  process.exitCode = unexpected === 0 ? 0 : 1;
  return lines;
}

async function main(): Promise<void> {
  const { values, positionals } = readCommandLine(USAGE, {
    options: { checks: { type: "string" }, traces: { type: "string" } },
    allowPositionals: true,
  });
  const [set = "quick", ...rest] = positionals;
  const missing = missingForModel();
  if (rest.length > 0 || (set !== "quick" && set !== "full")) badCommandLine(USAGE);
  if (missing !== null) {
    console.error(missing);
    process.exitCode = 2;
    return;
  }
  const all = readChecks(values.checks ?? CHECKS_FILE);
  const lines = await checkAll(
    set === "full" ? all : all.filter((each) => each.set === "quick"),
    values.traces,
  );
  if (set === "full" && values.checks === undefined) {
    lines.push(
      "",
      "safe: all properties but no_regress and no_back in one run; raw: these two",
      `of ${modelDigest()}`,
    );
    writeFileSync(RESULTS_FILE, `${lines.join("\n")}\n`);
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await main();

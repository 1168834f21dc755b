/**
 * `npm test`: installs what is missing, builds, runs every test, and ends with `N passed, N failed`.
 * `npm test -- --unit` leaves out the tests with whole processes.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { installMissing } from "./system-packages.ts";

const REPORTS = "build/test-reports";

interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numFailedTestSuites: number;
}

function run(command: string, args: readonly string[]): number {
  return spawnSync(command, args, { stdio: ["ignore", "inherit", "inherit"] }).status ?? 1;
}

/** Runs one vitest project and reads its own count. A file that cannot even load counts as one failed test. */
function runProject(project: string): { passed: number; failed: number; skipped: number } {
  const file = `${REPORTS}/${project}.json`;
  const status = run("npx", [
    "vitest",
    "run",
    "--project",
    project,
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${file}`,
  ]);
  const report = JSON.parse(readFileSync(file, "utf8")) as Report;
  const failed = Math.max(report.numFailedTests, status === 0 ? 0 : 1);
  return { passed: report.numPassedTests, failed, skipped: report.numPendingTests };
}

const problem = await installMissing();
if (problem.length > 0) {
  console.error(problem.join("\n"));
  process.exit(2);
}
rmSync(REPORTS, { recursive: true, force: true });
mkdirSync(REPORTS, { recursive: true });
if (run("npm", ["run", "build", "--silent"]) !== 0) {
  console.error("The build failed; no test was run.");
  console.log("0 passed, 1 failed");
  process.exit(1);
}
const projects = process.argv.includes("--unit") ? ["unit"] : ["unit", "end-to-end", "faults"];
const counts = projects.map(runProject);
const sum = (key: "passed" | "failed" | "skipped"): number =>
  counts.reduce((total, each) => total + each[key], 0);
const failed = sum("passed") === 0 ? Math.max(1, sum("failed")) : sum("failed");
const line = `${sum("passed")} passed, ${failed} failed`;
writeFileSync(`${REPORTS}/summary.txt`, `${line}\n`);
if (sum("skipped") > 0)
  console.log(`${sum("skipped")} tests were skipped; their reasons stand in their suites.`);
console.log(line);
process.exitCode = failed === 0 ? 0 : 1;

import { spawn } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { titlePattern, type NamedTest } from "./mutant.ts";

/** How the tests of one title ended: failed if one of them did; `missing` if none ran. */
export interface TestOutcome {
  readonly ended: "passed" | "failed" | "missing";
  /** First line of what the failed test said, else "". */
  readonly said: string;
}

interface Ran {
  readonly title: string;
  readonly status: string;
  readonly failureMessages: readonly string[] | null;
}

interface Report {
  readonly testResults: readonly { readonly assertionResults: readonly Ran[] }[];
}

export interface RunTestsOptions {
  /** Root of the tree whose sources are run. */
  readonly folder: string;
  readonly ended: AbortSignal;
}

/**
 * Runs the tests of these titles of one file, and nothing else.
 * @returns how each title ended.
 * @throws {Error} when vitest left no report, with what it said.
 */
export async function runTests(
  { project, file }: Pick<NamedTest, "project" | "file">,
  titles: readonly string[],
  { folder, ended }: RunTestsOptions,
): Promise<ReadonlyMap<string, TestOutcome>> {
  const reportFile = join(folder, "mutants-report.json");
  rmSync(reportFile, { force: true });
  const pattern = `(?:${titles.map(titlePattern).join("|")})$`;
  const said = await runVitest(
    ["--project", project, file, "-t", pattern, "--reporter=json", `--outputFile=${reportFile}`],
    { folder, ended },
  );
  if (!existsSync(reportFile)) throw new Error(`vitest left no report of ${file}:\n${said}`);
  const { testResults } = JSON.parse(readFileSync(reportFile, "utf8")) as Report;
  const ran = testResults.flatMap(({ assertionResults }) => assertionResults);
  return new Map(
    titles.map((title) => {
      const whole = new RegExp(`^${titlePattern(title)}$`);
      return [title, outcomeOf(ran.filter((each) => whole.test(each.title)))];
    }),
  );
}

function outcomeOf(ran: readonly Ran[]): TestOutcome {
  const failed = ran.find(({ status }) => status === "failed");
  if (failed !== undefined) {
    const [line = ""] = (failed.failureMessages?.[0] ?? "").split("\n");
    return { ended: "failed", said: line };
  }
  return { ended: ran.some(({ status }) => status === "passed") ? "passed" : "missing", said: "" };
}

function runVitest(args: readonly string[], { folder, ended }: RunTestsOptions): Promise<string> {
  const vitest = join(folder, "node_modules/vitest/vitest.mjs");
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [vitest, "run", ...args], {
      cwd: folder,
      stdio: ["ignore", "pipe", "pipe"],
      signal: ended,
      killSignal: "SIGINT", // vitest then ends its workers
    });
    let said = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => (said += text));
    }
    child.once("error", (error) => {
      if (!ended.aborted) reject(error); // else it is about to close
    });
    child.once("close", () => (ended.aborted ? reject(new Error("interrupted")) : resolve(said)));
  });
}

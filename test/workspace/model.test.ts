import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { CHECKS_FILE, MODEL_FILE, modelDigest, RESULTS_FILE } from "../../scripts/check-model.ts";
import { missingForModel, ModelChecker } from "../../scripts/model-checker.ts";
import { readChecks } from "../../scripts/model-checks.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
/** A search of seconds, on a machine that does many other things. */
const SEARCH_WITHIN_MS = 900_000;

const checker = new ModelChecker(MODEL_FILE);
afterAll(() => checker[Symbol.asyncDispose]());
const quick = readChecks(CHECKS_FILE)
  .filter(({ set }) => set === "quick")
  .map((check) => [`${check.variant}: ${check.property} ${check.expected}`, check] as const);

describe("the model", () => {
  it("can be checked here", () => {
    expect(missingForModel()).toBeNull();
  });

  it.each(quick)(
    "%s",
    async (_, check) => {
      const { outcome, states } = await checker.check(check);
      expect(outcome).toBe(check.expected);
      expect(states).toBeGreaterThan(0);
    },
    SEARCH_WITHIN_MS,
  );

  it("kept its last full run, which was of this model and found nothing unexpected", () => {
    const results = readFileSync(RESULTS_FILE, "utf8");
    expect(results).toContain(`\n${readChecks(CHECKS_FILE).length} checks, 0 unexpected\n`);
    expect(results).toContain(`of ${modelDigest()}`);
  });
});

describe("npm run model", () => {
  it.each([
    ["a verdict is not the expected one", "quick | x | tenant | VIOLATED | breadth | -DTENANT", 1],
    ["there is no such property", "quick | x | nonsense | VIOLATED | breadth | -DTENANT", 1],
    ["a row cannot be understood", "quick | x | tenant | violated | breadth | -DTENANT", 1],
    ["every verdict is as expected", "quick | x | tenant | holds | breadth | -DTENANT", 0],
  ])(
    "when %s",
    async (_, row, exitCode) => {
      const folder = mkdtempSync(join(tmpdir(), "statusplane-checks-"));
      try {
        const file = join(folder, "checks.txt");
        writeFileSync(file, `${row}\n`);
        expect(await exitCodeOf(["--import", "tsx", "scripts/check-model.ts", "--checks", file])).toBe(
          exitCode,
        );
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
    SEARCH_WITHIN_MS,
  );
});

function exitCodeOf(args: readonly string[]): Promise<number | null> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, args, { cwd: root }, () => resolve(child.exitCode));
  });
}

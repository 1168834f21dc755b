import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));
const SOURCES = ["--conditions=statusplane-source", "--import", "tsx"];

interface Ended {
  readonly code: number | string | undefined;
  readonly said: string;
}

function run(args: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd: root }, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, said: stdout + stderr }),
    );
  });
}

describe("a command of the workspace that cannot understand its options", () => {
  it.each([
    ["drills", [...SOURCES, "drills/src/main.ts"], "npm run drills"],
    ["torture", [...SOURCES, "drills/src/torture/main.ts"], "npm run torture"],
    ["bench", [...SOURCES, "bench/src/main.ts"], "npm run bench"],
    ["cases", [...SOURCES, "cases/src/main.ts"], "npm run cases"],
    ["model", ["--import", "tsx", "scripts/check-model.ts"], "npm run model"],
    ["mutants", ["--import", "tsx", "scripts/mutants/main.ts"], "npm run mutants"],
  ])("%s says which, how it is used, and ends with 2", async (_name, command, usage) => {
    const { code, said } = await run([...command, "--no-such-option"]);
    expect(said).toContain("--no-such-option");
    expect(said).toContain(usage);
    expect(said).not.toContain("    at ");
    expect(code).toBe(2);
  });
});

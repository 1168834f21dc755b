import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const CRASH = fileURLToPath(new URL("../src/program/crash.ts", import.meta.url));
const MAIN = fileURLToPath(new URL("./programs/without-jobs.ts", import.meta.url));
const FROM_SOURCE = ["--conditions=statusplane-source", "--import", "tsx"];

function node(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const { PATH = "", HOME = "" } = process.env;
  return spawnSync(process.execPath, [...FROM_SOURCE, ...args], {
    encoding: "utf8",
    env: { PATH, HOME, ...env },
  });
}

/** A process that passes two points three times, armed to die at the second passing of one. */
const PASSING = `
  import { writeSync } from "node:fs";
  import { crashPoint } from "@statusplane/core";
  import { armCrash } from ${JSON.stringify(CRASH)};
  armCrash({ name: "finish.after-commit", pass: 2 });
  for (const time of [1, 2, 3]) {
    crashPoint("finish.before-commit");
    writeSync(1, "before " + time + "\\n");
    try {
      crashPoint("finish.after-commit");
    } finally {
      writeSync(1, "after " + time + "\\n");
    }
  }
`;

describe("a crash", () => {
  it("says its point, kills the process at that passing and lets nothing more happen", () => {
    const { signal, stdout, stderr } = node(["--input-type=module", "--eval", PASSING]);
    expect(stderr).toBe("crash point finish.after-commit\n");
    expect(stdout).toBe("before 1\nafter 1\nbefore 2\n");
    expect(signal).toBe("SIGKILL");
  });

  it("is refused at start where its point has no such name", () => {
    const { status, stderr } = node([MAIN], { CRASH_AT: "finish.now" });
    expect(stderr).toMatch(/^CRASH_AT: must be NAME or NAME:n/);
    expect(status).toBe(2);
  });
});

import { eventually, findPython } from "@statusplane/test-support";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const PROGRAM = fileURLToPath(new URL("../../apps/academy/bin/statusplane.js", import.meta.url));
/** Runs a command at a terminal of its own: what is typed comes by stdin, what is seen goes to stdout. */
const AT_TERMINAL = "import pty, sys, os; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))";
const CTRL_C = "\u0003";

describe("a person at a terminal", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "statusplane-first-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it("reads each step of the start in a line, is asked before anything is installed, and leaves by Ctrl-C", async () => {
    const installed = join(folder, "installed");
    const path = await pathWithoutFfmpeg(installed);
    const child = spawn(findPython() ?? "python3", ["-c", AT_TERMINAL, process.execPath, PROGRAM], {
      env: { PATH: path, HOME: folder, PORT: "0", DATA_DIR: join(folder, "data"), NO_COLOR: "1" },
      stdio: ["pipe", "pipe", "inherit"],
    });
    let seen = "";
    child.stdout.on("data", (bytes: Buffer) => (seen += bytes.toString()));
    const gone = new Promise<number | null>((resolve) => child.once("exit", resolve));
    const sees = (pattern: RegExp): Promise<boolean> =>
      eventually(`${pattern} at the terminal`, () => pattern.test(seen), 60_000);
    try {
      await sees(/\[y\/N\] $/);
      const lines = seen.split("\r\n");
      expect(lines.slice(0, -1).filter((line) => !/^\d\d:\d\d:\d\d (info |WARN ) \S/.test(line))).toEqual([]);
      const words = [
        /Statusplane starts/,
        /opening the embedded database/,
        /database is open/,
        /listening at/,
      ];
      const places = [...words, /Statusplane is at http:/].map((each) =>
        lines.findIndex((line) => each.test(line)),
      );
      expect(places).toEqual([...places].toSorted((a, b) => a - b));
      expect(places[0]).toBe(0);
      expect(lines.at(-1)).toMatch(/^ffmpeg is missing.*(apt-get|brew) install .*ffmpeg\)\? \[y\/N\] $/);
      child.stdin.write("n\n");
      await sees(/ffmpeg is not installed\. Install it by: .*install/);
      child.stdin.write(CTRL_C);
      await sees(/stopping in order[^\n]*\n(.*\n)*.* stopped\r\n$/);
      expect(await gone).toBe(0);
      expect(existsSync(installed)).toBe(false);
    } finally {
      child.kill("SIGKILL");
    }
  });

  /** A PATH with what the program needs of the system, no ffmpeg, and installers that only write down that they ran. */
  async function pathWithoutFfmpeg(installed: string): Promise<string> {
    const programs = join(folder, "programs");
    await mkdir(programs);
    for (const name of ["ps", "sh"]) await symlink(`/bin/${name}`, join(programs, name));
    const script = `#!/bin/sh\n[ "$1" = -n ] || echo "$0 $@" >> ${installed}\n`; // sudo -n only asks whether it may
    for (const name of ["apt-get", "sudo", "brew"]) {
      await writeFile(join(programs, name), script, { mode: 0o755 });
    }
    return programs;
  }
});

import { spawn } from "node:child_process";
import { chmod, mkdtemp, readFile, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "@statusplane/test-support";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  chosenFfmpeg,
  findConfinement,
  findFfmpeg,
  openFfmpeg,
  runConfined,
  type ConfinedRun,
  type Ffmpeg,
} from "../src/ffmpeg/index.ts";

let folder: string;
let ffmpeg: Ffmpeg;
beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "statusplane-ffmpeg-")));
  const found = await findFfmpeg();
  if (found === null) throw new Error("ffmpeg is missing: apt-get install ffmpeg");
  ffmpeg = found;
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const NONE = { bwrap: null, prlimit: null, setpriv: null };
const BASH: Pick<ConfinedRun, "confinement" | "program" | "readable" | "limits"> = {
  confinement: NONE,
  program: "/bin/sh",
  readable: [],
  limits: { memoryBytes: 2 ** 31, cpuSeconds: 20, fileBytes: 2 ** 20, wallClockMs: 20_000 },
};

function sh(script: string, more: Partial<ConfinedRun> = {}) {
  const signal = new AbortController().signal;
  return runConfined({ ...BASH, args: ["-c", script], writable: [folder], signal, ...more });
}

/** A Linux process that has not ended, or has ended without being waited for. */
async function lives(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => ""); // no such process
  return stat !== "" && !/^\d+ \(.*\) Z/.test(stat);
}

describe("finding ffmpeg", { timeout: 120_000 }, () => {
  test("finds it in PATH, by name, and tells its version", () => {
    expect(ffmpeg.ffmpegPath).toMatch(/\/ffmpeg$/);
    expect(ffmpeg.ffprobePath).toMatch(/\/ffprobe$/);
    expect(ffmpeg.version).toMatch(/\d/);
  });

  test("a path of one's own comes first, with the ffprobe beside it", async () => {
    const found = await findFfmpeg({ ffmpegPath: ffmpeg.ffmpegPath, path: folder });
    expect(found).toMatchObject({ ffmpegPath: ffmpeg.ffmpegPath, ffprobePath: ffmpeg.ffprobePath });
  });

  test("is not content with what does not start or cannot write H.264", async () => {
    const script = join(folder, "ffmpeg");
    await writeFile(script, "#!/bin/sh\necho 'ffmpeg version 0'\n");
    expect(await findFfmpeg({ ffmpegPath: script, ffprobePath: ffmpeg.ffprobePath })).toBeNull();
    await chmod(script, 0o755);
    expect(await findFfmpeg({ ffmpegPath: script, ffprobePath: ffmpeg.ffprobePath })).toBeNull();
    expect(await findFfmpeg({ path: folder })).toBeNull();
  });

  test("what is missing is looked for again, what was found is not, until it vanishes", async () => {
    let there: Ffmpeg | null = null;
    let looks = 0;
    const source = openFfmpeg({}, async () => {
      looks++;
      return there;
    });
    expect(await Promise.all([source.readiness(), source.readiness()])).toEqual([
      "ffmpeg_missing",
      "ffmpeg_missing",
    ]);
    expect(looks).toBe(1);
    await expect(source.get()).rejects.toMatchObject({ code: "ffmpeg_missing" });
    const program = join(folder, "vanishing");
    await writeFile(program, "", { mode: 0o755 });
    there = { ...ffmpeg, ffmpegPath: program };
    expect(await source.readiness()).toBeNull();
    expect(await source.get()).toBe(there);
    expect(looks).toBe(3);
    await rm(program);
    there = null;
    expect(await source.readiness()).toBe("ffmpeg_missing");
  });
});

describe("running a program confined", { timeout: 120_000 }, () => {
  test("hands over its lines, its exit code and the last KiB of its complaints", async () => {
    const lines: string[] = [];
    const script = "echo one; echo two; head -c 5000 /dev/zero | tr '\\0' x >&2; echo end >&2; exit 3";
    const end = await sh(script, { onLine: (line) => lines.push(line) });
    expect(lines).toEqual(["one", "two"]);
    expect(end).toMatchObject({ exitCode: 3, limit: null });
    expect(end.stderrTail).toMatch(/^x{1020}end\n$/);
  });

  test("gives it nothing of the server's own environment", async () => {
    const lines: string[] = [];
    process.env["STATUSPLANE_TEST_SECRET"] = "canary";
    await sh("env", { onLine: (line) => lines.push(line) });
    delete process.env["STATUSPLANE_TEST_SECRET"];
    expect(lines.join("\n")).toContain("LC_ALL=C");
    expect(lines.join("\n")).not.toContain("canary");
  });

  test("ends it, and what it started, when its time is over, even if it ignores SIGTERM", async () => {
    const lines: string[] = [];
    const script = "trap '' TERM; sleep 600 & echo $!; wait; wait; sleep 600";
    const limits = { ...BASH.limits, wallClockMs: 300 };
    const end = await sh(script, { limits, onLine: (line) => lines.push(line) });
    expect(end.limit).toBe("wall_clock");
    expect(await lives(Number(lines[0]))).toBe(false);
  });

  test("rejects with the reason when aborted, and when it cannot be started", async () => {
    const abort = new AbortController();
    const reason = new Error("enough");
    const end = sh("echo ready; sleep 600", { signal: abort.signal, onLine: () => abort.abort(reason) });
    await expect(end).rejects.toBe(reason);
    await expect(sh("", { program: join(folder, "nothing") })).rejects.toMatchObject({ code: "ENOENT" });
  });

  test("holds it to its limits where prlimit is", async (context) => {
    const { prlimit } = await findConfinement([ffmpeg.ffmpegPath]);
    if (prlimit === null) return context.skip("this system has no prlimit");
    const confinement = { ...NONE, prlimit };
    const limits = { ...BASH.limits, cpuSeconds: 1, fileBytes: 4_096 };
    expect(await sh("exec head -c 100000 /dev/zero > large", { confinement, limits })).toMatchObject({
      limit: "file_size",
    });
    expect(await sh("while :; do :; done", { confinement, limits })).toMatchObject({ limit: "cpu" });
  });

  test("lets it die with its parent where setpriv is", async (context) => {
    const { setpriv } = await findConfinement([ffmpeg.ffmpegPath]);
    if (setpriv === null) return context.skip("this system has no setpriv");
    const runner = JSON.stringify(new URL("../src/ffmpeg/run-confined.ts", import.meta.url).href);
    const run = {
      ...BASH,
      args: ["-c", "echo $$; exec sleep 600"],
      writable: [folder],
      confinement: { ...NONE, setpriv },
    };
    const script = `import { runConfined } from ${runner};
      const signal = new AbortController().signal;
      await runConfined({ ...${JSON.stringify(run)}, signal, onLine: (line) => console.log(line) });`;
    const parent = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let pid = 0;
    parent.stdout.on("data", (text: Buffer) => (pid = Number(text)));
    await eventually("the program has begun", () => pid > 0);
    expect(await lives(pid)).toBe(true);
    parent.kill("SIGKILL");
    await eventually("the program has ended", async () => !(await lives(pid)));
  });
});

test("what nothing holds back here is a risk of the job type that runs it", async () => {
  const bare = await mkdtemp(join(folder, "path-"));
  await symlink("/bin/true", join(bare, "true"));
  const PATH = process.env["PATH"];
  process.env["PATH"] = bare; // a machine without bwrap
  try {
    const { risks } = chosenFfmpeg({ FFMPEG_PATH: null, FFPROBE_PATH: null, INSTALL_FFMPEG: null });
    expect(await risks()).toMatchObject([
      { code: "unconfined", problem: expect.stringMatching(/^bwrap: .*install bubblewrap/) },
    ]);
  } finally {
    process.env["PATH"] = PATH;
  }
});

import { describe, expect, test } from "vitest";
import {
  ensureFfmpeg,
  openFfmpeg,
  runInstallStep,
  type EnsureFfmpegOptions,
  type EnsureOutcome,
  type Ffmpeg,
  type Machine,
} from "../src/ffmpeg/index.ts";

const FFMPEG: Ffmpeg = {
  ffmpegPath: "/usr/bin/ffmpeg",
  ffprobePath: "/usr/bin/ffprobe",
  version: "5.1",
  confinement: { bwrap: "/usr/bin/bwrap", prlimit: "/usr/bin/prlimit", setpriv: "/usr/bin/setpriv" },
  decodable: new Set(["h264"]),
  filters: new Set(["zscale"]),
};
const NO_CONFINEMENT = { bwrap: null, prlimit: null, setpriv: null };

describe("a missing ffmpeg", () => {
  const linux: Machine = {
    ...{ platform: "linux", root: false, sudoWithoutPassword: false },
    programs: new Set(["apt-get", "sudo"]),
  };
  const root: Machine = { ...linux, root: true };
  const mac: Machine = { ...linux, platform: "darwin", programs: new Set(["brew"]) };
  const APT = "apt-get update && apt-get install -y --no-install-recommends ffmpeg";
  const SUDO = "sudo apt-get update && sudo apt-get install -y --no-install-recommends ffmpeg";

  /** A machine without ffmpeg: what is said, asked and run, in order, and how it ends. */
  async function ensure(given: {
    readonly machine: Machine;
    readonly install?: boolean | null;
    /** null: nobody can be asked. */
    readonly answer?: boolean | null;
    readonly fails?: string;
  }): Promise<{ outcome: EnsureOutcome; story: readonly string[] }> {
    const story: string[] = [];
    let isInstalled = false;
    const { answer = null } = given;
    const outcome = await ensureFfmpeg({
      ffmpeg: openFfmpeg({}, async () => (isInstalled ? FFMPEG : null)),
      say: (level, sentence) => void story.push(`${level}: ${sentence}`),
      install: given.install ?? null,
      ask: answer === null ? null : async (question) => (story.push(`ask: ${question}`), answer),
      machine: async () => given.machine,
      execute: async (step, { isBeforePerson }) => {
        story.push(`${isBeforePerson ? "shown" : "run"}: ${step.join(" ")}`);
        if (given.fails !== undefined) throw new Error(given.fails);
        isInstalled = step.includes("install");
      },
    });
    return { outcome, story };
  }
  const kinds = (story: readonly string[]): readonly string[] =>
    story.map((line) => line.split(":")[0] ?? "");

  test.each([
    ["root", root, APT],
    ["a sudo that asks nothing", { ...linux, sudoWithoutPassword: true }, SUDO],
    ["Homebrew", mac, "brew install ffmpeg"],
  ])("is announced, then installed where nobody can be asked: by %s", async (_who, machine, command) => {
    const { outcome, story } = await ensure({ machine });
    expect(story[0]).toContain(`installing it: ${command} (INSTALL_FFMPEG=0`);
    expect(story.filter((line) => line.startsWith("run: ")).map((line) => line.slice(5))).toEqual(
      command.split(" && "),
    );
    expect(story.at(-1)).toMatch(/^info: ffmpeg .* is installed$/);
    expect(outcome).toBe("installed");
  });

  test("is asked for at a terminal before anything is run, with the exact command", async () => {
    const agreed = await ensure({ machine: root, answer: true });
    expect(kinds(agreed.story)).toEqual(["ask", "info", "shown", "shown", "info"]);
    expect(agreed.story[0]).toContain(`(${APT})?`);
    expect(agreed.outcome).toBe("installed");
    const refused = await ensure({ machine: root, answer: false });
    expect(kinds(refused.story)).toEqual(["ask", "warn"]);
    expect(refused.story[1]).toContain(APT);
    expect(refused.outcome).toBe("missing");
  });

  test("may ask for a password only where somebody can type it", async () => {
    const alone = await ensure({ machine: linux });
    expect(kinds(alone.story)).toEqual(["warn"]);
    expect(alone.story[0]).toContain(`Install it by: ${SUDO}`);
    expect((await ensure({ machine: linux, answer: true })).outcome).toBe("installed");
    expect((await ensure({ machine: linux, install: true })).outcome).toBe("missing");
  });

  test("is what INSTALL_FFMPEG decides beforehand, at a terminal too", async () => {
    for (const answer of [true, null]) {
      const never = await ensure({ machine: root, install: false, answer });
      expect(kinds(never.story)).toEqual(["warn"]);
      expect(never.story[0]).toContain(APT);
      const always = await ensure({ machine: root, install: true, answer });
      expect(kinds(always.story)).not.toContain("ask");
      expect(always.outcome).toBe("installed");
    }
  });

  test("is left to a person where we know no way, and where installing did not work", async () => {
    for (const programs of [new Set(["sudo"]), new Set<string>()]) {
      const { outcome, story } = await ensure({ machine: { ...linux, programs }, answer: true });
      expect(story).toEqual([expect.stringMatching(/^warn: .*FFMPEG_PATH and FFPROBE_PATH/)]);
      expect(outcome).toBe("missing");
    }
    const { outcome, story } = await ensure({ machine: root, fails: "no network\nat line 2" });
    expect(story.at(-1)).toContain(`did not work (no network). Install it by: ${APT}`);
    expect(outcome).toBe("missing");
  });

  test("a step's end and last complaint are told", async () => {
    const step = (script: string) => runInstallStep(["sh", "-c", script], { isBeforePerson: false });
    await expect(step("exit 0")).resolves.toBeUndefined();
    await expect(step("echo one >&2; echo two >&2; exit 3")).rejects.toThrow("sh ended with 3: two");
    await expect(runInstallStep(["/none"], { isBeforePerson: false })).rejects.toThrow("ENOENT");
  });
});

test("an ffmpeg that is there is told with what the system lacks to hold it back", async () => {
  const said: string[] = [];
  const source = openFfmpeg({}, async () => ({ ...FFMPEG, confinement: NO_CONFINEMENT }));
  const say: EnsureFfmpegOptions["say"] = (level, sentence) => void said.push(`${level} ${sentence}`);
  expect(await ensureFfmpeg({ ffmpeg: source, say, install: null, ask: null })).toBe("present");
  expect(said.map((sentence) => sentence.split(" ").slice(0, 2).join(" "))).toEqual([
    ...["info ffmpeg", "warn prlimit", "warn setpriv"],
  ]);
});

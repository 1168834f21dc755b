import { createHash } from "node:crypto";
import {
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  realpath,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { jobRef, refKey, type JobRef, type Status } from "@statusplane/core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createCollector, openFolderFiles, type FolderFiles } from "../src/files/index.ts";

let folder: string;
let files: FolderFiles;
beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "statusplane-files-")));
  files = await openFolderFiles(join(folder, "data"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const video = jobRef("7", "video", "42");
const MAX = 1_000_000;

async function* chunks(...texts: readonly (string | Error)[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) {
    if (text instanceof Error) throw text;
    yield Buffer.from(text);
  }
}

describe("an upload", () => {
  test("is at its place whole, with its size and its first 4 KiB", async () => {
    const large = "x".repeat(5_000);
    expect(await files.saveInput(video, chunks("head", large), MAX)).toMatchObject({ bytes: 5_004 });
    const { firstBytes } = await files.saveInput(video, chunks("head", large), MAX);
    expect(Buffer.from(firstBytes).toString()).toBe(`head${large}`.slice(0, 4_096));
    const path = await files.inputPath(video);
    expect(path).toBe(join(folder, "data", "uploads", "7", "video", "42"));
    expect(await readFile(path ?? "", "utf8")).toBe(`head${large}`);
    expect(((await stat(path ?? "")).mode & 0o777).toString(8)).toBe("600");
    expect(await readdir(files.paths.temp)).toEqual([]);
  });

  test("of nothing is an empty file: whether that is one, the job type says", async () => {
    expect(await files.saveInput(video, chunks(), MAX)).toEqual({ bytes: 0, firstBytes: Buffer.alloc(0) });
  });

  test("may have just the allowed size, and leaves nothing when it has more", async () => {
    await files.saveInput(video, chunks("12345", "67890"), 10);
    const other = jobRef("7", "video", "43");
    await expect(files.saveInput(other, chunks("12345", "678901"), 10)).rejects.toMatchObject({
      code: "file_too_large",
    });
    expect(await files.hasInput(other)).toBe(false);
    expect(await readdir(files.paths.temp)).toEqual([]);
  });

  test("leaves nothing when its sender goes away, and an earlier whole one as it was", async () => {
    await files.saveInput(video, chunks("whole"), MAX);
    const gone = new Error("aborted");
    await expect(files.saveInput(video, chunks("half", gone), MAX)).rejects.toBe(gone);
    expect(await readFile(files.paths.input(video), "utf8")).toBe("whole");
    expect(await readdir(files.paths.temp)).toEqual([]);
  });

  test("says that the disk is full", async () => {
    const full = Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" });
    await expect(files.saveInput(video, chunks("some", full), MAX)).rejects.toMatchObject({
      code: "storage_full",
    });
  });

  test("of one tenant or kind is not another's", async () => {
    await files.saveInput(video, chunks("mine"), MAX);
    for (const ref of [jobRef("8", "video", "42"), jobRef("7", "job", "42")]) {
      expect(await files.hasInput(ref)).toBe(false);
      expect(await files.inputPath(ref)).toBeNull();
    }
    await files.removeInput(video);
    await files.removeInput(video);
    expect(await files.inputPath(video)).toBeNull();
  });
});

describe("outputs", () => {
  test("have a folder per attempt, and one attempt's removal leaves the others", async () => {
    const first = await files.makeOutputFolder(video, 1);
    expect(first).toBe(join(folder, "data", "outputs", "video", "7", "42", "1"));
    expect(files.outputFolder(video, 1)).toBe(first);
    const second = await files.makeOutputFolder(video, 2);
    await writeFile(join(first, "part0.list"), "1");
    await files.removeOutputs(video, 1);
    await files.removeOutputs(video, 1);
    expect(await readdir(dirname(second))).toEqual(["2"]);
    await files.removeOutputs(video, 2);
    expect(await readdir(join(folder, "data", "outputs", "video", "7"))).toEqual([]);
  });

  test("hold a result as a file, replaced as a whole", async () => {
    const job = jobRef("7", "job", "a");
    await files.writeResultFile(job, 1, '{"n":1}');
    await files.writeResultFile(job, 1, '{"n":2}');
    expect(await readdir(files.outputFolder(job, 1))).toEqual(["result.json"]);
    expect(await readFile(join(files.outputFolder(job, 1), "result.json"), "utf8")).toBe('{"n":2}');
  });

  test("are never beside their root", async () => {
    for (const attempt of [0, -1, 1.5, Number.NaN])
      expect(() => files.outputFolder(video, attempt)).toThrow(RangeError);
    const outside = join(folder, "outside");
    await mkdir(join(outside, "1"), { recursive: true });
    await mkdir(join(files.paths.outputs, "video", "7"), { recursive: true });
    await symlink(outside, join(files.paths.outputs, "video", "7", "42"));
    await expect(files.makeOutputFolder(video, 1)).rejects.toThrow("symbolic link");
    await files.removeOutputs(video, 1);
    expect(await readdir(outside)).toEqual(["1"]);
  });

  test("and inputs reached through a link are not there", async () => {
    await writeFile(join(folder, "passwords"), "canary");
    await mkdir(dirname(files.paths.input(video)), { recursive: true });
    await symlink(join(folder, "passwords"), files.paths.input(video));
    expect(await files.inputPath(video)).toBeNull();
    expect(await files.hasInput(video)).toBe(false);
  });
});

test("all files of a removed job go, the upload and every attempt's outputs, and no other job's", async () => {
  const other = jobRef("7", "video", "43");
  for (const ref of [video, other]) {
    await files.saveInput(ref, chunks("video"), MAX);
    for (const attempt of [1, 3]) await writeFile(join(await files.makeOutputFolder(ref, attempt), "a"), "x");
  }
  await files.removeJob(video);
  await files.removeJob(video);
  expect(await files.hasInput(video)).toBe(false);
  expect(await readdir(join(files.paths.outputs, "video", "7"))).toEqual(["43"]);
  expect(await readdir(files.paths.jobOutputs(other))).toEqual(["1", "3"]);
  expect(await files.hasInput(other)).toBe(true);
});

test("a removed job's folder that is a link is not followed", async () => {
  await mkdir(join(folder, "elsewhere"));
  await writeFile(join(folder, "elsewhere", "kept"), "x");
  await mkdir(dirname(files.paths.jobOutputs(video)), { recursive: true });
  await symlink(join(folder, "elsewhere"), files.paths.jobOutputs(video));
  await files.removeJob(video);
  expect(await readdir(join(folder, "elsewhere"))).toEqual(["kept"]);
});

describe("the collector", () => {
  const HOUR_MS = 3_600_000;
  const NOW_MS = Date.UTC(2026, 10, 1);
  type Row = { readonly attempt: number; readonly status: Status; readonly finishedAtMs: number | null };

  /** Puts an input or an attempt's output there, last changed so many hours ago. */
  async function put(path: string, hoursAgo: number): Promise<void> {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, "content");
    const at = new Date(NOW_MS - hoursAgo * HOUR_MS);
    await utimes(path, at, at);
    if (path.startsWith(files.paths.outputs)) await utimes(dirname(path), at, at);
  }
  const output = (ref: JobRef, attempt: number) => join(files.outputFolder(ref, attempt), "part0.list");
  const exists = (path: string) =>
    stat(path).then(
      () => true,
      () => false,
    );

  function collect(rows: ReadonlyMap<string, Row>, more = {}) {
    const asked: number[] = [];
    const attemptsOf = async (refs: readonly JobRef[]) => {
      asked.push(refs.length);
      const named = refs.map((ref) => [refKey(ref), rows.get(refKey(ref))] as const);
      return new Map(named.filter((entry): entry is [string, Row] => entry[1] !== undefined));
    };
    const options = { attemptsOf, inputRetentionSeconds: 7 * 86_400, nowMs: NOW_MS, pauseMs: 0, ...more };
    return createCollector(files.paths)
      .collect(options)
      .then((collected) => ({ ...collected, asked }));
  }

  test("removes what no row names once it is older than a day", async () => {
    const [old, young] = [jobRef("7", "video", "old"), jobRef("7", "job", "young")];
    await put(files.paths.input(old), 25);
    await put(output(old, 1), 25);
    await put(files.paths.input(young), 23);
    await put(output(young, 1), 23);
    await put(join(files.paths.temp, "forgotten.upload"), 25);
    await put(join(files.paths.temp, "underway.upload"), 1);
    const collected = await collect(new Map());
    expect(collected).toEqual({ inputs: 1, outputs: 1, temporaryFiles: 1, asked: [1] });
    expect(await exists(files.paths.input(old))).toBe(false);
    expect(await exists(files.paths.jobOutputs(old))).toBe(false);
    expect(await exists(files.paths.input(young))).toBe(true);
    expect(await exists(output(young, 1))).toBe(true);
    expect(await readdir(files.paths.temp)).toEqual(["underway.upload"]);
  });

  test("keeps the attempt that the row names and what it may be tried with again", async () => {
    const [ready, running, failed, cancelled] = [
      jobRef("7", "video", "1"),
      jobRef("7", "video", "2"),
      jobRef("7", "video", "3"),
      jobRef("7", "video", "4"),
    ];
    for (const ref of [ready, running, failed, cancelled]) {
      await put(files.paths.input(ref), 200);
      await put(output(ref, 1), 200);
      await put(output(ref, 2), 200);
    }
    const daysAgo = (days: number) => NOW_MS - days * 24 * HOUR_MS;
    const collected = await collect(
      new Map<string, Row>([
        [refKey(ready), { attempt: 2, status: "READY", finishedAtMs: daysAgo(8) }],
        [refKey(running), { attempt: 2, status: "PROCESSING", finishedAtMs: null }],
        [refKey(failed), { attempt: 2, status: "FAILED", finishedAtMs: daysAgo(6) }],
        [refKey(cancelled), { attempt: 2, status: "CANCELLED", finishedAtMs: daysAgo(6) }],
      ]),
    );
    expect(collected).toMatchObject({ inputs: 1, outputs: 6 });
    expect(await exists(files.paths.input(ready))).toBe(false);
    expect(await readdir(files.paths.jobOutputs(ready))).toEqual(["2"]);
    expect(await exists(files.paths.input(running))).toBe(true);
    expect(await readdir(files.paths.jobOutputs(running))).toEqual(["2"]);
    for (const ref of [failed, cancelled]) {
      expect(await exists(files.paths.input(ref))).toBe(true);
      expect(await exists(files.paths.jobOutputs(ref))).toBe(false);
    }
  });

  test("neither follows nor removes a link, or what we would not have written", async () => {
    const outside = join(folder, "outside");
    await put(join(outside, "42", "1", "file"), 100);
    await mkdir(join(files.paths.outputs, "video"), { recursive: true });
    await symlink(outside, join(files.paths.outputs, "video", "7"));
    await put(join(files.paths.uploads, "7", "video", "a.txt"), 100);
    expect(await collect(new Map())).toEqual({ inputs: 0, outputs: 0, temporaryFiles: 0, asked: [] });
    expect(await readdir(outside)).toEqual(["42"]);
    expect(await exists(join(files.paths.uploads, "7", "video", "a.txt"))).toBe(true);
  });

  test("asks for 500 jobs at a time, and ends between two pages when told to", async () => {
    for (let n = 0; n < 501; n++) await put(files.paths.input(jobRef("7", "job", String(n))), 100);
    const stop = AbortSignal.abort();
    expect(await collect(new Map(), { signal: stop })).toMatchObject({ inputs: 0, asked: [] });
    const collected = await collect(new Map());
    expect(collected.asked).toEqual([500, 1]);
    expect(collected.inputs).toBe(501);
  });

  test("walks once when asked twice", async () => {
    await put(files.paths.input(video), 100);
    let asked = 0;
    const attemptsOf = async () => {
      asked++;
      return new Map<string, Row>();
    };
    const collector = createCollector(files.paths);
    const options = { attemptsOf, inputRetentionSeconds: 60, nowMs: NOW_MS };
    const [first, second] = await Promise.all([collector.collect(options), collector.collect(options)]);
    expect(first).toBe(second);
    expect(asked).toBe(1);
  });
});

test("the hash of a large upload is what was sent", async () => {
  const part = Buffer.alloc(65_536, "statusplane");
  async function* stream() {
    for (let n = 0; n < 160; n++) yield part;
  }
  const sent = createHash("sha256");
  for (let n = 0; n < 160; n++) sent.update(part);
  await files.saveInput(video, stream(), 20 * MAX);
  const kept = createHash("sha256").update(await readFile(files.paths.input(video)));
  expect(kept.digest("hex")).toBe(sent.digest("hex"));
});

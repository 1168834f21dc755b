import { cp, mkdtemp, mkdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { checkWords } from "../../scripts/check-words.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

describe("the platform speaks of no product", () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), "statusplane-words-"));
    await cp(join(ROOT, "packages/xlsx/src"), join(root, "packages/xlsx/src"), { recursive: true });
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  async function plant(path: string, text: string): Promise<readonly string[]> {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
    return checkWords(root).places;
  }

  it("in this repository", () => {
    const { files, places } = checkWords(ROOT);
    expect(places).toEqual([]);
    expect(files).toBeGreaterThan(400);
  });

  it.each([
    ["a name in a source", "packages/server/src/a.ts", "\nexport const studentRows = 1;\n", "2: student"],
    ["a sentence in a test", "packages/core/test/a.test.ts", 'it("plays a Lecture", go);', "1: Lecture"],
    ["a job type in SQL", "packages/postgres/migrations/9.sql", "-- video_hls", "1: video_hls"],
    ["an encoder's file", "packages/redis/src/lua/a.lua", "-- x.m3u8", "1: m3u8"],
    ["a demo tenant", "packages/memory/src/a.ts", 'const name = "나래학원";', "1: 나래"],
    ["a manifest", "packages/worker/package.json", '{"description":"for an academy"}', "1: academ"],
    ["a workbook outside the package about them", "packages/core/src/a.ts", "// workbook", "1: workbook"],
  ])("refuses %s", async (_what, path, text, place) => {
    expect(await plant(path, text)).toContain(`${path}:${place}`);
  });

  it("but for the names that the contract fixes, and what a package is about", async () => {
    expect(await plant("packages/client/src/a.ts", "pollExcelJob(id);")).toEqual([]);
    expect(await plant("packages/xlsx/src/a.ts", "/** A workbook as Excel writes one. */")).toEqual([]);
  });
});

import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ReaderMessage } from "../../src/jobs/excel-import/reader-messages.ts";
import { readStudentsApart } from "../../src/jobs/excel-import/reader-process.ts";
import { readStudents } from "../../src/jobs/excel-import/read-students.ts";
import { readingTimeOf } from "../../src/jobs/excel-import/reading-time.ts";
import { HOSTILE } from "./hostile-workbooks.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "statusplane-hostile-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

type Order = Parameters<typeof readStudents>[0];

async function orderFor(name: string): Promise<Order> {
  const path = join(folder, "hostile.xlsx");
  await writeFile(path, HOSTILE[name]?.() ?? "");
  return {
    path,
    rejectedPath: join(folder, "rejected.xlsx"),
    afterPosition: 0,
    chunkRows: 2_000,
    plain: false,
  };
}

/** What the last message says. */
async function end(messages: AsyncIterable<ReaderMessage>): Promise<string> {
  let last: ReaderMessage | undefined;
  for await (const message of messages) last = message;
  if (last?.type === "failed") return last.code;
  return last?.type === "done" ? `${last.rejected} rejected` : "no end";
}

describe("a workbook that wants to keep its reader busy", () => {
  it.each([
    ["a number format of brackets", "0 rejected"],
    ["an e-mail address of dots", "workbook_too_complex"],
    ["a long text in each cell of 5,000 rows", "workbook_too_complex"],
    ["a thousand sheets of one part", "workbook_too_complex"],
    ["elements nested a million deep", "workbook_too_complex"],
    ["a million comments", "workbook_too_complex"],
    ["formulas in formulas", "1 rejected"],
  ])(
    "comes to its end by the work it makes, not by the clock: %s",
    { timeout: 240_000 },
    async (name, expected) => {
      const order = await orderFor(name);
      expect(await end(readStudents(order))).toBe(expected);
      const rejected = await stat(order.rejectedPath).catch(() => null); // no row was rejected: there is no file
      expect(rejected?.size ?? 0).toBeLessThan(4_000_000);
    },
  );
});

describe("a reading", () => {
  const busy = "a head of tags";

  it(
    "is ended at its limit of processor time: workbook_too_complex, no further try",
    { timeout: 120_000 },
    async () => {
      const time = { processorSeconds: 1, waitedSeconds: 100 };
      const reading = readStudentsApart(await orderFor(busy), new AbortController().signal, time);
      await expect(end(reading)).rejects.toMatchObject({ code: "workbook_too_complex", retryable: false });
    },
  );

  it("is ended when it is waited for too long in all", { timeout: 120_000 }, async () => {
    const time = { processorSeconds: 100, waitedSeconds: 0.5 };
    const reading = readStudentsApart(await orderFor(busy), new AbortController().signal, time);
    await expect(end(reading)).rejects.toMatchObject({ code: "workbook_too_complex", retryable: false });
  });

  it("has time by its file's size: three times what a million rows take, and of small files half a minute", () => {
    const million = readingTimeOf(59_612_590);
    expect(million.processorSeconds).toBeGreaterThan(3 * 18);
    expect(million.waitedSeconds).toBeGreaterThan(3 * 36);
    const small = readingTimeOf(66_000);
    expect(small.processorSeconds).toBeLessThanOrEqual(10);
    expect(small.waitedSeconds).toBeLessThan(29);
  });
});

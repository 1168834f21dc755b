import { openWorkbook } from "@statusplane/xlsx";
import { readXlsx } from "hucre/xlsx";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { RejectedWorkbook } from "../../src/jobs/excel-import/rejected-workbook.ts";
import { readRows } from "./import-fixture.ts";

async function written(
  rows: readonly (readonly (string | number | null)[])[],
): Promise<{ path: string } & AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), "statusplane-rejected-"));
  const path = join(folder, "rejected.xlsx");
  const workbook = await RejectedWorkbook.create(path);
  for (const row of rows) await workbook.addRow(row);
  await workbook.finish();
  return { path, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}

const HOSTILE = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1+1", "＠a"];

it("marks what looks like a formula as quoted text, and nothing else", async () => {
  await using file = await written([[...HOSTILE, "보통", 7]]);
  const { sheets } = await readXlsx(await readFile(file.path), { readStyles: true });
  expect(sheets[0]?.rows[0]).toEqual([...HOSTILE, "보통", 7]);
  using workbook = await openWorkbook(file.path);
  expect(workbook.sheets).toHaveLength(1);
  const bytes = await partXml(file.path, "sheet1.xml");
  expect(bytes.match(/<c r="[A-H]1" t="inlineStr" s="1">/g)).toHaveLength(HOSTILE.length);
  expect(bytes).not.toContain("<f>");
});

it("gives back what it was given, whatever the characters", async () => {
  const rows = [
    ["<a href='&amp;'>]]>\"", "_x0041_", "line\nbreak", "가나다 😀", null, -1.5],
    ["\u0001control\u0000s"],
  ];
  await using file = await written(rows);
  expect((await readRows(file.path)).map(({ cells }) => cells)).toEqual([rows[0], ["controls"]]);
});

it("ends where a few bytes of an upload would fill a disk", async () => {
  const folder = await mkdtemp(join(tmpdir(), "statusplane-rejected-"));
  const workbook = await RejectedWorkbook.create(join(folder, "rejected.xlsx"), 1_000_000);
  const fill = async (): Promise<void> => {
    for (let row = 0; row < 1_000; row++) await workbook.addRow(["가".repeat(30_000)]);
  };
  await expect(fill()).rejects.toMatchObject({ code: "too_complex" });
  await workbook.close();
  await rm(folder, { recursive: true });
});

it("writes many rows in order", async () => {
  const rows = Array.from({ length: 20_000 }, (_, i) => [`${i} ${"x".repeat(i % 50)}`, i]);
  await using file = await written(rows);
  expect((await readRows(file.path)).map(({ cells }) => cells)).toEqual(rows);
});

it("has whole styles and a reference in every row and cell: without them openpyxl and exceljs open nothing", async () => {
  await using file = await written([
    ["학번", null, "x"],
    [null, 7],
  ]);
  const styles = await partXml(file.path, "styles.xml");
  const count = (pattern: RegExp): number => styles.match(pattern)?.length ?? 0;
  expect(count(/<fill>/g)).toBe(2);
  expect(count(/<fill><patternFill patternType="\w+"\/><\/fill>/g)).toBe(2);
  expect(count(/<border><left\/><right\/><top\/><bottom\/><diagonal\/><\/border>/g)).toBe(1);
  expect(count(/<xf numFmtId="\d+" fontId="0" fillId="0" borderId="0"/g)).toBe(3);
  expect(count(/<cellStyle name="Normal" xfId="0" builtinId="0"\/>/g)).toBe(1);
  const sheet = await partXml(file.path, "sheet1.xml");
  expect(sheet.match(/<(?:row|c) r="\w+"/g)).toEqual(
    ["1", "A1", "C1", "2", "B2"].map((name) => `<${/^\d/.test(name) ? "row" : "c"} r="${name}"`),
  );
});

/** A part's XML, by another reader of zips than ours. */
async function partXml(path: string, part: string): Promise<string> {
  const { openPromise } = await import("yauzl");
  const zip = await openPromise(path);
  for await (const entry of zip.eachEntry()) {
    if (!entry.fileName.endsWith(part)) continue;
    const chunks: Buffer[] = [];
    for await (const chunk of await zip.openReadStreamPromise(entry)) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks).toString();
  }
  throw new Error(`no ${part}`);
}

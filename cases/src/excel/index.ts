import type { JobProgressBody } from "@statusplane/core/wire";
import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Bench, Case, Seen } from "../case.ts";
import { WORKBOOK_CASES } from "./list/index.ts";
import { lookAtImport } from "./look-at-import.ts";
import { book } from "./raw-workbook.ts";
import type { WorkbookCase } from "./workbook-case.ts";
import { WRITTEN_CASES, type WrittenCase } from "./writers/index.ts";
import { runNode, runOffice, runPython } from "./writers/run-writer.ts";

const rightOf = (each: WorkbookCase): string => {
  if ("code" in each) return each.code;
  const rejected = [...new Set(each.rejected ?? [])].join(", ");
  return `${each.students.length} imported${rejected === "" ? "" : `; rejected: ${rejected}`}`;
};

const ofTrait = (each: WorkbookCase): Case => ({
  name: each.name,
  kind: "excel",
  row: each.row,
  trait: each.trait,
  right: rightOf(each),
  make: async (folder) => {
    const path = join(folder, `${each.name}.xlsx`);
    await writeFile(path, each.bytes());
    return path;
  },
  look: ({ api }, path) => lookAtImport(api, path, each),
});

const ofWriter = ({ name, trait, write, students }: WrittenCase): Case => ({
  name,
  kind: "excel",
  row: "–",
  trait,
  right: `${students.length} imported`,
  make: async (folder) => write(join(folder, `${name}.xlsx`), folder),
  look: ({ api }, path) => lookAtImport(api, path, { students }),
});

const READERS: readonly (readonly [
  name: string,
  read: (path: string, folder: string) => Promise<string> | string,
])[] = [
  ["openpyxl", (path) => runPython("read", path)],
  ["sheetjs", (path) => runNode("read-sheetjs", path)],
  ["exceljs", (path) => runNode("read-exceljs", path)],
  [
    "libreoffice",
    async (path, folder) =>
      readFile(runOffice("csv:Text - txt - csv (StarCalc):44,34,76", path, folder), "utf8"),
  ],
];
const REJECTED = [
  [null, "홍길동"],
  ["00123", null],
] as const;

/** The workbook of rejected rows, opened by another program. */
async function lookAtRejected(
  { api, folder }: Bench,
  path: string,
  [name, read]: (typeof READERS)[number],
): Promise<Seen> {
  const ended = await api.ended<JobProgressBody>(await api.submitImport(path));
  const { rejected_url: url } = (ended as unknown as { result: { rejected_url: string } }).result;
  const response = await fetch(api.url + url, { headers: { authorization: `Bearer ${api.token}` } });
  const file = join(await mkdtemp(join(folder, "rejected-")), "rejected.xlsx");
  await writeFile(file, Buffer.from(await response.arrayBuffer()));
  const text = await read(file, folder);
  const missing = ["학번", "홍길동", "00123", "student_no_missing"].filter((word) => !text.includes(word));
  return {
    now: `opened by ${name}`,
    wrong: missing.map((word) => `${word} is not in what ${name} reads`),
  };
}

const rejectedOpens = (reader: (typeof READERS)[number]): Case => ({
  name: `rejected-opens-in-${reader[0]}`,
  kind: "excel",
  row: "X13",
  trait: "rejected.xlsx opened by another program",
  right: "opens, with what was rejected",
  make: async (folder) => {
    const path = join(folder, "rejects.xlsx");
    await writeFile(path, book([["학번", "이름"], ...REJECTED]));
    return path;
  },
  look: (bench, path) => lookAtRejected(bench, path, reader),
});

/** Students' workbooks with one trait each. */
export const EXCEL_CASES: readonly Case[] = [
  ...WRITTEN_CASES.map(ofWriter),
  ...READERS.map(rejectedOpens),
  ...WORKBOOK_CASES.map(ofTrait),
];

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { S, type Stored } from "../workbook-case.ts";
import { runNode, runOffice, runPython } from "./run-writer.ts";

/** What a program other than ours has written, and what is in it. */
export interface WrittenCase {
  readonly name: string;
  readonly trait: string;
  readonly write: (path: string, folder: string) => string;
  readonly students: readonly Stored[];
}

/** The students that all of them write, in the order of their numbers. */
const STUDENTS: readonly Stored[] = [
  S("003", { name: "이영희🎓", grade: 3, registered_on: "1999-12-31", memo: "=1+1 이 아님" }),
  S("20260001", {
    grade: 1,
    school: "가람고등학교",
    class_name: "1반",
    phone: "010-1234-5678",
    parent_phone: "010-8765-4321",
    registered_on: "2026-03-01",
    memo: "첫 줄\n둘째 줄",
    email: "hong@example.com",
  }),
  S("S-0002", {
    name: "김철수 <A&B>",
    grade: 12,
    school: "나래중학교",
    class_name: "햇살",
    phone: "010-0000-0002",
    registered_on: "2026-03-02",
    memo: "앞뒤 공백",
    email: "kim@example.com",
  }),
];

const PYTHON = [
  "openpyxl",
  "openpyxl-write-only",
  "openpyxl-1904",
  "xlsxwriter",
  "xlsxwriter-constant-memory",
  "xlsxwriter-1904",
  "xlsxwriter-zip64",
  "xlsxwriter-table",
  "xlsxwriter-rich",
];
const NODE = [
  "sheetjs",
  "sheetjs-sst",
  "sheetjs-compressed",
  "sheetjs-celldates",
  "sheetjs-celldates-iso",
  "exceljs",
  "exceljs-stream-sst",
  "exceljs-stream-inline",
];

const written =
  (run: (variant: string, path: string) => string) =>
  (name: string): WrittenCase => ({
    name: `by-${name}`,
    trait: `the same students written by ${name}`,
    students: STUDENTS,
    write: (path) => {
      run(name, path);
      return path;
    },
  });

const savedByOffice = (name: string): WrittenCase => ({
  name: `by-libreoffice-from-${name}`,
  trait: `what ${name} wrote, saved again by LibreOffice`,
  students: STUDENTS,
  write: (path, folder) => {
    runPython(name, path);
    const saved = join(folder, "saved");
    mkdirSync(saved, { recursive: true });
    return runOffice("xlsx:Calc MS Excel 2007 XML", path, saved);
  },
});

export const WRITTEN_CASES: readonly WrittenCase[] = [
  ...PYTHON.map(written(runPython)),
  ...NODE.map(written(runNode)),
  ...["openpyxl", "openpyxl-1904", "xlsxwriter"].map(savedByOffice),
];

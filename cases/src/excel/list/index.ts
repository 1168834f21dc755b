import type { WorkbookCase } from "../workbook-case.ts";
import { DATE_CASES } from "./dates.ts";
import { FILE_CASES } from "./files.ts";
import { LAYOUT_CASES } from "./layout.ts";
import { NUMBER_CASES } from "./numbers.ts";
import { TEXT_CASES } from "./texts.ts";

/** Students' workbooks with one trait each. */
export const WORKBOOK_CASES: readonly WorkbookCase[] = [
  ...NUMBER_CASES,
  ...DATE_CASES,
  ...TEXT_CASES,
  ...FILE_CASES,
  ...LAYOUT_CASES,
];

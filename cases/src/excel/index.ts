import type { Case } from "../case.ts";

/** Students' workbooks with one trait each. */
export const EXCEL_CASES: readonly Case[] = [];

/**
 * `npm run cases -- [video|excel|V3|NAME…]`: makes ordinary inputs with one trait each, submits them to the real program and
 * compares what comes with the right value. Without a choice it runs all of them that the report lacks for this commit.
 */
import { badCommandLine, readCommandLine } from "@statusplane/test-support";
import type { Case } from "./case.ts";
import { EXCEL_CASES } from "./excel/index.ts";
import { runCases } from "./run-cases.ts";
import { VIDEO_CASES } from "./video/index.ts";

const CASES: readonly Case[] = [...VIDEO_CASES, ...EXCEL_CASES];
const USAGE = "npm run cases -- [video|excel|V3|NAME…] [--again] [--list]";

const { values, positionals } = readCommandLine(USAGE, {
  allowPositionals: true,
  options: {
    again: { type: "boolean", default: false },
    list: { type: "boolean", default: false },
    program: { type: "string" },
    label: { type: "string", default: "now" },
  },
});
const chosenBy = ({ name, kind, row }: Case) => [name, kind, row];
const unknown = positionals.filter((word) => !CASES.some((each) => chosenBy(each).includes(word)));
if (unknown.length > 0) badCommandLine(USAGE, `There is no case ${unknown.join(", ")}.`);
const chosen = CASES.filter(
  (each) => positionals.length === 0 || chosenBy(each).some((word) => positionals.includes(word)),
);
if (values.list) {
  for (const { name, row, trait, right } of chosen)
    console.log(`${row.padEnd(4)} ${name.padEnd(28)} ${trait} → ${right}`);
  process.exit(0);
}
const wrong = await runCases(CASES, chosen, values);
process.exit(wrong === 0 ? 0 : 1);

import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Case } from "../case.ts";
import { readRecords, type CaseRecord } from "./case-record.ts";

const FILE = fileURLToPath(new URL("../../../docs/reports/cases.md", import.meta.url));

/** Writes the page that people read, from the records. */
export function writeReport(cases: readonly Case[]): void {
  writeFileSync(FILE, pageOf(cases, readRecords()));
}

function pageOf(cases: readonly Case[], records: readonly CaseRecord[]): string {
  const find = (name: string, label: string) =>
    records.find((each) => each.name === name && each.label === label);
  const parts = (["video", "excel"] as const).map((kind) => {
    const rows = cases
      .filter((each) => each.kind === kind)
      .map(({ name, row, trait, right }) => {
        const [before, now] = [find(name, "before"), find(name, "now")];
        return `| ${row} | \`${name}\` | ${plain(trait)} | ${seenIn(before)} | ${seenIn(now)} | ${plain(right)} |`;
      });
    return [
      `## ${kind === "video" ? "Video" : "Excel"}`,
      "",
      ...counts(records, kind),
      "",
      HEAD,
      ...rows,
      "",
    ];
  });
  return [
    "# Cases",
    "",
    "Written by `npm run cases`: each line is a file that was made, submitted to the real program and, where it became a video,",
    "played to its end in Chromium. What is wrong stands behind a ✗; a case that was not run has an empty place.",
    "",
    ...parts.flat(),
  ].join("\n");
}

const HEAD = "| row | case | trait | before | now | right |\n|---|---|---|---|---|---|";

function counts(records: readonly CaseRecord[], kind: Case["kind"]): string[] {
  return ["before", "now"].flatMap((label) => {
    const of = records.filter((each) => each.label === label && each.kind === kind);
    if (of.length === 0) return [];
    const right = of.filter(({ wrong }) => wrong.length === 0).length;
    const commits = [...new Set(of.map(({ commit, dirty }) => commit + (dirty ? " and changes" : "")))];
    return [`${label}: **${right} right, ${of.length - right} wrong** (commit ${commits.join(", ")})`, ""];
  });
}

function seenIn(record: CaseRecord | undefined): string {
  if (record === undefined) return "";
  return record.wrong.length === 0
    ? plain(record.now)
    : `✗ ${plain(record.now)}: ${plain(record.wrong.join("; "))}`;
}

function plain(text: string): string {
  return text.replace(/\s+/g, " ").replaceAll("|", "\\|").replaceAll("<", "&lt;");
}

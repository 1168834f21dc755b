import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Case, Seen } from "../case.ts";

/** What a case left in the report. */
export interface CaseRecord extends Pick<Case, "name" | "kind" | "row" | "trait" | "right">, Seen {
  /** `now`, or `before` for an older build. */
  readonly label: string;
  readonly commit: string;
  /** Whether the tree differed from the commit. */
  readonly dirty: boolean;
  readonly seconds: number;
}

const FILE = fileURLToPath(new URL("../../../docs/reports/cases.json", import.meta.url));

export function readRecords(): readonly CaseRecord[] {
  try {
    return JSON.parse(readFileSync(FILE, "utf8")) as CaseRecord[];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

/** Adds a record in place of the case's last one of that label; one line each, sorted, so that two people's merge. */
export function addRecord(record: CaseRecord): void {
  const others = readRecords().filter(({ name, label }) => name !== record.name || label !== record.label);
  const key = ({ kind, name, label }: CaseRecord) => `${kind} ${name} ${label}`;
  const lines = [...others, record]
    .sort((a, b) => (key(a) < key(b) ? -1 : 1))
    .map((each) => JSON.stringify(each));
  mkdirSync(dirname(FILE), { recursive: true });
  writeFileSync(FILE, `[\n${lines.join(",\n")}\n]\n`);
}

/** The commit that a build was made of. @param program its file; default: this checkout's. */
export function commitNow(program?: string): { commit: string; dirty: boolean } {
  const cwd = program === undefined ? process.cwd() : dirname(resolve(program));
  const git = (...args: string[]): string => execFileSync("git", args, { encoding: "utf8", cwd }).trim();
  const root = git("rev-parse", "--show-toplevel");
  const changed = git("-C", root, "status", "--porcelain", "--untracked-files=no", "--", "packages", "apps");
  return { commit: git("rev-parse", "--short=10", "HEAD"), dirty: changed !== "" };
}

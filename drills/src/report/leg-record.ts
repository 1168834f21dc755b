import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import type { Invariant, LegResult } from "../drill.ts";

/** What a finished leg left in the report. */
export interface LegRecord {
  readonly drill: string;
  readonly seed: string;
  readonly leg: number;
  readonly commit: string;
  /** Whether the tree differed from the commit. */
  readonly dirty: boolean;
  /** ISO 8601. */
  readonly endedAt: string;
  readonly seconds: number;
  readonly load: number;
  /** The machine's load average over five minutes at the leg's end: above the cores, others were at work, too. */
  readonly machineLoad?: number;
  readonly faults: number;
  readonly jobs: number;
  readonly observations: number;
  readonly violations: Readonly<Partial<Record<Invariant, number>>>;
  readonly slowestRecoveryMs: number | null;
  readonly figures: Readonly<Record<string, string | number>>;
}

const FILE = fileURLToPath(new URL("../../../docs/reports/drills.json", import.meta.url));

/** All legs of all drills so far. */
export function readLegs(): readonly LegRecord[] {
  try {
    return JSON.parse(readFileSync(FILE, "utf8")) as LegRecord[];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

/** Adds a leg; one line each, so that two people's legs merge. */
export function addLeg(record: LegRecord): void {
  const legs = [...readLegs(), record];
  mkdirSync(dirname(FILE), { recursive: true });
  writeFileSync(FILE, `[\n${legs.map((each) => JSON.stringify(each)).join(",\n")}\n]\n`);
}

export interface RanAs {
  readonly drill: string;
  readonly seed: string;
  readonly leg: number;
  readonly load: number;
  readonly seconds: number;
}

export function toRecord(ranAs: RanAs, result: LegResult): LegRecord {
  const violations: Partial<Record<Invariant, number>> = {};
  for (const { invariant } of result.violations) violations[invariant] = (violations[invariant] ?? 0) + 1;
  return {
    ...ranAs,
    ...commitNow(),
    endedAt: new Date().toISOString(),
    machineLoad: Math.round((loadavg()[1] ?? 0) * 10) / 10,
    faults: result.faults,
    jobs: result.jobs,
    observations: result.observations,
    violations,
    slowestRecoveryMs: result.slowestRecoveryMs === null ? null : Math.round(result.slowestRecoveryMs),
    figures: result.figures ?? {},
  };
}

function commitNow(): { commit: string; dirty: boolean } {
  const git = (...args: string[]): string => execFileSync("git", args, { encoding: "utf8" }).trim();
  const changed = git(
    "status",
    "--porcelain",
    "--untracked-files=no",
    "--",
    "packages",
    "apps",
    "drills/src",
  );
  return { commit: git("rev-parse", "--short=10", "HEAD"), dirty: changed !== "" };
}

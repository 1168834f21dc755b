import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { INVARIANTS, type Drill } from "../drill.ts";
import { readLegs, type LegRecord } from "./leg-record.ts";

const FILE = fileURLToPath(new URL("../../../docs/reports/drills.md", import.meta.url));

/** Writes the page that people read, from the legs. */
export function writeReport(drills: readonly Drill[]): void {
  const legs = readLegs();
  writeFileSync(FILE, pageOf(drills, legs));
}

function pageOf(drills: readonly Drill[], legs: readonly LegRecord[]): string {
  const sum = (of: readonly LegRecord[], what: "faults" | "jobs" | "observations"): number =>
    of.reduce((total, leg) => total + leg[what], 0);
  const faulty = legs.filter(({ drill }) =>
    drills.some(({ id, injectsFaults }) => id === drill && injectsFaults),
  );
  const slowest = Math.max(0, ...legs.map(({ slowestRecoveryMs }) => slowestRecoveryMs ?? 0));
  const bad = legs.reduce((total, leg) => total + countViolations(leg), 0);
  return `# Drills

Written by \`npm run drills\`; every line of it comes from a leg that ran to its end, with its seed and commit in
[drills.json](drills.json). One leg again: \`npm run drills -- --only T1 --seed SEED --again\`.
What went wrong on the way here, and what mended it: [found](found.md).

**${figure(sum(faulty, "faults"))} faults injected, ${figure(sum(legs, "jobs"))} jobs, ${figure(sum(legs, "observations"))} observations:
${bad === 0 ? "0 violations" : `**${bad} violations**`}; slowest recovery ${(slowest / 1_000).toFixed(1)} s.**

Load is a share of 200 jobs a second and 1,000 watchers; intervals are scaled to seconds (lease 3 s). Machine: 2 cores; where
its own load (the average of five minutes at the leg's end) is far above 2, it was busy with other work, too.

| drill | what happens | volume done / full | legs | jobs | observations | violations | slowest recovery | promised |
|---|---|---|---|---|---|---|---|---|
${drills
  .map((drill) =>
    row(
      drill,
      legs.filter((leg) => leg.drill === drill.id),
    ),
  )
  .join("\n")}

## Figures

| drill | leg | commit | seed | load | machine | s | figures |
|---|---|---|---|---|---|---|---|
${legs.map(figuresRow).join("\n")}
`;
}

function row(drill: Drill, legs: readonly LegRecord[]): string {
  const total = (what: "faults" | "jobs" | "observations"): number =>
    legs.reduce((sum, leg) => sum + leg[what], 0);
  const slowest = legs.flatMap(({ slowestRecoveryMs }) => slowestRecoveryMs ?? []);
  const broken = INVARIANTS.flatMap((invariant) => {
    const count = legs.reduce((sum, leg) => sum + (leg.violations[invariant] ?? 0), 0);
    return count === 0 ? [] : [`${invariant} × ${count}`];
  });
  return `| ${[
    drill.id,
    drill.title,
    `${figure(total("faults"))} / ${figure(drill.fullVolume)}`,
    legs.length,
    figure(total("jobs")),
    figure(total("observations")),
    broken.length === 0 ? "0" : broken.join(", "),
    slowest.length === 0 ? "–" : `${(Math.max(...slowest) / 1_000).toFixed(2)} s`,
    drill.bound,
  ].join(" | ")} |`;
}

function figuresRow(leg: LegRecord): string {
  const figures = Object.entries(leg.figures).map(([name, value]) => `${name} ${value}`);
  const commit = leg.dirty ? `${leg.commit}+` : leg.commit;
  return `| ${[leg.drill, leg.leg, commit, leg.seed, leg.load, leg.machineLoad ?? "", Math.round(leg.seconds), figures.join(" · ")].join(" | ")} |`;
}

function countViolations({ violations }: LegRecord): number {
  return Object.values(violations).reduce((sum, count) => sum + count, 0);
}

function figure(value: number): string {
  return value.toLocaleString("en-US");
}

import { mkdirSync, writeFileSync } from "node:fs";
import type { Drill, LegResult } from "./drill.ts";
import { seededRandom } from "./random.ts";
import { addLeg, readLegs, toRecord } from "./report/leg-record.ts";

export interface RunOptions {
  /** Share of the full volume, above 0. */
  readonly volume: number;
  readonly seed: string;
  readonly load: number;
  /** Counts from nothing, as if this seed had never been run. */
  readonly again: boolean;
}

const FINDINGS = "build/drills";
/** Findings are kept whole in a file; so many are shown. */
const SHOWN = 20;

/** Runs what is left of a drill at this seed, leg by leg; each is in the report as soon as it ends. @returns violations. */
export async function runDrill(drill: Drill, options: RunOptions): Promise<number> {
  const { volume, seed, load, again } = options;
  const wanted = Math.max(1, Math.round(drill.fullVolume * volume));
  const before = again ? [] : readLegs().filter((leg) => leg.drill === drill.id && leg.seed === seed);
  let done = before.reduce((sum, { faults }) => sum + faults, 0);
  let found = 0;
  if (done >= wanted) say(drill, `${done} of ${wanted} were done at seed ${seed}; nothing is left`);
  for (let leg = before.length + 1; done < wanted; leg++) {
    const legVolume = Math.min(drill.legVolume, wanted - done);
    say(drill, `leg ${leg} at seed ${seed}: ${legVolume} of ${wanted - done} that are left`);
    const startedAtMs = performance.now();
    const result = await drill.leg({
      volume: legVolume,
      load,
      random: seededRandom(`${seed}/${drill.id}/${leg}`),
      say: (sentence) => say(drill, sentence),
    });
    const seconds = (performance.now() - startedAtMs) / 1_000;
    addLeg(toRecord({ drill: drill.id, seed, leg, load, seconds }, result));
    keepFindings(drill, `${seed}-${leg}`, result);
    done += result.faults;
    found += result.violations.length;
  }
  return found;
}

function keepFindings(
  drill: Drill,
  name: string,
  { violations, faults, slowestRecoveryMs }: LegResult,
): void {
  say(
    drill,
    `leg done: ${faults} faults, ${violations.length} violations, slowest recovery ${Math.round(slowestRecoveryMs ?? 0)} ms`,
  );
  if (violations.length === 0) return;
  mkdirSync(FINDINGS, { recursive: true });
  const file = `${FINDINGS}/${drill.id}-${name}.txt`;
  const lines = violations.map(({ invariant, what }) => `${invariant} ${what}`);
  writeFileSync(file, `${lines.join("\n")}\n`);
  for (const line of lines.slice(0, SHOWN)) console.error(line);
  console.error(`all ${lines.length} are in ${file}`);
}

function say({ id }: Drill, sentence: string): void {
  console.log(`${new Date().toISOString().slice(11, 19)} ${id} ${sentence}`);
}

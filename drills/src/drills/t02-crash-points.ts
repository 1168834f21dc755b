import type { CrashPointName } from "@statusplane/core";
import { ALL_POINTS, BOUND_MS, crashLeg } from "../crash/crash-leg.ts";
import { pointRounds, shuffled } from "../crash/point-rounds.ts";
import { losesData } from "../crash/scenarios.ts";
import type { Drill, LegOptions, LegResult } from "../drill.ts";
import type { Random } from "../random.ts";

const TIMES_EACH = 100;
const PASSES_OF_A_LEG = 2;

/** A process dies at each named crash point; in a leg each point has its turn twice. */
export const t2: Drill = {
  id: "T2",
  title: "kill −9 at each named crash point of api, worker and reconciler",
  fullVolume: TIMES_EACH * ALL_POINTS.length,
  legVolume: PASSES_OF_A_LEG * ALL_POINTS.length,
  injectsFaults: true,
  bound: "100 % of points hit; agrees again ≤ lease + 15 s (scaled: 12 s, many at once)",
  boundMs: BOUND_MS,
  leg,
};

/** Raw pollers may see a step back only where the status store lost data: those points have a fleet of their own. */
async function leg(options: LegOptions): Promise<LegResult> {
  const random = options.random.fork("points");
  const passes = passesOf(options.volume, random);
  const parts: LegResult[] = [];
  for (const dataIsLost of [false, true]) {
    const rounds = passes.flatMap((names) =>
      pointRounds(
        names.filter((name) => losesData(name) === dataIsLost),
        random,
      ),
    );
    if (rounds.length > 0) parts.push(await crashLeg({ options, rounds, dataIsLost }));
  }
  return merge(parts);
}

/** Every point once per pass; the last pass may be some of them. */
function passesOf(volume: number, random: Random): readonly (readonly CrashPointName[])[] {
  const passes: (readonly CrashPointName[])[] = [];
  for (let left = volume; left > 0; left -= ALL_POINTS.length) {
    passes.push(shuffled(ALL_POINTS, random).slice(0, left));
  }
  return passes;
}

function merge(parts: readonly LegResult[]): LegResult {
  const sum = (what: "faults" | "jobs" | "observations"): number =>
    parts.reduce((total, part) => total + part[what], 0);
  const figure = (name: string): number =>
    parts.reduce((total, { figures }) => total + Number(figures?.[name]), 0);
  return {
    faults: sum("faults"),
    jobs: sum("jobs"),
    observations: sum("observations"),
    violations: parts.flatMap(({ violations }) => violations),
    slowestRecoveryMs: Math.max(...parts.map(({ slowestRecoveryMs }) => slowestRecoveryMs ?? 0)),
    figures: {
      points_hit: figure("points_hit"), // the parts have no point in common
      points_total: ALL_POINTS.length,
      outputs_left_to_the_collector: figure("outputs_left_to_the_collector"),
      late_shutdowns: figure("late_shutdowns"),
    },
  };
}

import type { Drill, LegResult } from "../drill.ts";
import { viewLeg } from "../views/view-leg.ts";

/** Half of the faults with an append-only file, whose last second a power cut takes; half without one. */
export const t29: Drill = {
  id: "T29",
  title:
    "videos are watched while api, flusher, Redis and Postgres are killed at any moment and at each point of a flush",
  fullVolume: 1_000,
  legVolume: 50,
  injectsFaults: true,
  bound:
    "I12; what was acknowledged longer than one flush ago is kept (with an append-only file all but its last second)",
  boundMs: null,
  async leg(options) {
    const volume = Math.ceil(options.volume / 2);
    const parts: LegResult[] = [];
    for (const appendOnly of [true, false]) {
      const random = options.random.fork(appendOnly ? "with" : "without");
      parts.push(await viewLeg({ ...options, volume, random, appendOnly }));
    }
    return merge(parts);
  },
};

function merge(parts: readonly LegResult[]): LegResult {
  const sum = (what: "faults" | "jobs" | "observations"): number =>
    parts.reduce((total, part) => total + part[what], 0);
  const figures: Record<string, number> = {};
  for (const [name, value] of parts.flatMap((part) => Object.entries(part.figures ?? {})))
    figures[name] = (figures[name] ?? 0) + Number(value);
  return {
    faults: sum("faults"),
    jobs: sum("jobs"),
    observations: sum("observations"),
    violations: parts.flatMap(({ violations }) => violations),
    slowestRecoveryMs: null,
    figures,
  };
}

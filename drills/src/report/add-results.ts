import type { LegResult } from "../drill.ts";

/** Two parts of one leg, as one. */
export function addResults(a: LegResult, b: LegResult): LegResult {
  const slowest = [a.slowestRecoveryMs, b.slowestRecoveryMs].filter((each) => each !== null);
  return {
    faults: a.faults + b.faults,
    jobs: a.jobs + b.jobs,
    observations: a.observations + b.observations,
    violations: [...a.violations, ...b.violations],
    slowestRecoveryMs: slowest.length === 0 ? null : Math.max(...slowest),
    figures: { ...a.figures, ...b.figures },
  };
}

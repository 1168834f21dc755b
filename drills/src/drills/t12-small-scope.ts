import { CHECKS_FILE, MODEL_FILE } from "../../../scripts/check-model.ts";
import { ModelChecker } from "../../../scripts/model-checker.ts";
import { readChecks, type ModelCheck } from "../../../scripts/model-checks.ts";
import type { Drill, LegOptions, LegResult, Violation } from "../drill.ts";
import { checkSchedules } from "../schedules/check-schedules.ts";
import type { Scope } from "../schedules/schedule.ts";
import { MemoryScheduledStore } from "../schedules/scheduled-store.ts";

/** Each is carried out whole; `schedules` is how many it has. */
const SCOPES: readonly (Scope & { readonly schedules: number })[] = [
  { attempts: 2, repeats: 1, losses: 1, schedules: 33_088 },
  { attempts: 2, repeats: 2, losses: 1, schedules: 847_963 },
  { attempts: 3, repeats: 0, losses: 1, schedules: 849_518 },
  { attempts: 3, repeats: 1, losses: 0, schedules: 2_702_700 },
];
const FULL_VOLUME = SCOPES.reduce((sum, { schedules }) => sum + schedules, 0);
const SAY_EVERY = 250_000;

/**
 * Nothing is sampled: spin searches every state of the model (its quick set; at full volume all of it), and the memory
 * store carries out every schedule of the scopes, the smallest first, until the volume is reached.
 */
export const t12: Drill = {
  id: "T12",
  title: "every state of the model, every schedule of a small scope on the memory store",
  fullVolume: FULL_VOLUME,
  legVolume: FULL_VOLUME,
  injectsFaults: false,
  bound: "all properties",
  boundMs: null,
  leg,
};

async function leg({ volume, say }: LegOptions): Promise<LegResult> {
  const model = await searchModel(volume >= FULL_VOLUME ? "full" : "quick", say);
  const store = new MemoryScheduledStore();
  const violations: Violation[] = [...model.violations];
  let schedules = 0;
  let steps = 0;
  const startedAtMs = performance.now();
  for (const { schedules: expected, ...scope } of SCOPES) {
    if (schedules >= volume) break;
    const before = schedules;
    const onBreath = (done: number): void => {
      if (done % SAY_EVERY === 0) say(`${before + done} schedules`);
    };
    const seen = await checkSchedules({ store, ...scope, onBreath });
    schedules += seen.schedules;
    steps += seen.steps;
    violations.push(...seen.violations.map(toViolation));
    if (seen.schedules !== expected) {
      throw new Error(`the scope has ${seen.schedules} schedules, not ${expected}: its volume is another`);
    }
  }
  const minutes = (performance.now() - startedAtMs) / 60_000;
  return {
    faults: schedules,
    jobs: 0, // nothing is submitted
    observations: steps,
    violations,
    slowestRecoveryMs: null,
    figures: { ...model.figures, schedules_per_minute: Math.round(schedules / minutes) },
  };
}

interface ModelSeen {
  readonly violations: readonly Violation[];
  readonly figures: Readonly<Record<string, number>>;
}

async function searchModel(set: ModelCheck["set"], say: LegOptions["say"]): Promise<ModelSeen> {
  const checks = readChecks(CHECKS_FILE).filter((check) => set === "full" || check.set === "quick");
  const violations: Violation[] = [];
  let states = 0;
  await using checker = new ModelChecker(MODEL_FILE);
  for (const check of checks) {
    const { outcome, states: searched } = await checker.check(check);
    states += searched;
    if (outcome === check.expected) continue;
    const what = `model: ${check.variant}, ${check.property}: ${outcome}, not ${check.expected}`;
    violations.push({ invariant: "I1", what });
  }
  say(`${checks.length} checks of the model, ${states} states, ${violations.length} unexpected`);
  return { violations, figures: { model_checks: checks.length, model_states: states } };
}

function toViolation(what: string): Violation {
  return { invariant: /TTL|its life/.test(what) ? "I2" : "I1", what };
}

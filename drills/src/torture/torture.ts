import type { Drill } from "../drill.ts";
import { tortureLeg } from "./torture-leg.ts";

/** Faults at once: with three, something is broken nearly always. */
const AT_ONCE = 3;
/** The aim over all runs. */
const FAULTS = 1_000;

export interface Torture {
  /** How long faults go on, seconds. */
  readonly seconds: number;
  /** Whether Redis may lose data. */
  readonly losesData: boolean;
}

/** The torture as runner and report take it: one leg, however many faults it has. */
export function torture(options: Torture): Drill {
  return {
    id: "torture",
    title: "a mix of everything: kills, pauses, cuts, cancels, retries, three at once",
    fullVolume: FAULTS,
    legVolume: FAULTS,
    injectsFaults: true,
    bound: "nothing lost, nothing seen to go back, all equal after the calm",
    boundMs: null,
    leg: (leg) => tortureLeg({ ...leg, ...options, atOnce: AT_ONCE }),
  };
}

import type { Random } from "./random.ts";

/** What must hold whatever fails; the words of the invariants are in docs/faults.md. */
export const INVARIANTS = [
  "I1",
  "I2",
  "I3",
  "I4",
  "I5",
  "I6",
  "I7",
  "I8",
  "I9",
  "I10",
  "I11",
  "I12",
] as const;
export type Invariant = (typeof INVARIANTS)[number];

/** One breach of an invariant, with the lines of the history that show it. */
export interface Violation {
  readonly invariant: Invariant;
  readonly what: string;
}

/** What one leg of a drill saw. */
export interface LegResult {
  /** Faults that were really injected. */
  readonly faults: number;
  /** Jobs that were submitted and acknowledged. */
  readonly jobs: number;
  /** Snapshots that watchers saw, or replies that were compared. */
  readonly observations: number;
  readonly violations: readonly Violation[];
  /** Slowest recovery after a fault, ms; null where the drill measures none. */
  readonly slowestRecoveryMs: number | null;
  /** Figures of this drill alone, for the report: name → value. */
  readonly figures?: Readonly<Record<string, string | number>>;
}

export interface LegOptions {
  /** Faults (or histories, deliveries, events) of this leg. */
  readonly volume: number;
  readonly random: Random;
  /** Share of the full load, e.g. 0.1 of 200 jobs a second and 1,000 watchers. */
  readonly load: number;
  /** Says how far it is, for the person at the screen. */
  readonly say: (sentence: string) => void;
}

/**
 * One drill of the catalogue. It is carried out in legs: each starts what it needs, injects some faults, checks the whole
 * history and stops everything, so that an interrupted drill goes on with the next leg.
 */
export interface Drill {
  /** `T1` … */
  readonly id: string;
  readonly title: string;
  /** Faults at volume 1. */
  readonly fullVolume: number;
  /** Faults of one leg at most. */
  readonly legVolume: number;
  /** Whether its volume counts faults (or comparisons, deliveries, events). */
  readonly injectsFaults: boolean;
  /** What is promised, for the report. */
  readonly bound: string;
  /** Null: the drill asserts no recovery time. */
  readonly boundMs: number | null;
  leg(options: LegOptions): Promise<LegResult>;
}

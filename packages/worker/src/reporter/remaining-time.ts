import { WorkSpeed } from "./work-speed.ts";

/**
 * A step of at most this share of the heaviest one is there for its name: it takes its moment (opening, tidying up)
 * whether the work is long or short. No time is expected of it.
 */
const BRIEF_SHARE = 0.1;
/** Steps that take less than this in all tell nothing of others. */
const MIN_PACE_MS = 1_500;
/** A step that took less than this share of another's time for its weight cost no time, and weighs nothing. */
const FREE_SHARE = 0.1;
/** A silent step may take this much longer than expected, or as long again, before nobody can tell. */
const MAX_OVERRUN_MS = 10_000;

interface Weighed {
  /** > 0. */
  readonly weight: number;
}

interface Sizes {
  readonly current: number;
  readonly perWeight: number;
}

interface Timed extends Weighed {
  readonly ms: number;
}

/**
 * How long an attempt still takes, from what its steps really take: the step of now by its own {@link WorkSpeed}, those
 * to come by their weights at the pace of those that cost time. A quick step says nothing of a slow one's speed. Times
 * are monotonic milliseconds.
 */
export class RemainingTime {
  readonly #steps: readonly Weighed[];
  readonly #briefWeight: number;
  readonly #isResumed: boolean;
  #current = -1;
  #beganAtMs: number;
  #speed: WorkSpeed;
  /** Long steps that are over. */
  readonly #over: Timed[] = [];

  constructor(steps: readonly Weighed[], startedAtMs: number, isResumed: boolean) {
    this.#steps = steps;
    this.#briefWeight = Math.max(0, ...steps.map(({ weight }) => weight)) * BRIEF_SHARE;
    this.#isResumed = isResumed;
    this.#beganAtMs = startedAtMs;
    this.#speed = this.#newSpeed(startedAtMs);
  }

  /** The step of that index begins, so the one before it is over. */
  begin(index: number, nowMs: number): void {
    const before = this.#steps[this.#current];
    if (before !== undefined && !this.#isBrief(before)) {
      this.#over.push({ weight: before.weight, ms: Math.max(0, nowMs - this.#beganAtMs) });
    }
    this.#current = index;
    this.#beganAtMs = nowMs;
    this.#speed = this.#newSpeed(nowMs);
  }

  /** @param percent 0–100 of the step of now (of the attempt where there is none). */
  heard(percent: number, nowMs: number): void {
    this.#speed.heard(percent, nowMs);
  }

  /** The step of now began its work again. */
  again(nowMs: number): void {
    this.#speed = this.#newSpeed(nowMs);
  }

  /** @returns ms ≥ 0; null while it means nothing. */
  remainingMs(nowMs: number): number | null {
    const ownMs = this.#speed.remainingMs(nowMs);
    const current = this.#steps[this.#current];
    if (current === undefined) return ownMs;
    const spentMs = Math.max(0, nowMs - this.#beganAtMs);
    const pace = this.#msPerWeight(current, ownMs, spentMs);
    const restMs = ownMs ?? this.#expectedRestMs(current, pace, spentMs);
    const laterWeight = this.weightFrom(this.#current + 1);
    if (restMs === null || (laterWeight > 0 && pace === null)) return null;
    return restMs + laterWeight * (pace ?? 0);
  }

  /** Of what is still to do: how large the step of now is as a whole, and one weight of those to come. @param percent of the step of now. */
  sizes(percent: number, nowMs: number): Sizes {
    const current = this.#steps[this.#current];
    if (current === undefined) return { current: this.#steps.length === 0 ? 1 : 0, perWeight: 1 };
    const ownMs = this.#speed.remainingMs(nowMs);
    const pace = this.#msPerWeight(current, ownMs, Math.max(0, nowMs - this.#beganAtMs));
    if (pace === null) return { current: this.#costed(current), perWeight: 1 };
    if (ownMs === null || percent >= 100) return { current: this.#costed(current) * pace, perWeight: pace };
    return { current: ownMs / (1 - percent / 100), perWeight: pace };
  }

  /** Weight of the steps from that index on; a brief one has none. */
  weightFrom(index: number): number {
    return this.#steps.slice(index).reduce((sum, step) => sum + this.#costed(step), 0);
  }

  /** A step that says nothing of its own. */
  #expectedRestMs(current: Weighed, pace: number | null, spentMs: number): number | null {
    const expectedMs = this.#isBrief(current) ? 0 : pace === null ? null : pace * current.weight;
    if (expectedMs === null || spentMs > expectedMs + Math.max(MAX_OVERRUN_MS, expectedMs)) return null;
    return Math.max(0, expectedMs - spentMs);
  }

  /** By all that is known of long steps: those that are over, and the one of now once its speed means something. */
  #msPerWeight(current: Weighed, ownMs: number | null, spentMs: number): number | null {
    const spent = { weight: current.weight, ms: spentMs };
    if (ownMs !== null && !this.#isBrief(current)) {
      return paceOf([...this.#over, { ...spent, ms: spentMs + ownMs }]);
    }
    const pace = paceOf(this.#over);
    if (pace === null || this.#isBrief(current)) return pace;
    return spentMs <= pace * current.weight ? pace : paceOf([...this.#over, spent]);
  }

  #newSpeed(nowMs: number): WorkSpeed {
    return new WorkSpeed(nowMs, { isResumed: this.#isResumed });
  }

  #costed(step: Weighed): number {
    return this.#isBrief(step) ? 0 : step.weight;
  }

  #isBrief({ weight }: Weighed): boolean {
    return weight <= this.#briefWeight;
  }
}

/** Ms per weight of the steps that cost time; null where that is too little to tell. */
function paceOf(steps: readonly Timed[]): number | null {
  const slowest = Math.max(0, ...steps.map(({ ms, weight }) => ms / weight));
  const costly = steps.filter(({ ms, weight }) => ms / weight >= slowest * FREE_SHARE);
  const ms = costly.reduce((sum, step) => sum + step.ms, 0);
  return ms < MIN_PACE_MS ? null : ms / costly.reduce((sum, { weight }) => sum + weight, 0);
}

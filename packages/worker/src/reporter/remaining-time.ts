import { EtaEstimator } from "@statusplane/core";

/**
 * A step of at most this share of all weights is there for the bar: it takes its moment (opening, tidying up) whether
 * the work is long or short. No time is expected of it; what that leaves out is no more than this share.
 */
const BRIEF_SHARE = 0.05;

interface Weighed {
  /** > 0. */
  readonly weight: number;
}

/**
 * How long an attempt still takes, from what its steps really take: the step of now by its own speed, those to come at
 * the pace of those that were. A quick step says nothing of a slow one's speed. Times are monotonic milliseconds.
 */
export class RemainingTime {
  readonly #steps: readonly Weighed[];
  readonly #briefWeight: number;
  #current = -1;
  #beganAtMs: number;
  #eta: EtaEstimator;
  /** Of the steps that are over, brief ones left out. */
  #over = { ms: 0, weight: 0 };

  constructor(steps: readonly Weighed[], startedAtMs: number) {
    this.#steps = steps;
    this.#briefWeight = steps.reduce((sum, { weight }) => sum + weight, 0) * BRIEF_SHARE;
    this.#beganAtMs = startedAtMs;
    this.#eta = new EtaEstimator(startedAtMs);
  }

  /** The step of that index begins, so the one before it is over. */
  begin(index: number, nowMs: number): void {
    const before = this.#steps[this.#current];
    if (before !== undefined && !this.#isBrief(before)) {
      this.#over = {
        ms: this.#over.ms + nowMs - this.#beganAtMs,
        weight: this.#over.weight + before.weight,
      };
    }
    this.#current = index;
    this.#beganAtMs = nowMs;
    this.#eta = new EtaEstimator(nowMs);
  }

  /** @param stepPercent 0–100 of the step of now. @returns whole seconds, at least 1; null until it means something. */
  seconds(stepPercent: number, nowMs: number): number | null {
    const ownSeconds = this.#eta.remainingSeconds(stepPercent, nowMs);
    const current = this.#steps[this.#current];
    if (current === undefined) return ownSeconds;
    const ownMs = ownSeconds === null ? null : ownSeconds * 1_000;
    const pace = this.#msPerWeight(current, ownMs, nowMs);
    const later = this.#steps.slice(this.#current + 1).filter((step) => !this.#isBrief(step));
    const laterMs = later.length === 0 ? 0 : msOf(later, pace);
    const restMs = ownMs ?? (this.#isBrief(current) ? 0 : msOf([current], pace, 1 - stepPercent / 100));
    if (restMs === null || laterMs === null) return null;
    return Math.max(1, Math.ceil((restMs + laterMs) / 1_000));
  }

  /** By all that is known of long steps: those that are over, and the one of now once its speed means something. */
  #msPerWeight(current: Weighed, ownMs: number | null, nowMs: number): number | null {
    const counts = ownMs !== null && !this.#isBrief(current);
    const ms = this.#over.ms + (counts ? nowMs - this.#beganAtMs + ownMs : 0);
    const weight = this.#over.weight + (counts ? current.weight : 0);
    return weight === 0 ? null : ms / weight;
  }

  #isBrief({ weight }: Weighed): boolean {
    return weight <= this.#briefWeight;
  }
}

function msOf(steps: readonly Weighed[], msPerWeight: number | null, share = 1): number | null {
  if (msPerWeight === null) return null;
  return steps.reduce((sum, { weight }) => sum + weight, 0) * msPerWeight * share;
}

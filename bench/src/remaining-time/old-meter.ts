import type { Progress, Step } from "@statusplane/core";
import type { StepDefinition } from "@statusplane/worker";

/*
 * The meter as it was before the running step's own speed counted: kept so that the bench can say what the present one
 * is worth. Nothing but the bench may use it.
 */

/** Nothing is said before this much has passed: an early guess is noise. */
const MIN_PERCENT = 3;
const MIN_ELAPSED_MS = 2_000;
/** Weight of the newest observation of speed, per second of its span. */
const SMOOTHING_PER_SECOND = 0.15;

/**
 * Remaining seconds of one piece of work (a step, or an attempt without steps) from its own speed: an exponentially
 * smoothed percent per ms. What is there at its start, as after a resume, is no speed. Times are monotonic milliseconds.
 */
class EtaEstimator {
  readonly #startedAtMs: number;
  /** Where the speed is measured from. */
  #base: { readonly atMs: number; readonly percent: number };
  #lastAtMs: number;
  #lastPercent = 0;
  #percentPerMs: number | null = null;

  constructor(startedAtMs: number) {
    this.#startedAtMs = startedAtMs;
    this.#lastAtMs = startedAtMs;
    this.#base = { atMs: startedAtMs, percent: 0 };
  }

  /** @param percent 0–100 of the whole. @returns whole seconds, null until it means something. */
  remainingSeconds(percent: number, nowMs: number): number | null {
    this.#observe(percent, nowMs);
    if (percent >= 100) return 0;
    if (percent < MIN_PERCENT || nowMs - this.#startedAtMs < MIN_ELAPSED_MS) return null;
    if (this.#percentPerMs === null || this.#percentPerMs <= 0) return null;
    const sinceMs = nowMs - this.#lastAtMs;
    return Math.max(1, Math.ceil(((100 - percent) / this.#percentPerMs - sinceMs) / 1_000));
  }

  #observe(percent: number, nowMs: number): void {
    const spanMs = nowMs - this.#lastAtMs;
    if (percent <= this.#lastPercent || spanMs <= 0) return;
    if (nowMs - this.#startedAtMs < MIN_ELAPSED_MS) {
      this.#base = { atMs: nowMs, percent };
    } else {
      const speed = (percent - this.#lastPercent) / spanMs;
      const average = (percent - this.#base.percent) / (nowMs - this.#base.atMs);
      const weight = 1 - (1 - SMOOTHING_PER_SECOND) ** (spanMs / 1_000);
      this.#percentPerMs = (this.#percentPerMs ?? average) * (1 - weight) + speed * weight;
    }
    this.#lastAtMs = nowMs;
    this.#lastPercent = percent;
  }
}

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
class RemainingTime {
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

/** 100 belongs to the end: while running a job is shown at 99 % at most. */
const MAX_RUNNING_PERCENT = 99;

/**
 * From "40 % of the step `parse`" to percent of the whole by the steps' weights, and to remaining seconds by what the
 * steps really take. The percent is a whole number 0–99 and never decreases. One meter per attempt.
 */
export class OldMeter {
  readonly #steps: readonly Required<StepDefinition>[];
  readonly #totalWeight: number;
  readonly #remaining: RemainingTime;
  /** Monotonic ms: what was read last. */
  #seenAtMs: number;
  /** Index of the current step; −1 before the first. */
  #current = -1;
  #stepPercent = 0;
  /** Percent of the whole, with its fraction. */
  #percent = 0;

  /** @param startedAtMs monotonic ms. */
  constructor(steps: readonly Required<StepDefinition>[], startedAtMs: number) {
    this.#steps = steps;
    this.#totalWeight = steps.reduce((sum, step) => sum + step.weight, 0);
    this.#remaining = new RemainingTime(steps, startedAtMs);
    this.#seenAtMs = startedAtMs;
  }

  /** Begins a step. @param nowMs monotonic ms, default: when it was read last. @returns whether there is one of that key. */
  step(key: string, nowMs = this.#seenAtMs): boolean {
    const index = this.#steps.findIndex((step) => step.key === key);
    if (index < 0) return false;
    if (index !== this.#current) this.#begin(index, nowMs);
    return true;
  }

  /** @param percent 0–100 of the current step; what is no number is ignored. Before the first step it begins that one. */
  progress(percent: number): void {
    if (Number.isNaN(percent)) return;
    if (this.#current < 0 && this.#steps.length > 0) this.#begin(0, this.#seenAtMs);
    this.#stepPercent = Math.max(this.#stepPercent, Math.min(100, Math.max(0, percent)));
    this.#rise();
  }

  /** The visible progress at this time. @param nowMs monotonic ms. */
  read(nowMs: number): Progress {
    return {
      percent: Math.min(MAX_RUNNING_PERCENT, Math.floor(this.#percent)),
      remainingSeconds: this.remainingSeconds(nowMs),
      step: this.#step(),
    };
  }

  /** Whole seconds, null until it means something. @param nowMs monotonic ms. */
  remainingSeconds(nowMs: number): number | null {
    this.#seenAtMs = nowMs;
    return this.#remaining.seconds(this.#stepPercent, nowMs);
  }

  #begin(index: number, nowMs: number): void {
    this.#current = index;
    this.#stepPercent = 0;
    this.#remaining.begin(index, nowMs);
    this.#rise();
  }

  #rise(): void {
    this.#percent = Math.max(this.#percent, this.#percentOfSteps());
  }

  #percentOfSteps(): number {
    const current = this.#steps[this.#current];
    if (current === undefined) return this.#stepPercent;
    let done = (current.weight * this.#stepPercent) / 100;
    for (const step of this.#steps.slice(0, this.#current)) done += step.weight;
    return (done / this.#totalWeight) * 100;
  }

  #step(): Step | null {
    const current = this.#steps[this.#current];
    if (current === undefined) return null;
    return {
      index: this.#current + 1,
      total: this.#steps.length,
      key: current.key,
      name: current.label.ko,
      percent: Math.floor(this.#stepPercent),
    };
  }
}

import type { Progress, Step, StepTime } from "@statusplane/core";
import type { StepDefinition } from "../define-job.ts";
import { RemainingTime } from "./remaining-time.ts";
import { SteadySeconds } from "./steady-seconds.ts";

/** 100 belongs to the end: while running a job is shown at 99 % at most. */
const MAX_RUNNING_PERCENT = 99;
/** A report below this share of what a step had is no late one: the step does its work again. */
const AGAIN_SHARE = 0.5;
/** Sums of shares end a hair below the whole percent that they mean. */
const ROUNDING_PERCENT = 1e-6;

export interface ProgressMeterOptions {
  /** Monotonic ms. */
  readonly startedAtMs: number;
  /** Whether an earlier attempt may have done a part of the work. Default false. */
  readonly isResumed?: boolean;
}

/**
 * From "40 % of the step `parse`" to percent of the whole and remaining seconds, by what the steps really take. The
 * percent is a whole number 0–99 and never decreases: of what was left of it goes the share that was done of the work
 * that was left, whatever was thought of that work before. So it neither stands nor jumps when a step turns out to be
 * slower than its weight said, and is full when the work is. One meter per attempt.
 */
export class ProgressMeter {
  readonly #steps: readonly Required<StepDefinition>[];
  readonly #remaining: RemainingTime;
  readonly #steady = new SteadySeconds();
  /** Monotonic ms: what was heard of last. */
  #seenAtMs: number;
  /** Index of the current step; −1 before the first. */
  #current = -1;
  #stepPercent = 0;
  /** The part of it that {@link #percent} knows of. */
  #countedStepPercent = 0;
  /** Percent of the whole, with its fraction. */
  #percent = 0;
  /** What the steps before the current one took, by key in the order they began, ms. */
  readonly #tookMs = new Map<string, number>();
  #beganAtMs: number;

  constructor(
    steps: readonly Required<StepDefinition>[],
    { startedAtMs, isResumed = false }: ProgressMeterOptions,
  ) {
    this.#steps = steps;
    this.#remaining = new RemainingTime(steps, startedAtMs, isResumed);
    this.#seenAtMs = startedAtMs;
    this.#beganAtMs = startedAtMs;
  }

  /** Begins a step. @param nowMs monotonic ms, default: when it was read last. @returns whether there is one of that key. */
  step(key: string, nowMs = this.#seenAtMs): boolean {
    const index = this.#steps.findIndex((step) => step.key === key);
    if (index < 0) return false;
    if (index !== this.#current) this.#begin(index, nowMs);
    return true;
  }

  /**
   * @param percent 0–100 of the current step; what is no number is ignored. Before the first step it begins that one.
   * @param nowMs monotonic ms, default: when it was read last.
   */
  progress(percent: number, nowMs = this.#seenAtMs): void {
    if (Number.isNaN(percent)) return;
    this.#seenAtMs = nowMs;
    if (this.#current < 0 && this.#steps.length > 0) this.#begin(0, nowMs);
    const within = Math.min(100, Math.max(0, percent));
    if (within < this.#stepPercent * AGAIN_SHARE) this.#beginAgain(within, nowMs);
    this.#stepPercent = Math.max(this.#stepPercent, within);
    this.#remaining.heard(within, nowMs);
  }

  /** The visible progress at this time. @param nowMs monotonic ms. */
  read(nowMs: number): Progress {
    this.#count(nowMs);
    return {
      percent: Math.min(MAX_RUNNING_PERCENT, Math.floor(this.#percent + ROUNDING_PERCENT)),
      remainingSeconds: this.remainingSeconds(nowMs),
      step: this.#step(),
    };
  }

  /** Whole seconds, null until it means something. @param nowMs monotonic ms. */
  remainingSeconds(nowMs: number): number | null {
    this.#seenAtMs = nowMs;
    return this.#steady.tell(this.#remaining.remainingMs(nowMs), nowMs);
  }

  /** What each step took so far, the current one included. @param nowMs monotonic ms. */
  stepTimes(nowMs: number): readonly StepTime[] {
    const tookMs = new Map(this.#tookMs);
    addTo(tookMs, this.#steps[this.#current], nowMs - this.#beganAtMs);
    return [...tookMs].map(([key, ms]) => ({ key, seconds: Math.round(Math.max(0, ms)) / 1_000 }));
  }

  #begin(index: number, nowMs: number): void {
    this.#count(nowMs);
    addTo(this.#tookMs, this.#steps[this.#current], nowMs - this.#beganAtMs);
    const { current, perWeight } = this.#remaining.sizes(this.#stepPercent, nowMs);
    const before =
      current * (1 - this.#stepPercent / 100) + perWeight * this.#remaining.weightFrom(this.#current + 1);
    this.#rise(before, perWeight * this.#remaining.weightFrom(index));
    this.#beganAtMs = nowMs;
    this.#current = index;
    this.#stepPercent = 0;
    this.#countedStepPercent = 0;
    this.#remaining.begin(index, nowMs);
  }

  #beginAgain(percent: number, nowMs: number): void {
    this.#count(nowMs);
    this.#stepPercent = percent;
    this.#countedStepPercent = percent;
    this.#remaining.again(nowMs);
  }

  /** What was reported since the last time becomes percent of the whole. */
  #count(nowMs: number): void {
    if (this.#stepPercent <= this.#countedStepPercent) return;
    const { current, perWeight } = this.#remaining.sizes(this.#stepPercent, nowMs);
    const later = perWeight * this.#remaining.weightFrom(this.#current + 1);
    const rest = (percent: number): number => current * (1 - percent / 100) + later;
    this.#rise(rest(this.#countedStepPercent), rest(this.#stepPercent));
    this.#countedStepPercent = this.#stepPercent;
  }

  /** @param before what was left to do. @param after what is left now, in the same unit. */
  #rise(before: number, after: number): void {
    if (after < before) this.#percent += (100 - this.#percent) * (1 - after / before);
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

/** A step that is begun again goes on with what it had. */
function addTo(tookMs: Map<string, number>, step: StepDefinition | undefined, ms: number): void {
  if (step !== undefined) tookMs.set(step.key, (tookMs.get(step.key) ?? 0) + ms);
}

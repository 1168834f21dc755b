import type { Progress, Step, StepTime } from "@statusplane/core";
import type { StepDefinition } from "../define-job.ts";
import { RemainingTime } from "./remaining-time.ts";

/** 100 belongs to the end: while running a job is shown at 99 % at most. */
const MAX_RUNNING_PERCENT = 99;

/**
 * From "40 % of the step `parse`" to percent of the whole by the steps' weights, and to remaining seconds by what the
 * steps really take. The percent is a whole number 0–99 and never decreases. One meter per attempt.
 */
export class ProgressMeter {
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
  /** What the steps before the current one took, by key in the order they began, ms. */
  readonly #tookMs = new Map<string, number>();
  #beganAtMs: number;

  /** @param startedAtMs monotonic ms. */
  constructor(steps: readonly Required<StepDefinition>[], startedAtMs: number) {
    this.#steps = steps;
    this.#totalWeight = steps.reduce((sum, step) => sum + step.weight, 0);
    this.#remaining = new RemainingTime(steps, startedAtMs);
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

  /** What each step took so far, the current one included. @param nowMs monotonic ms. */
  stepTimes(nowMs: number): readonly StepTime[] {
    const tookMs = new Map(this.#tookMs);
    addTo(tookMs, this.#steps[this.#current], nowMs - this.#beganAtMs);
    return [...tookMs].map(([key, ms]) => ({ key, seconds: Math.round(Math.max(0, ms)) / 1_000 }));
  }

  #begin(index: number, nowMs: number): void {
    addTo(this.#tookMs, this.#steps[this.#current], nowMs - this.#beganAtMs);
    this.#beganAtMs = nowMs;
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

/** A step that is begun again goes on with what it had. */
function addTo(tookMs: Map<string, number>, step: StepDefinition | undefined, ms: number): void {
  if (step !== undefined) tookMs.set(step.key, (tookMs.get(step.key) ?? 0) + ms);
}

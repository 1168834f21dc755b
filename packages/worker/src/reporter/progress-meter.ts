import { EtaEstimator, type Progress, type Step } from "@statusplane/core";
import type { StepDefinition } from "../define-job.ts";

/** 100 belongs to the end: while running a job is shown at 99 % at most. */
const MAX_RUNNING_PERCENT = 99;

/**
 * From "40 % of the step `parse`" to percent of the whole by the steps' weights, and to remaining seconds by the
 * attempt's own speed. The percent is a whole number 0–99 and never decreases. One meter per attempt.
 */
export class ProgressMeter {
  readonly #steps: readonly Required<StepDefinition>[];
  readonly #totalWeight: number;
  readonly #eta: EtaEstimator;
  /** Index of the current step; −1 before the first. */
  #current = -1;
  #stepPercent = 0;
  /** Percent of the whole, with its fraction. */
  #percent = 0;

  /** @param startedAtMs monotonic ms. */
  constructor(steps: readonly Required<StepDefinition>[], startedAtMs: number) {
    this.#steps = steps;
    this.#totalWeight = steps.reduce((sum, step) => sum + step.weight, 0);
    this.#eta = new EtaEstimator(startedAtMs);
  }

  /** Begins a step. @returns whether there is a step of that key. */
  step(key: string): boolean {
    const index = this.#steps.findIndex((step) => step.key === key);
    if (index < 0) return false;
    if (index !== this.#current) {
      this.#current = index;
      this.#stepPercent = 0;
      this.#rise();
    }
    return true;
  }

  /** @param percent 0–100 of the current step; what is no number is ignored. Before the first step it begins that one. */
  progress(percent: number): void {
    if (Number.isNaN(percent)) return;
    if (this.#current < 0 && this.#steps.length > 0) this.#current = 0;
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
    return this.#eta.remainingSeconds(this.#percent, nowMs);
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
      name: current.name,
      percent: Math.floor(this.#stepPercent),
    };
  }
}

import {
  crashPoint,
  faultFields,
  isOutputName,
  OUTPUTS_MAX,
  StatusplaneError,
  type AttemptReport,
  type JobRecord,
  type JobRef,
  type Json,
  type ProcessingSnapshot,
  type Renewal,
} from "@statusplane/core";
import { debugAttempt } from "../attempt-lines.ts";
import type { StepDefinition } from "../define-job.ts";
import { ProgressMeter } from "../reporter/progress-meter.ts";
import { Reporter } from "../reporter/reporter.ts";
import type { LeaseHolder, LeaseKeeper } from "./lease-keeper.ts";
import type { WorkerParts } from "./worker-parts.ts";

/** Why a running job was told to stop. */
export type AbortReason = "cancelled" | "lease_lost" | "fenced" | "shutting_down";

export interface RunningJobOptions {
  readonly record: JobRecord;
  /** What an earlier attempt gave. */
  readonly resumeFrom: Json;
  readonly steps: readonly Required<StepDefinition>[];
  readonly parts: WorkerParts;
  readonly leases: LeaseKeeper;
}

/**
 * One claimed attempt in this process: its abort signal, its progress, and what it wants to be kept.
 *
 * ```
 * running ─abort(reason)─▶ aborted: the signal is up, the first reason stays, but losing the job outweighs the rest
 * ```
 */
export class RunningJob implements LeaseHolder {
  readonly record: JobRecord;
  readonly resumeFrom: Json;
  readonly meter: ProgressMeter;
  readonly reporter: Reporter;
  readonly #parts: WorkerParts;
  readonly #controller = new AbortController();
  #reason: AbortReason | null = null;
  #partial: Json | undefined;
  #checkpoint: Json | undefined;
  /** The row has the newest checkpoint. */
  #checkpointKept = true;
  #kept: Json = null;
  readonly #declared = new Set<string>();

  constructor({ record, resumeFrom, steps, parts, leases }: RunningJobOptions) {
    this.record = record;
    this.resumeFrom = resumeFrom;
    this.#parts = parts;
    const isResumed = record.attempt > 1;
    this.meter = new ProgressMeter(steps, { startedAtMs: parts.clock.nowMs(), isResumed });
    const { writer, timings, clock, random, counts, log } = parts;
    this.reporter = new Reporter({
      writer,
      timings,
      clock,
      random,
      snapshot: (version) => this.#snapshot(version),
      lookAtRow: () => this.#lookAtRow(),
      leaseHolds: () => leases.holds(this),
      onCancelRequested: () => this.abort("cancelled"),
      onLost: (reason) => this.abort(reason),
      onWritten: (answer, written) => {
        counts.writes[answer] += 1;
        debugAttempt(log, record, `${writtenWords(written)} written: ${answer}`);
      },
      onFailed: (error) => {
        counts.writesFailed += 1;
        const fault = faultFields(error);
        const why = "code" in fault ? fault.code : "unforeseen";
        debugAttempt(log, record, `not written (${why}); the newest is written later`);
      },
    });
  }

  get ref(): JobRef {
    return this.record.ref;
  }

  get attempt(): number {
    return this.record.attempt;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get abortReason(): AbortReason | null {
    return this.#reason;
  }

  get kept(): Json {
    return this.#kept;
  }

  /** What the records are told of the attempt when it ends. */
  report(): AttemptReport {
    const steps = this.meter.stepTimes(this.#parts.clock.nowMs());
    return this.#checkpoint === undefined ? { steps } : { steps, checkpoint: this.#checkpoint };
  }

  /** Raises the signal once. What was lost stays lost, whatever else was asked for. */
  abort(reason: AbortReason): void {
    const lost = reason === "fenced" || reason === "lease_lost";
    if (lost) this.reporter.stop();
    if (this.#reason === null || lost) this.#reason = reason;
    if (this.#controller.signal.aborted) return;
    debugAttempt(this.#parts.log, this.record, `is told to stop: ${reason}`);
    this.#controller.abort(new StatusplaneError(reason));
  }

  onLeaseLost(): void {
    this.abort("lease_lost");
  }

  onCancelRequested(): void {
    this.abort("cancelled");
  }

  showPartial(value: Json): void {
    this.#partial = value;
    this.reporter.changed(false);
  }

  /** Names of declared files, in order. */
  get declared(): readonly string[] {
    return [...this.#declared];
  }

  /** @throws {TypeError} for a name that is none, one too many, or a video. */
  declare(name: string): void {
    if (this.ref.kind === "video")
      throw new TypeError("a video declares no files: its outputs are what it plays");
    if (!isOutputName(name)) throw new TypeError(`not a name of an output: ${JSON.stringify(name)}`);
    this.#declared.add(name);
    if (this.#declared.size <= OUTPUTS_MAX) return;
    this.#declared.delete(name);
    throw new TypeError(`a job may declare ${OUTPUTS_MAX} files, not ${JSON.stringify(name)} too`);
  }

  giveCheckpoint(value: Json): void {
    this.#checkpoint = value;
    this.#checkpointKept = false;
  }

  renewal(): Renewal {
    const { ref, attempt } = this;
    if (this.#checkpoint === undefined || this.#checkpointKept) return { ref, attempt };
    return { ref, attempt, checkpoint: this.#checkpoint };
  }

  onRenewed({ checkpoint }: Renewal): void {
    if (checkpoint === this.#checkpoint) this.#checkpointKept = true;
  }

  keep(value: Json): void {
    this.#kept = value;
  }

  #snapshot(version: number): ProcessingSnapshot {
    const { ref, jobType, title, attempt } = this.record;
    const { clock } = this.#parts;
    return {
      ref,
      jobType,
      title,
      attempt,
      status: "PROCESSING",
      version,
      updatedAt: new Date(clock.unixMs()).toISOString(),
      progress: this.meter.read(clock.nowMs()),
      ...(this.#partial === undefined ? {} : { partialResult: this.#partial }),
    };
  }

  async #lookAtRow(): Promise<boolean> {
    this.#parts.counts.looks += 1;
    crashPoint("look.before-read");
    const row = await this.#parts.records.find(this.ref);
    crashPoint("look.after-read");
    return row?.attempt === this.attempt && row.status === "PROCESSING";
  }
}

function writtenWords({ version, progress: { percent, step } }: ProcessingSnapshot): string {
  return `version ${version} (${percent} %${step === null ? "" : `, ${step.key}`})`;
}

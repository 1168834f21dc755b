import {
  crashPoint,
  encodeSnapshot,
  type Clock,
  type ProcessingSnapshot,
  type StatusWriter,
  type Timings,
  type WriteAnswer,
  type WriteKind,
} from "@statusplane/core";
import { storeBackoffMs } from "../backoff.ts";

export interface ReporterOptions {
  readonly writer: Pick<StatusWriter, "write">;
  readonly timings: Pick<Timings, "reportEveryMs" | "heartbeatMs" | "takeBackEveryMs">;
  readonly clock: Clock;
  /** 0 ≤ random < 1. */
  readonly random: () => number;
  /** The whole visible state of the attempt, now, as this version. */
  readonly snapshot: (version: number) => ProcessingSnapshot;
  /** One look at the row: whether the attempt still is this worker's and PROCESSING. Rejects when no answer came. */
  readonly lookAtRow: () => Promise<boolean>;
  /** Whether the lease holds by the monotonic clock: as long as it does nobody else may move the row. */
  readonly leaseHolds: () => boolean;
  /** The store says that a cancel of this attempt was asked for. */
  readonly onCancelRequested: () => void;
  /** The attempt is no longer this worker's. */
  readonly onLost: (reason: "fenced" | "lease_lost") => void;
  /** For metrics and log: what each write was answered. */
  readonly onWritten: (answer: WriteAnswer, written: ProcessingSnapshot) => void;
  /** For metrics: a write, or the look at the row that it led to, got no answer. */
  readonly onFailed: (error: unknown) => void;
}

/**
 * Brings one attempt's snapshots to the status store while its code runs.
 *
 * ```
 * new ─announce()─▶ writing ─answered─▶ idle ─due─▶ writing …        idle is due: at once after a step change,
 *                     └─failed─▶ idle (backoff)                       reportEveryMs after the last write when something
 * any ─stop()─▶ stopped                                               changed, heartbeatMs after it when nothing did
 * ```
 *
 * At most one write is in flight, and each carries what is newest when it starts: what lies between is never sent.
 * Versions only rise, also over failed writes, whose fate is unknown. The first write announces, as whoever
 * committed the claim may; all others are progress, which creates nothing. `absent` (the store lost the key, or another program
 * wrote over it) leads to one look at the row, then to an announcement; within takeBackEveryMs of a look the lease,
 * which nobody can take while it holds, stands for another.
 */
export class Reporter {
  readonly #options: ReporterOptions;
  #phase: "new" | "idle" | "writing" | "stopped" = "new";
  #version = 0;
  #nextKind: Exclude<WriteKind, "finish"> = "announce";
  #changed = false;
  #atOnce = false;
  #failures = 0;
  #retryAtMs: number | null = null;
  #lastWriteMs = 0;
  #lastLookMs: number | null = null;
  #timer: { readonly dueAtMs: number; readonly cancel: () => void } | null = null;

  constructor(options: ReporterOptions) {
    this.#options = options;
  }

  /** Writes version 1. */
  announce(): void {
    if (this.#phase !== "new") return;
    this.#phase = "idle";
    this.#atOnce = true;
    this.#schedule();
  }

  /** Something changed. @param atOnce whether it is a step or an end, which goes without delay. */
  changed(atOnce: boolean): void {
    this.#changed = true;
    this.#atOnce ||= atOnce;
    this.#schedule();
  }

  /** No write starts any more; what is in flight is not waited for. */
  stop(): void {
    this.#phase = "stopped";
    this.#timer?.cancel();
    this.#timer = null;
  }

  #schedule(): void {
    if (this.#phase !== "idle") return;
    const nowMs = this.#options.clock.nowMs();
    const dueAtMs = this.#dueAtMs(nowMs);
    if (this.#timer?.dueAtMs === dueAtMs) return;
    this.#timer?.cancel();
    this.#timer = null;
    if (dueAtMs <= nowMs) {
      void this.#write();
      return;
    }
    const cancel = this.#options.clock.after(dueAtMs - nowMs, () => {
      this.#timer = null;
      if (this.#phase === "idle") void this.#write();
    });
    this.#timer = { dueAtMs, cancel };
  }

  #dueAtMs(nowMs: number): number {
    const { reportEveryMs, heartbeatMs } = this.#options.timings;
    if (this.#retryAtMs !== null) return this.#retryAtMs;
    if (this.#atOnce) return nowMs;
    return this.#lastWriteMs + (this.#changed ? reportEveryMs : heartbeatMs);
  }

  /** Never rejects: a failed write is repeated with what is newest by then. */
  async #write(): Promise<void> {
    const { writer, clock, random, snapshot, onWritten, onFailed } = this.#options;
    this.#phase = "writing";
    this.#changed = false;
    this.#atOnce = false;
    this.#retryAtMs = null;
    this.#lastWriteMs = clock.nowMs();
    const kind = this.#nextKind;
    this.#nextKind = "progress";
    crashPoint(kind === "announce" ? "announce.before-write" : "progress.before-write");
    try {
      const written = snapshot(++this.#version);
      const reply = await writer.write(kind, encodeSnapshot(written));
      crashPoint(kind === "announce" ? "announce.after-write" : "progress.after-write");
      onWritten(reply.answer, written);
      if (this.#isStopped()) return;
      if (reply.cancelRequested) this.#options.onCancelRequested();
      await this.#applyAnswer(reply.answer);
      this.#failures = 0;
    } catch (error) {
      // the store, or the row when it was looked at, did not answer: repeated after a backoff, with what is newest then
      this.#retryAtMs = clock.nowMs() + storeBackoffMs(++this.#failures, random());
      onFailed(error);
    } finally {
      if (!this.#isStopped()) {
        this.#phase = "idle";
        this.#schedule();
      }
    }
  }

  async #applyAnswer(answer: WriteAnswer): Promise<void> {
    switch (answer) {
      case "accepted":
      case "duplicate":
      case "stale": // a higher version of this very attempt is shown: the next ones rise above it
        return;
      case "fenced":
        this.stop();
        return this.#options.onLost("fenced");
      case "finished":
        await this.#isMine();
        return;
      case "absent":
        if (await this.#isMine()) {
          this.#nextKind = "announce";
          this.#atOnce = true;
        }
    }
  }

  async #isMine(): Promise<boolean> {
    const { clock, timings, lookAtRow, leaseHolds, onLost } = this.#options;
    const nowMs = clock.nowMs();
    if (this.#lastLookMs !== null && nowMs - this.#lastLookMs < timings.takeBackEveryMs) return leaseHolds();
    const mine = await lookAtRow();
    this.#lastLookMs = nowMs;
    if (mine || this.#isStopped()) return mine;
    this.stop();
    onLost("lease_lost");
    return false;
  }

  /** Asked anew after each await: another turn may have stopped the reporter. */
  #isStopped(): boolean {
    return this.#phase === "stopped";
  }
}

import type { Status } from "@statusplane/core";

/** What somebody saw or was told, at a moment of the machine's monotonic clock (ms). */
export type HistoryLine = { readonly atMs: number } & (
  | Sight
  /** A submit was answered 202. */
  | { readonly what: "accepted"; readonly tenant: string; readonly id: string; readonly key: string }
  /** A cancel or retry was answered 202. */
  | {
      readonly what: "cancelled" | "retried";
      readonly tenant: string;
      readonly id: string;
    }
  | { readonly what: "fault"; readonly name: string; readonly phase: "begin" | "end" }
);

/** A snapshot that a watcher had not seen before. */
export interface Sight {
  readonly what: "saw";
  readonly watcher: string;
  /** A raw poller takes what it is answered; a client keeps the highest (attempt, version). */
  readonly sees: "raw" | "client";
  readonly tenant: string;
  readonly kind: "video" | "job";
  readonly id: string;
  readonly attempt: number;
  readonly version: number;
  readonly status: Status;
  /** Null unless PROCESSING (a client also shows 100 at success). */
  readonly percent: number | null;
  /** The marker in a partial or final result; null where there is none. */
  readonly marker: string | null;
}

/** CLOCK_MONOTONIC in ms: the same clock in every process of the machine. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint() / 1_000n) / 1_000;
}

import type { JobRef, StatusStore } from "@statusplane/core";
import type { Life, Sight } from "./sight.ts";

/** A status store under histories, and the means to look behind it and to make it lose data. */
export interface HistoryAdapter {
  readonly name: string;
  /** Histories carried out at once; 1 where a loss or the clock is every job's. */
  readonly atOnce: number;
  /** Whether one key of a job can go without the others. */
  readonly evicts: boolean;
  /** How long finished keys live here. */
  readonly finishedLife: Life;
  /** Asked for anew at each step: a loss may replace it. */
  readonly store: () => StatusStore;
  readonly look: (ref: JobRef) => Promise<Sight>;
  readonly lose: (ref: JobRef) => Promise<void>;
  /** The live TTL is over. */
  readonly expire: (ref: JobRef) => Promise<void>;
  readonly evict: (ref: JobRef, key: "status" | "progress" | "result") => Promise<void>;
  /** The last look: nothing of the job is needed after it. */
  readonly lookAndForget: (ref: JobRef) => Promise<Sight>;
  readonly close: () => Promise<void>;
}

export const LIVE_TTL_SECONDS = 21_600;
/** A month, so that what a history takes off it by letting live ones expire is still far from the live TTL. */
export const FINISHED_TTL_SECONDS = 2_592_000;
const FINISHED_LEFT = 0.5;
/** Each finished key may live a tenth longer. */
const FINISHED_SPREAD = 1.1;
/** A live key's remaining life may be shorter by so much: however slow the machine is. */
const SLACK_MS = 600_000;

/** @param remainingMs null: for ever. */
export function lifeOf(remainingMs: number | null): Life {
  if (remainingMs === null) return "for-ever";
  const [liveMs, finishedMs] = [LIVE_TTL_SECONDS * 1_000, FINISHED_TTL_SECONDS * 1_000];
  if (remainingMs > liveMs - SLACK_MS && remainingMs <= liveMs) return "live";
  const isFinished = remainingMs > finishedMs * FINISHED_LEFT && remainingMs <= finishedMs * FINISHED_SPREAD;
  return isFinished ? "finished" : `odd: ${remainingMs} ms`;
}

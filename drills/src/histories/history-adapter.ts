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
/** The least that `FINISHED_TTL_SECONDS` allows beside 0, and its spread. */
export const FINISHED_TTL_SECONDS = 86_400;
const FINISHED_SPREAD = 1.1;
/** A remaining life may be shorter by so much: however slow the machine is. */
const SLACK_MS = 600_000;

/** @param remainingMs null: for ever. */
export function lifeOf(remainingMs: number | null): Life {
  if (remainingMs === null) return "for-ever";
  const isAbout = (seconds: number, spread = 1): boolean =>
    remainingMs > seconds * 1_000 - SLACK_MS && remainingMs <= seconds * 1_000 * spread;
  if (isAbout(LIVE_TTL_SECONDS)) return "live";
  return isAbout(FINISHED_TTL_SECONDS, FINISHED_SPREAD) ? "finished" : `odd: ${remainingMs} ms`;
}

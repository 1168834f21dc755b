import type { Status } from "./terms.ts";

/**
 * Which of two snapshots of a job is newer: the one of the higher attempt, within an attempt the one of the higher
 * version. Nothing else orders them, no time and no order of arrival. `lua/write.lua` says the same for Redis.
 */
export interface SnapshotPosition {
  /** From 1; 0: another program's value, which has no order. */
  readonly attempt: number;
  readonly version: number;
}

/** What a snapshot's text begins with: where it stands, and what it says. */
export interface SnapshotHead extends SnapshotPosition {
  readonly status: Status;
}

/** Negative when `a` is older than `b`, positive when newer, 0 when both are the same snapshot. */
export function compareSnapshots(a: SnapshotPosition, b: SnapshotPosition): number {
  return compareAttempts(a, b) || a.version - b.version;
}

/** As {@link compareSnapshots}, of the attempts alone: a lower one is fenced off, whatever its version. */
export function compareAttempts(a: SnapshotPosition, b: SnapshotPosition): number {
  return a.attempt - b.attempt;
}

/** The ETag of a snapshot of ours: `"attempt.version"`. */
export function snapshotEtag({ attempt, version }: SnapshotPosition): string {
  return `"${attempt}.${version}"`;
}

/** A snapshot as whoever has seen it remembers it. */
export interface SeenSnapshot extends SnapshotPosition {
  /** Tells two values of attempt 0 apart. */
  readonly etag: string;
}

/** Whether `next` is news to somebody who has seen `seen`: newer, or a differing answer while both are attempt 0. */
export function isNews(seen: SeenSnapshot | null, next: SeenSnapshot): boolean {
  if (seen === null) return true;
  if (next.attempt === 0 && seen.attempt === 0) return next.etag !== seen.etag;
  return compareSnapshots(next, seen) > 0;
}

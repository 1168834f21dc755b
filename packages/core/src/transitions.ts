import { compareAttempts, compareSnapshots, type SnapshotHead } from "./snapshot-order.ts";
import { FINAL_VERSION, isTerminal } from "./terms.ts";

/**
 * The state machine of a snapshot in the status store.
 *
 * ```
 * PENDING (version 0) → PROCESSING (1, 2, …) → READY | DONE | FAILED | CANCELLED (FINAL_VERSION)
 *    ↑ a higher attempt begins the story anew, whatever the lower one was
 * ```
 *
 * Every write is one of three. `announce` (PENDING or PROCESSING) and `finish` (terminal, after COMMIT only) may
 * create the key and overtake a lower attempt; `progress` never does either. Within an attempt a write needs a
 * higher version and a live key. A value of another program counts as attempt 0.
 *
 * A job whose row is gone leaves {@link REMOVED} behind for a while: it fences off whoever comes late.
 *
 * {@link applyTransition} decides for the memory store; `lua/write.lua` holds the same rules for Redis; one contract
 * suite proves that they agree.
 */
export type WriteKind = "announce" | "progress" | "finish";

/**
 * What a write is answered:
 * `accepted` it is now the snapshot · `duplicate` it was already there (an equal announcement has renewed the TTL) ·
 * `stale` the key has a newer version · `fenced` the key has a higher attempt, or the job was removed · `finished` the attempt has ended
 * otherwise · `absent` progress found no key, or one of a lower attempt.
 */
export type WriteAnswer = "accepted" | "duplicate" | "stale" | "fenced" | "finished" | "absent";

/** `replace`: the text becomes the snapshot · `renew`: only the TTL begins anew · `none`: nothing changes. */
export type WriteEffect = "replace" | "renew" | "none";

export interface Transition {
  readonly answer: WriteAnswer;
  readonly effect: WriteEffect;
}

const transition = (answer: WriteAnswer, effect: WriteEffect = "none"): Transition => ({ answer, effect });

/** What a removed job's key holds until nobody can come late any more: no snapshot, so that readers find nothing. */
export const REMOVED = "removed";
/** The same as a text in Redis; `lua/write.lua` and `lua/remove.lua` have it too. */
export const REMOVED_TEXT = '{"removed":true}';

/**
 * Decides one write.
 * @throws {TypeError} when the write's kind, status and version do not fit each other: a bug of the caller.
 */
export function applyTransition(
  current: SnapshotHead | typeof REMOVED | null,
  kind: WriteKind,
  write: SnapshotHead,
): Transition {
  assertWriteFits(kind, write);
  if (current === REMOVED) return transition("fenced");
  if (current === null || compareAttempts(write, current) > 0) {
    return kind === "progress" ? transition("absent") : transition("accepted", "replace");
  }
  if (compareAttempts(write, current) < 0) return transition("fenced");
  if (isTerminal(current.status)) {
    return transition(kind === "finish" && current.status === write.status ? "duplicate" : "finished");
  }
  const order = compareSnapshots(write, current);
  if (order > 0) return transition("accepted", "replace");
  if (kind === "announce" && order === 0) return transition("duplicate", "renew");
  return transition("stale");
}

/** @throws {TypeError} when kind, status, attempt and version do not fit each other. */
export function assertWriteFits(kind: WriteKind, { attempt, version, status }: SnapshotHead): void {
  if (!Number.isInteger(attempt) || attempt < 1) throw new TypeError(`attempt must be 1 or more: ${attempt}`);
  if (!Number.isInteger(version) || version < 0 || version > FINAL_VERSION) {
    throw new TypeError(`version must be 0..2^31-1: ${version}`);
  }
  const fits = isTerminal(status)
    ? kind === "finish" && version === FINAL_VERSION
    : status === "PENDING"
      ? kind === "announce" && version === 0
      : kind !== "finish" && version >= 1 && version < FINAL_VERSION;
  if (!fits) throw new TypeError(`a ${kind} write cannot carry ${status} at version ${version}`);
}

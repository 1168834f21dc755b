import {
  publicMessage,
  refKey,
  type JobRef,
  type OutboxEntry,
  type ReconcilerRecords,
  type Swept,
  type Tick,
} from "@statusplane/core";
import type { MemoryOutboxEntry, MemoryRow, MemoryRows } from "./memory-rows.ts";

/** Who leads, and its last two ticks. */
export interface MemoryLease {
  leader: { owner: string; untilMs: number } | null;
  tick: number;
  tickedAtMs: number;
}

/** What the reconciler's statements do. Rows go by a clock that nobody sets back: there is none to follow. */
export function memoryReconcilerRecords(rows: MemoryRows, lease: MemoryLease): ReconcilerRecords {
  const { clock } = rows;
  const once = <T>(call: string, statement: () => T): Promise<T> =>
    rows.answer(call, () => {
      rows.count();
      return statement();
    });
  const current = ({ ref, generation }: OutboxEntry): MemoryOutboxEntry | null => {
    const entry = rows.outbox.get(refKey(ref));
    return entry !== undefined && String(entry.generation) === generation ? entry : null;
  };
  return {
    tick: ({ owner, leaseMs, takeLimit, takeMs }) =>
      once("tick", (): Tick => {
        const nowMs = clock.nowMs();
        const { leader } = lease;
        if (leader !== null && leader.owner !== owner && leader.untilMs > nowMs) {
          return { leading: false, tick: 0, tickedAtMs: 0, previousTickedAtMs: 0, entries: [] };
        }
        const previousTickedAtMs = lease.tickedAtMs;
        lease.leader = { owner, untilMs: nowMs + leaseMs };
        lease.tick += 1;
        lease.tickedAtMs = clock.unixMs();
        const entries = take(rows, takeLimit, takeMs);
        return { leading: true, tick: lease.tick, tickedAtMs: lease.tickedAtMs, previousTickedAtMs, entries };
      }),
    resign: (owner) =>
      once("resign", () => {
        if (lease.leader?.owner === owner) lease.leader = null;
      }),
    take: (limit, takeMs) => once("take", () => take(rows, limit, takeMs)),
    markApplied: async (entries, settleMs) => {
      if (entries.length === 0) return;
      await once("markApplied", () => {
        for (const entry of entries) {
          const mine = current(entry);
          if (mine !== null) Object.assign(mine, { applied: true, dueAtMs: clock.nowMs() + settleMs });
        }
      });
    },
    deleteApplied: async (entries) => {
      if (entries.length === 0) return;
      await once("deleteApplied", () => {
        for (const entry of entries) if (current(entry) !== null) rows.outbox.delete(refKey(entry.ref));
      });
    },
    sweep: (limit) =>
      once("sweep", () => {
        const isOver = (row: MemoryRow): boolean =>
          row.status === "PROCESSING" && (row.leaseUntilMs ?? 0) <= clock.nowMs();
        const over = [...rows.rows.values()].filter(isOver);
        over.sort((a, b) => (a.leaseUntilMs ?? 0) - (b.leaseUntilMs ?? 0));
        return over.slice(0, limit).map((row) => endLease(rows, row));
      }),
    followClock: () => once("followClock", () => false),
    pageWaiting: (after, limit) =>
      once("pageWaiting", () =>
        rows
          .sorted()
          .filter((row) => row.status === "PENDING" && isAfter(row.ref, after))
          .slice(0, limit)
          .map((row) => rows.toRecord(row)),
      ),
    enqueueLost: (endedSinceMs, after, limit) =>
      once("enqueueLost", () => {
        const isLost = ({ status, finishedAtMs }: MemoryRow): boolean =>
          status === "PENDING" ||
          (endedSinceMs !== null && finishedAtMs !== null && finishedAtMs >= endedSinceMs);
        const lost = rows.sorted().filter((row) => isAfter(row.ref, after) && isLost(row));
        const page = lost.slice(0, limit);
        for (const { ref } of page) rows.leaveEntry(ref, 0);
        return lost.length > limit ? (page.at(-1)?.ref ?? null) : null;
      }),
    attemptsOf: (refs) =>
      once("attemptsOf", () => {
        const known = refs.map((ref) => rows.rows.get(refKey(ref))).filter((row) => row !== undefined);
        return new Map(
          known.map(({ ref, attempt, status, finishedAtMs }) => [
            refKey(ref),
            { attempt, status, finishedAtMs },
          ]),
        );
      }),
    removeEnded: (olderThanMs, limit) =>
      once("removeEnded", () => {
        const isOld = ({ finishedAtMs }: MemoryRow): boolean =>
          finishedAtMs !== null && finishedAtMs < clock.unixMs() - olderThanMs;
        const old = [...rows.rows.values()].filter(isOld);
        old.sort((a, b) => (a.finishedAtMs ?? 0) - (b.finishedAtMs ?? 0));
        const page = old.slice(0, limit);
        for (const { ref } of page) rows.remove(ref, 0);
        return page.length;
      }),
    forgetIdempotencyKeys: (olderThanMs) =>
      once("forgetIdempotencyKeys", () => {
        const old = [...rows.keys].filter(([, { usedAtMs }]) => usedAtMs < clock.unixMs() - olderThanMs);
        for (const [name] of old) rows.keys.delete(name);
        return old.length;
      }),
    stats: () =>
      rows.answer("stats", () => {
        const waiting = [...rows.outbox.values()].filter(({ applied }) => !applied);
        const ages = waiting.map(({ dueAtMs }) => clock.nowMs() - dueAtMs);
        return { entries: rows.outbox.size, oldestUnrepairedMs: Math.max(0, ...ages) };
      }),
  };
}

function isAfter(ref: JobRef, after: JobRef | null): boolean {
  return after === null || refKey(ref) > refKey(after);
}

/** Moves what is due on, so that it comes again if its taker dies. */
function take(rows: MemoryRows, limit: number, takeMs: number): readonly OutboxEntry[] {
  const nowMs = rows.clock.nowMs();
  const due = [...rows.outbox.values()].filter(({ dueAtMs }) => dueAtMs <= nowMs);
  due.sort((a, b) => a.dueAtMs - b.dueAtMs);
  return due.slice(0, limit).map((entry) => {
    entry.dueAtMs = nowMs + takeMs;
    const row = rows.rows.get(refKey(entry.ref));
    return {
      ref: entry.ref,
      generation: String(entry.generation),
      applied: entry.applied,
      record: row === undefined ? null : rows.toRecord(row),
    };
  });
}

/** CANCELLED where requested, PENDING of the next attempt with tries left, else FAILED. */
function endLease(rows: MemoryRows, row: MemoryRow): Swept {
  const endedAttempt = row.attempt;
  row.triesLost += 1;
  row.lastErrorCode = "worker_lost";
  if (row.cancelRequested) return { record: rows.end(row, "CANCELLED", { dueInMs: 0 }), endedAttempt };
  if (row.tries < row.maxTries) {
    return { record: rows.again(row, { code: "worker_lost", dueInMs: 0 }), endedAttempt };
  }
  const verdict = row.triesLost >= row.tries ? "poison" : "worker_lost";
  row.errorCode = verdict;
  row.errorMessage = publicMessage(verdict);
  return { record: rows.end(row, "FAILED", { dueInMs: 0 }), endedAttempt };
}

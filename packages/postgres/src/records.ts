import type {
  OutboxStats,
  ReconcilerRecords,
  RequestRecords,
  ViewFlushRecords,
  ViewRecords,
  WorkerRecords,
} from "@statusplane/core";
import { cancel } from "./cancel.ts";
import { claim } from "./claim.ts";
import { attemptsOf, forgetIdempotencyKeys } from "./collect.ts";
import { LostRows } from "./enqueue-lost.ts";
import { eraseViewer } from "./erase-views.ts";
import { failTry } from "./fail-try.ts";
import { findPolicies, findViews } from "./find-views.ts";
import { find, findMany, findResult } from "./find.ts";
import { finish } from "./finish.ts";
import { flushViews } from "./flush-views.ts";
import { followClock } from "./follow-clock.ts";
import { handBack, releaseClaim } from "./hand-back.ts";
import { resign } from "./lease-rows.ts";
import { page } from "./page.ts";
import { remove, removeEnded } from "./remove.ts";
import { renew } from "./renew.ts";
import { retry } from "./retry.ts";
import type { Context } from "./settings.ts";
import { deleteApplied, markApplied } from "./settle.ts";
import { findSubmitted, submit } from "./submit.ts";
import { sweep } from "./sweep.ts";
import { take, tick } from "./take.ts";
import { decideAnew, removeOldViews, settleErrands, takeErrands } from "./view-errands.ts";
import { countAffected, findDecision, putPolicy } from "./view-policies.ts";
import { pageWaiting } from "./waiting.ts";

export function workerRecords(context: Context): WorkerRecords {
  return {
    claim: (ref, owner, leaseMs) => claim(context, ref, { owner, leaseMs }),
    renew: (leases, leaseMs) => renew(context, leases, leaseMs),
    finish: (ref, attempt, end) => finish(context, { ref, attempt }, end),
    failTry: (ref, attempt, failure) => failTry(context, { ref, attempt }, failure),
    handBack: (ref, attempt, report = {}) => handBack(context, { ref, attempt }, report),
    releaseClaim: (ref, owner) => releaseClaim(context, { ref, owner }),
    find: (ref) => find(context, ref, "worker"),
  };
}

export function requestRecords(context: Context): RequestRecords {
  return {
    submit: (job) => submit(context, job),
    findSubmitted: (tenant, idempotency) => findSubmitted(context, tenant, idempotency),
    find: (ref) => find(context, ref, "people"),
    findMany: (refs) => findMany(context, refs),
    findResult: (ref) => findResult(context, ref),
    page: (tenant, kind, options) => page(context, { tenant, kind }, options),
    cancel: (ref) => cancel(context, ref),
    retry: (ref) => retry(context, ref),
    remove: (ref) => remove(context, ref),
  };
}

export function reconcilerRecords(context: Context): ReconcilerRecords {
  const lost = new LostRows(context);
  const memory = new OutboxMemory();
  return {
    async tick(options) {
      const { depth, ...ticked } = await tick(context, options);
      memory.remember(depth.entries, depth.oldestMs);
      return ticked;
    },
    resign: (owner) => resign(context, owner),
    take: (limit, takeMs) => take(context, limit, takeMs),
    markApplied: (entries, settleMs) => markApplied(context, entries, settleMs),
    deleteApplied: (entries) => deleteApplied(context, entries),
    sweep: (limit) => sweep(context, limit),
    followClock: (options) => followClock(context, options),
    pageWaiting: (after, limit) => pageWaiting(context, after, limit),
    enqueueLost: (endedSinceMs, after, limit) => lost.enqueue(endedSinceMs, after, limit),
    attemptsOf: (refs) => attemptsOf(context, refs),
    removeEnded: (olderThanMs, limit) => removeEnded(context, olderThanMs, limit),
    forgetIdempotencyKeys: (olderThanMs) => forgetIdempotencyKeys(context, olderThanMs),
    stats: () => Promise.resolve(memory.stats()),
  };
}

export function viewRecords(context: Context): ViewRecords & ViewFlushRecords {
  return {
    find: (refs) => findViews(context, refs),
    findPolicies: (tenant) => findPolicies(context, tenant),
    putPolicy: (tenant, video, policy) => putPolicy(context, { tenant, video }, policy),
    countAffected: (tenant, video, percent) => countAffected(context, { tenant, video }, percent),
    findDecision: (tenant, video) => findDecision(context, { tenant, video }),
    eraseViewer: (tenant, viewer) => eraseViewer(context, tenant, viewer),
    flush: (views, options) => flushViews(context, views, options),
    takeErrands: (limit) => takeErrands(context, limit),
    settleErrands: (ids) => settleErrands(context, ids),
    decideAnew: (of, limit) => decideAnew(context, of, limit),
    removeOld: (olderThanDays, limit) => removeOldViews(context, olderThanDays, limit),
  };
}

/** What the last tick found, so that a metric costs no statement. All 0 in a process that does not lead. */
class OutboxMemory {
  #entries = 0;
  #oldestMs = 0;
  #atMs = 0;

  remember(entries: number, oldestMs: number): void {
    this.#entries = entries;
    this.#oldestMs = oldestMs;
    this.#atMs = performance.now();
  }

  /** An entry that was waiting then goes on ageing: while Postgres does not answer, the metric still rises. */
  stats(): OutboxStats {
    const sinceMs = performance.now() - this.#atMs;
    return {
      entries: this.#entries,
      oldestUnrepairedMs: this.#oldestMs === 0 ? 0 : this.#oldestMs + sinceMs,
    };
  }
}

import type { CountRules, LeftOut, Report } from "./count-report.ts";
import type { HoldingPolicy, KeptPolicy, TenantPolicies } from "./policy.ts";
import type { Unsubscribe } from "../status-store-ports.ts";
import type { PolicyBody } from "../wire/views.ts";
import type { ViewRef } from "./view-ref.ts";
import type { FullView, RecordedView, ViewState } from "./view-state.ts";

/*
 * The ports of views, each one-way. Those of the status store reject with {store_unavailable} when it does not answer within
 * its deadline, those of the records with {database_unavailable}.
 */

/**
 * What became of a report. `load`: the store does not know this view. `refused`: as many others play as may. `revoked`: the
 * grant that it came by was taken away.
 */
export type Reported =
  | { readonly outcome: "load" | "refused" | "revoked" }
  | {
      readonly outcome: "counted";
      readonly countedSeconds: number;
      readonly leftOut: LeftOut;
      readonly state: ViewState;
    };

/** What routes of views hold of the status store. */
export interface ViewStore {
  /** One atomic step: count, keep, mark for the next flush, tell whoever watches. */
  report(
    ref: ViewRef,
    report: Report,
    rules: CountRules & {
      /** Of the grant that it comes by; null, the default: it comes by a sign-in. */
      readonly generation?: number | null;
    },
  ): Promise<Reported>;
  /** Which generation of a viewer's grants holds: one that is given out now names it. */
  readGeneration(tenant: string, viewer: string): Promise<number>;
  /** Begins the next generation: no grant that was given out before holds any more. */
  revokeGrants(tenant: string, viewer: string): Promise<void>;
  /** In the order of the refs; null for what the store does not know. */
  read(refs: readonly ViewRef[]): Promise<readonly (ViewState | null)[]>;
  /** The watched seconds; null for what the store does not know. */
  readWatched(ref: ViewRef): Promise<Uint8Array | null>;
  /** What holds for each video, in their order; null: the tenant's policies are not here. */
  readPolicies(tenant: string, videos: readonly string[]): Promise<readonly HoldingPolicy[] | null>;
  /**
   * Whoever reported of the video since then, and whose view has changed since by a decision or its row; newest first, at
   * most `limit`.
   */
  readRecent(
    tenant: string,
    video: string,
    options: { readonly sinceMs: number; readonly limit: number },
  ): Promise<readonly { readonly ref: ViewRef; readonly atMs: number }[]>;
  /**
   * Puts views in as their rows have them, null: there is no row. What is there already is merged, nothing is
   * lowered; what is new by it has a version of its own and is told.
   */
  load(views: readonly { readonly ref: ViewRef; readonly recorded: RecordedView | null }[]): Promise<void>;
  /** Puts all policies of a tenant in; a newer one that is there stays. */
  loadPolicies(tenant: string, policies: TenantPolicies): Promise<void>;
  /** One policy, of the tenant with null; a newer one that is there stays, and nothing is begun where none are here. */
  putPolicy(tenant: string, video: string | null, kept: KeptPolicy): Promise<void>;
  /** The store's clock, Unix ms. */
  nowMs(): Promise<number>;
}

/** What is new of a view. */
export interface ViewNews {
  readonly ref: ViewRef;
  /** Null: the store does not know it any more, for it was erased, or lost: its row knows. */
  readonly state: ViewState | null;
}

/** What streams hold of views. Order as of a `StatusFeed`: subscribe, then read, then only what is newer. */
export interface ViewFeed {
  /**
   * The listener gets the views of whoever reported of the video in the last minute first, then each newer one, by (session,
   * version). Shared per video and process: however many reports there are, and whoever watches, they are read at most every
   * `viewsEveryMs`.
   */
  watchViews(
    tenant: string,
    video: string,
    listener: (news: readonly ViewNews[]) => void,
  ): Promise<Unsubscribe>;
}

/** A view that has changed since its last flush. */
export interface DirtyView extends FullView {
  /** Unix ms of its first report since then. */
  readonly dirtySinceMs: number;
  /** Tells this state from every other that the store has had of the view, before or after a loss of its data. */
  readonly mark: string;
}

/** A view that was written to its row. */
export interface SettledView {
  readonly ref: ViewRef;
  /** Of the state that was written: in any other the view is dirty anew, since now. Null: only its decision is told. */
  readonly mark: string | null;
  readonly attendedAtMs: number | null;
}

/** What the flusher holds of the status store. */
export interface ViewFlushStore extends Pick<ViewStore, "load" | "putPolicy" | "nowMs"> {
  /** Tenants with views that may be dirty. */
  readDirtyTenants(): Promise<readonly string[]>;
  /** The oldest of a tenant. */
  readDirty(tenant: string, limit: number): Promise<readonly DirtyView[]>;
  /** How many of a tenant, and Unix ms of the oldest; null: none. */
  readDirtyCount(tenant: string): Promise<{ readonly count: number; readonly oldestAtMs: number | null }>;
  /** What is as it was written is clean and gets a TTL; what is not is dirty since now; a decision is kept in any case. */
  settle(tenant: string, settled: readonly SettledView[]): Promise<void>;
  /** All views of the video, of the viewer (in these videos, and whatever is dirty), or one. */
  erase(
    tenant: string,
    what: {
      readonly video: string | null;
      readonly viewer: string | null;
      readonly videos: readonly string[];
    },
  ): Promise<void>;
}

/** What a change of a policy decides. */
export interface PolicyDecision {
  /** Views that became attended by it. */
  readonly decided: number;
  /** Unix ms; null: it still goes on. */
  readonly doneAtMs: number | null;
}

/** What routes hold of the rows; only where the store does not know, and for what a person asks by hand. */
export interface ViewRecords {
  /** One statement, in the order of the refs. */
  find(refs: readonly ViewRef[]): Promise<readonly (RecordedView | null)[]>;
  findPolicies(tenant: string): Promise<TenantPolicies>;
  /** Writes a policy, null: there is none any more. @returns its revision. */
  putPolicy(tenant: string, video: string | null, policy: PolicyBody | null): Promise<number>;
  /** What would be decided if so many percent were enough. */
  countAffected(
    tenant: string,
    video: string | null,
    attendedPercent: number,
  ): Promise<{ readonly wouldAttend: number; readonly views: number }>;
  /** What the last change of this policy has decided so far; null: there was none within a week. */
  findDecision(tenant: string, video: string | null): Promise<PolicyDecision | null>;
  /** Removes a viewer's views; the store follows. */
  eraseViewer(tenant: string, viewer: string): Promise<void>;
}

/** Something that a change of rows left to be done in the status store. */
export interface ViewErrand {
  readonly id: number;
  readonly tenant: string;
  /** Null: of all. */
  readonly video: string | null;
  readonly viewer: string | null;
  /** Videos of an erased viewer. */
  readonly videos: readonly string[];
  /** Null: an erasure. */
  readonly policy: KeptPolicy | null;
}

/** A row that a flush has written. */
export interface WrittenView {
  readonly ref: ViewRef;
  readonly attendedAtMs: number | null;
  readonly watchedSeconds: number;
}

/** What the flusher holds of the rows. */
export interface ViewFlushRecords extends Pick<ViewRecords, "find"> {
  /**
   * One statement for at most 1,000 views of a tenant: what is new is added to what is there, and decides. Nothing is written
   * for what was erased since the store knows it, nor by whoever no longer leads.
   * @returns of each that was written its row: since when it is attended, and seconds, with those that the row had before.
   */
  flush(
    views: readonly FullView[],
    options: { readonly owner: string; readonly log: boolean },
  ): Promise<readonly WrittenView[]>;
  takeErrands(limit: number): Promise<readonly ViewErrand[]>;
  settleErrands(ids: readonly number[]): Promise<void>;
  /**
   * Decides views of a tenant, or of its video, anew by the policies as they are, at most so many, and counts them with the
   * errand. @returns those.
   */
  decideAnew(
    of: Pick<ViewErrand, "id" | "tenant" | "video">,
    limit: number,
  ): Promise<readonly { readonly ref: ViewRef; readonly attendedAtMs: number }[]>;
  /** @returns how many were removed; below `limit` there are no more. */
  removeOld(olderThanDays: number, limit: number): Promise<number>;
}

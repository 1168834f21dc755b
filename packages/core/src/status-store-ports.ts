/// <reference lib="esnext.disposable" preserve="true" />
// so that the declarations compile in a project with an older lib, too
import type { JobRef } from "./job-ref.ts";
import type { EncodedSnapshot } from "./snapshot-text.ts";
import type { SnapshotHead } from "./snapshot-order.ts";
import type { WriteAnswer, WriteKind } from "./transitions.ts";
import type { ViewFeed, ViewFlushStore, ViewStore } from "./views/view-ports.ts";

/*
 * The three ports of the status store, each one-way, and what an installation keeps beside it. Every method rejects
 * with {store_unavailable} when the store does not answer within its deadline. Adapters: memory, redis.
 */

export interface WriteReply {
  readonly answer: WriteAnswer;
  /** Whether the live hash carries a cancel request for this attempt. */
  readonly cancelRequested: boolean;
}

/**
 * What workers and the reconciler hold. Beside its writes the tenant's two lists are kept: a job whose announcement finds
 * it live is on the active list, one whose end was taken is on the ended one. They are hints: a write does not wait for
 * them, and what repeats a write, or a sign of life, mends them.
 */
export interface StatusWriter {
  /** One guarded, atomic write: guard, text, hash, TTL, publish. */
  write(kind: WriteKind, snapshot: EncodedSnapshot): Promise<WriteReply>;
  /** Flags the attempt's live hash (never creating it) and tells its worker at once. False: nobody to tell here. */
  requestCancel(ref: JobRef, attempt: number): Promise<boolean>;
  /** Calls back when a cancel of this attempt is asked for. Rejects when the subscription cannot be made. */
  watchCancel(ref: JobRef, attempt: number, listener: () => void): Promise<Unsubscribe>;
  /**
   * Puts jobs that show a sign of life back on their tenants' active lists, where they are missing; the others keep
   * their places.
   */
  touchActive(refs: readonly JobRef[]): Promise<void>;
  /**
   * The job's row is gone: its snapshot, hash, result and place on its tenant's lists go too, and for as long as a live
   * key lives every write is `fenced`, so that nobody who comes late brings them back.
   */
  remove(ref: JobRef): Promise<void>;
  /** Restores a large result's key beside its terminal snapshot, with the same TTL; does nothing without one. */
  restoreResult(ref: JobRef, attempt: number, text: string): Promise<void>;
}

export type Unsubscribe = () => Promise<void>;

/** A snapshot as it is stored: the text is passed through unparsed. */
export interface StoredSnapshot extends SnapshotHead {
  readonly ref: JobRef;
  /** The progress endpoint's body. */
  readonly text: string;
  /** `"attempt.version"` with its quotes; for foreign values a hash of the bytes. */
  readonly etag: string;
}

export interface ActiveList {
  /** The tenant's newest live jobs, newest first, only those that are live. */
  readonly snapshots: readonly StoredSnapshot[];
  /** How many else are on the list. */
  readonly more: number;
}

/** A job that ended lately, by name. */
export interface EndedJob {
  readonly ref: JobRef;
  /** Unix ms of its terminal snapshot's `updated_at`: the same whoever writes it. */
  readonly endedAtMs: number;
}

/** What a tenant's people see without having asked for it by name. */
export interface TenantLists {
  readonly active: ActiveList;
  /** Newest first, none of those that are live. */
  readonly ended: readonly EndedJob[];
}

/** What progress routes hold. Reads of one event-loop turn share one round trip. */
export interface StatusReader {
  read(ref: JobRef): Promise<StoredSnapshot | null>;
  /** In the order of the refs. */
  readMany(refs: readonly JobRef[]): Promise<readonly (StoredSnapshot | null)[]>;
  /** A result too large for its snapshot, as JSON text; null when its key is not there. */
  readResult(ref: JobRef): Promise<string | null>;
  readActive(tenant: string, limit: number): Promise<ActiveList>;
  /** Newest first: of the last 24 hours, at most 100. */
  readEnded(tenant: string): Promise<readonly EndedJob[]>;
  /** Job types that no worker can run now, with the reason's code. */
  readUnready(jobTypes: readonly string[]): Promise<ReadonlyMap<string, string>>;
}

export interface Subscription {
  /** Changes what is watched; what is new is read and told first. */
  watch(refs: readonly JobRef[]): Promise<void>;
  close(): Promise<void>;
}

/** What event routes hold. Order: subscribe, then read, then only what is newer: no gap, no step back. */
export interface StatusFeed {
  /** The listener gets the present snapshot of each ref first (none where absent), then each newer one. */
  subscribe(refs: readonly JobRef[], listener: (snapshot: StoredSnapshot) => void): Promise<Subscription>;
  /**
   * The listener gets the tenant's present lists first, then again after each change of who is on them or of `more`; a
   * mere sign of life or progress is none. The snapshots are those of that moment: newer ones come by `subscribe`.
   */
  watchLists(tenant: string, listener: (lists: TenantLists) => void): Promise<Unsubscribe>;
}

/** The reconciler's last tick as a store remembers it. */
export interface Sentinel {
  readonly tick: number;
  /** Unix ms, by Postgres' clock. */
  readonly tickedAtMs: number;
}

/** Something whose loss of data can be noticed: it keeps the last tick it was told. */
export interface SentinelKeeper {
  /** In an order that stays, some on every master; null where one is missing. */
  readSentinels(): Promise<readonly (Sentinel | null)[]>;
  /**
   * Writes each that still says what was read, so that a loss between reading and writing stays visible.
   * @returns whether all did.
   */
  writeSentinels(sentinel: Sentinel, read: readonly (Sentinel | null)[]): Promise<boolean>;
}

export interface Beat {
  readonly owner: string;
  /** How old the beat is, ms. */
  readonly ageMs: number;
}

export interface StoreMemory {
  readonly usedBytes: number;
  /** 0: no limit. */
  readonly maxBytes: number;
  /** Redis' `maxmemory-policy`; "memory" for the memory store. */
  readonly policy: string;
  readonly appendOnly: boolean;
  /** Keys held now. */
  readonly keys: number;
  /** Of them those with a TTL: what is live; with `FINISHED_TTL_SECONDS` above 0 also what is finished. */
  readonly expiringKeys: number;
}

/** What one installation keeps in the status store beside its tenants' data. */
export interface Installation extends SentinelKeeper {
  /** Resolves when the store answers. */
  ping(): Promise<void>;
  beat(owner: string): Promise<void>;
  readBeat(): Promise<Beat | null>;
  /** Tells the reconciler that an outbox entry was left undone. */
  wake(): Promise<void>;
  onWake(listener: () => void): Promise<Unsubscribe>;
  /** Renews (60 s) or, with null, removes the word that no worker can run this job type. */
  setUnready(jobType: string, reason: string | null): Promise<void>;
  readMemory(): Promise<StoreMemory>;
}

/** What an adapter gives: the ports over one connection set, and its end. */
export interface StatusStore {
  readonly writer: StatusWriter;
  readonly reader: StatusReader;
  readonly feed: StatusFeed;
  readonly installation: Installation;
  /** What was watched, for routes and for the flusher. */
  readonly views: ViewStore & ViewFlushStore;
  readonly viewFeed: ViewFeed;
  /** A second close does nothing. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

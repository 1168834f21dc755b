import {
  applyTransition,
  refKey,
  REMOVED,
  StatusplaneError,
  type Beat,
  type EncodedSnapshot,
  type Installation,
  type JobRef,
  type Sentinel,
  type StatusWriter,
  type StoreMemory,
  type Unsubscribe,
  type WriteAnswer,
  type WriteKind,
  type WriteReply,
} from "@statusplane/core";
import type { FakeClock } from "./fake-clock.ts";

export interface SeenWrite {
  readonly kind: WriteKind;
  readonly snapshot: EncodedSnapshot;
  readonly answer: WriteAnswer;
  readonly atMs: number;
}

/** The guarded write over a Map, with a switch for being away. */
export class FakeStatusStore implements StatusWriter, Installation {
  readonly snapshots = new Map<string, EncodedSnapshot>();
  /** Answered writes, in order. */
  readonly writes: SeenWrite[] = [];
  readonly removed = new Set<string>();
  readonly touched: JobRef[][] = [];
  readonly unready = new Map<string, string>();
  away = false;
  sentinel: Sentinel | null = null;
  /** Called between a sentinel's reading and its writing. */
  beforeSentinelWrite: () => void = () => undefined;
  beatOf: { owner: string; atMs: number } | null = null;
  failedWrites = 0;
  wakes = 0;
  readonly #clock: FakeClock;
  readonly #cancelFlags = new Set<string>();
  readonly #listeners = new Map<string, () => void>();
  #wakeListener: (() => void) | null = null;
  /** Called before a write is decided. */
  onWrite: (kind: WriteKind, snapshot: EncodedSnapshot) => void = () => undefined;

  constructor(clock: FakeClock) {
    this.#clock = clock;
  }

  shown(ref: JobRef): EncodedSnapshot | null {
    return this.snapshots.get(refKey(ref)) ?? null;
  }

  body(ref: JobRef): Record<string, unknown> {
    return JSON.parse(this.shown(ref)?.text ?? "null") as Record<string, unknown>;
  }

  /** Answered writes of this kind. */
  of(kind: WriteKind): SeenWrite[] {
    return this.writes.filter((write) => write.kind === kind);
  }

  async write(kind: WriteKind, snapshot: EncodedSnapshot): Promise<WriteReply> {
    await this.#answers(() => (this.failedWrites += 1));
    this.onWrite(kind, snapshot);
    const key = refKey(snapshot.ref);
    const { answer, effect } = applyTransition(
      this.removed.has(key) ? REMOVED : (this.snapshots.get(key) ?? null),
      kind,
      snapshot,
    );
    if (effect === "replace") this.snapshots.set(key, snapshot);
    this.writes.push({ kind, snapshot, answer, atMs: this.#clock.nowMs() });
    return { answer, cancelRequested: this.#cancelFlags.has(`${key}.${snapshot.attempt}`) };
  }

  /** The flag alone, as if the control message had been lost. */
  flagCancel(ref: JobRef, attempt: number): void {
    this.#cancelFlags.add(`${refKey(ref)}.${attempt}`);
  }

  async requestCancel(ref: JobRef, attempt: number): Promise<boolean> {
    this.flagCancel(ref, attempt);
    this.#listeners.get(`${refKey(ref)}.${attempt}`)?.();
    return true;
  }

  async watchCancel(ref: JobRef, attempt: number, listener: () => void): Promise<Unsubscribe> {
    await this.#answers();
    const key = `${refKey(ref)}.${attempt}`;
    this.#listeners.set(key, listener);
    return async () => void this.#listeners.delete(key);
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  async touchActive(refs: readonly JobRef[]): Promise<void> {
    await this.#answers();
    this.touched.push([...refs]);
  }

  async remove(ref: JobRef): Promise<void> {
    await this.#answers();
    this.snapshots.delete(refKey(ref));
    this.removed.add(refKey(ref));
  }

  async restoreResult(): Promise<void> {
    await this.#answers();
  }

  async ping(): Promise<void> {
    await this.#answers();
  }

  async beat(owner: string): Promise<void> {
    await this.#answers();
    this.beatOf = { owner, atMs: this.#clock.nowMs() };
  }

  async readBeat(): Promise<Beat | null> {
    await this.#answers();
    const beat = this.beatOf;
    return beat === null ? null : { owner: beat.owner, ageMs: this.#clock.nowMs() - beat.atMs };
  }

  async wake(): Promise<void> {
    await this.#answers();
    this.wakes += 1;
    this.#wakeListener?.();
  }

  async onWake(listener: () => void): Promise<Unsubscribe> {
    this.#wakeListener = listener;
    return async () => void (this.#wakeListener = null);
  }

  async setUnready(jobType: string, reason: string | null): Promise<void> {
    await this.#answers();
    if (reason === null) this.unready.delete(jobType);
    else this.unready.set(jobType, reason);
  }

  async readMemory(): Promise<StoreMemory> {
    return { usedBytes: 0, maxBytes: 0, policy: "memory", appendOnly: false, keys: 0, expiringKeys: 0 };
  }

  async readSentinels(): Promise<readonly (Sentinel | null)[]> {
    await this.#answers();
    return [this.sentinel];
  }

  async writeSentinels(sentinel: Sentinel, [read]: readonly (Sentinel | null)[]): Promise<boolean> {
    await this.#answers();
    this.beforeSentinelWrite();
    if (this.sentinel?.tick !== read?.tick) return false;
    this.sentinel = sentinel;
    return true;
  }

  async #answers(onRefusal: () => void = () => undefined): Promise<void> {
    await Promise.resolve();
    if (!this.away) return;
    onRefusal();
    throw new StatusplaneError("store_unavailable");
  }
}

import {
  StatusplaneError,
  type EncodedSnapshot,
  type Installation,
  type JobRef,
  type Sentinel,
  type StatusWriter,
  type Unsubscribe,
  type WriteAnswer,
  type WriteKind,
  type WriteReply,
} from "@statusplane/core";
import { snapshotWithHead, statusStoreSettings } from "@statusplane/core/status-store";
import { MemoryEntries, MemoryInstallation, memoryStatusStoreOver } from "@statusplane/memory/testing";
import type { FakeClock } from "./fake-clock.ts";

export interface SeenWrite {
  readonly kind: WriteKind;
  readonly snapshot: EncodedSnapshot;
  readonly answer: WriteAnswer;
  readonly atMs: number;
}

/** What of a write is still there after it. */
type ShownSnapshot = Omit<EncodedSnapshot, "endedAtMs">;

const SETTINGS = statusStoreSettings({});

/** The status store in memory, with a switch for being away, and with what can be lost of it. */
export class FakeStatusStore implements StatusWriter, Installation {
  /** Answered writes, in order. */
  readonly writes: SeenWrite[] = [];
  readonly touched: JobRef[][] = [];
  away = false;
  /** Called between a sentinel's reading and its writing. */
  beforeSentinelWrite: () => void = () => undefined;
  failedWrites = 0;
  wakes = 0;
  /** Those who wait for a cancel now. */
  listeners = 0;
  /** Called before a write is decided. */
  onWrite: (kind: WriteKind, snapshot: EncodedSnapshot) => void = () => undefined;
  readonly #clock: FakeClock;
  readonly #entries: MemoryEntries;
  readonly #writer: StatusWriter;
  #installation: MemoryInstallation;
  #sentinel: Sentinel | null = null;
  #onWake: (() => void) | null = null;

  constructor(clock: FakeClock) {
    this.#clock = clock;
    this.#entries = new MemoryEntries(() => clock.nowMs());
    this.#writer = memoryStatusStoreOver(this.#entries, {}).writer;
    this.#installation = new MemoryInstallation(SETTINGS, this.#entries);
  }

  /** How many jobs it knows. */
  get size(): number {
    return this.#entries.size;
  }

  shown(ref: JobRef): ShownSnapshot | null {
    const entry = this.#entries.get(ref);
    if (entry === null || entry.snapshot === null) return null;
    return { ...entry.snapshot, hash: entry.hash, resultText: entry.resultText };
  }

  body(ref: JobRef): Record<string, unknown> {
    return JSON.parse(this.shown(ref)?.text ?? "null") as Record<string, unknown>;
  }

  /** Answered writes of this kind. */
  of(kind: WriteKind): SeenWrite[] {
    return this.writes.filter((write) => write.kind === kind);
  }

  /** Another program's write, whatever was there. */
  put({ ref, hash, resultText, text, attempt, version, status }: ShownSnapshot): void {
    const snapshot = snapshotWithHead(ref, { attempt, version, status }, text);
    this.#entries.set(ref, { snapshot, hash, cancelRequestedFor: null, resultText, expiresAtMs: null });
  }

  /** What was known of the job is lost, also that it was removed. */
  forget(ref: JobRef): void {
    this.#entries.forget(ref);
  }

  /** All snapshots are lost. */
  flush(): void {
    this.#entries.clear();
  }

  get sentinel(): Sentinel | null {
    return this.#sentinel;
  }

  /** The sentinel as a loss, or a failover to an older copy, leaves it. */
  set sentinel(sentinel: Sentinel | null) {
    this.#sentinel = sentinel;
    this.#installation = new MemoryInstallation(SETTINGS, this.#entries);
    if (sentinel !== null) void this.#installation.writeSentinels(sentinel, [null]);
    if (this.#onWake !== null) void this.#installation.onWake(this.#onWake);
  }

  unreadyOf(jobType: string): string | undefined {
    return this.#installation.unreadyOf([jobType]).get(jobType);
  }

  async write(kind: WriteKind, snapshot: EncodedSnapshot): Promise<WriteReply> {
    await this.#answers(() => (this.failedWrites += 1));
    this.onWrite(kind, snapshot);
    const reply = await this.#writer.write(kind, snapshot);
    this.writes.push({ kind, snapshot, answer: reply.answer, atMs: this.#clock.nowMs() });
    return reply;
  }

  /** The flag alone, as if the control message had been lost. */
  flagCancel(ref: JobRef, attempt: number): void {
    const entry = this.#entries.get(ref);
    if (entry === null) throw new Error("nothing to flag");
    this.#entries.set(ref, { ...entry, cancelRequestedFor: attempt });
  }

  async requestCancel(ref: JobRef, attempt: number): Promise<boolean> {
    await this.#answers();
    return this.#writer.requestCancel(ref, attempt);
  }

  async watchCancel(ref: JobRef, attempt: number, listener: () => void): Promise<Unsubscribe> {
    await this.#answers();
    const unsubscribe = await this.#writer.watchCancel(ref, attempt, listener);
    this.listeners += 1;
    return async () => {
      this.listeners -= 1;
      await unsubscribe();
    };
  }

  async touchActive(refs: readonly JobRef[]): Promise<void> {
    await this.#answers();
    this.touched.push([...refs]);
    await this.#writer.touchActive(refs);
  }

  async remove(ref: JobRef): Promise<void> {
    await this.#answers();
    await this.#writer.remove(ref);
  }

  async restoreResult(ref: JobRef, attempt: number, text: string): Promise<void> {
    await this.#answers();
    await this.#writer.restoreResult(ref, attempt, text);
  }

  readonly ping: Installation["ping"] = () => this.#answers();

  async beat(owner: string): Promise<void> {
    await this.#answers();
    await this.#installation.beat(owner);
  }

  readonly readBeat: Installation["readBeat"] = async () => {
    await this.#answers();
    return this.#installation.readBeat();
  };

  async wake(): Promise<void> {
    await this.#answers();
    this.wakes += 1;
    await this.#installation.wake();
  }

  async onWake(listener: () => void): Promise<Unsubscribe> {
    this.#onWake = listener;
    return this.#installation.onWake(listener);
  }

  async setUnready(jobType: string, reason: string | null): Promise<void> {
    await this.#answers();
    await this.#installation.setUnready(jobType, reason);
  }

  readonly readMemory: Installation["readMemory"] = () => this.#installation.readMemory();

  readonly readSentinels: Installation["readSentinels"] = async () => {
    await this.#answers();
    return this.#installation.readSentinels();
  };

  readonly writeSentinels: Installation["writeSentinels"] = async (sentinel, read) => {
    await this.#answers();
    this.beforeSentinelWrite();
    const written = await this.#installation.writeSentinels(sentinel, read);
    if (written) this.#sentinel = sentinel;
    return written;
  };

  async #answers(onRefusal: () => void = () => undefined): Promise<void> {
    await Promise.resolve();
    if (!this.away) return;
    onRefusal();
    throw new StatusplaneError("store_unavailable");
  }
}

import {
  applyTransition,
  isEndTaken,
  isTerminal,
  jobKeys,
  livenessAfter,
  REMOVED,
  type EncodedSnapshot,
  type JobRef,
  type StatusWriter,
  type StoredSnapshot,
  type Unsubscribe,
  type WriteAnswer,
  type WriteKind,
  type WriteReply,
} from "@statusplane/core";
import { snapshotWithHead, type StatusStoreSettings } from "@statusplane/core/status-store";
import type { MemoryChannels } from "./memory-channels.ts";
import type { MemoryEntries, MemoryEntry } from "./memory-entries.ts";
import type { MemoryTenantLists } from "./memory-tenant-lists.ts";

export interface MemoryWriterParts {
  readonly entries: MemoryEntries;
  readonly lists: MemoryTenantLists;
  readonly events: MemoryChannels<StoredSnapshot>;
  readonly control: MemoryChannels<number>;
  readonly settings: StatusStoreSettings;
}

/** The three writes, decided by `applyTransition`; each is one synchronous step and so atomic. */
export class MemoryStatusWriter implements StatusWriter {
  readonly #parts: MemoryWriterParts;

  constructor(parts: MemoryWriterParts) {
    this.#parts = parts;
  }

  /** @throws {TypeError} when kind, status and version do not fit each other. */
  async write(kind: WriteKind, write: EncodedSnapshot): Promise<WriteReply> {
    const { entries, settings } = this.#parts;
    const { ref } = write;
    const current = entries.get(ref);
    const { answer, effect } = applyTransition(heldBy(current), kind, write);
    const sameAttempt = current?.snapshot?.attempt === write.attempt ? current : null;
    if (effect === "replace") this.#replace(sameAttempt, write);
    else if (effect === "renew" && current !== null) {
      entries.set(ref, { ...current, expiresAtMs: this.#liveUntilMs() });
    }
    this.#keepLists(kind, write, answer);
    settings.counters.onWrite?.(kind, answer);
    return {
      answer,
      cancelRequested: kind !== "finish" && sameAttempt?.cancelRequestedFor === write.attempt,
    };
  }

  async requestCancel(ref: JobRef, attempt: number): Promise<boolean> {
    const entry = this.#parts.entries.get(ref);
    if (entry?.snapshot?.attempt !== attempt || entry.snapshot.status !== "PROCESSING") return false;
    this.#parts.entries.set(ref, { ...entry, cancelRequestedFor: attempt });
    this.#parts.control.publish(jobKeys(ref).control, attempt);
    return true;
  }

  async watchCancel(ref: JobRef, attempt: number, listener: () => void): Promise<Unsubscribe> {
    return this.#parts.control.listen(jobKeys(ref).control, (asked) => {
      if (asked === attempt) listener();
    });
  }

  async touchActive(refs: readonly JobRef[]): Promise<void> {
    for (const ref of refs) this.#parts.lists.live("alive", ref);
  }

  async remove(ref: JobRef): Promise<void> {
    const expiresAtMs = this.#liveUntilMs();
    const nothing = { snapshot: null, hash: null, cancelRequestedFor: null, resultText: null };
    this.#parts.entries.set(ref, { ...nothing, expiresAtMs });
    this.#parts.lists.remove(ref);
  }

  async restoreResult(ref: JobRef, attempt: number, text: string): Promise<void> {
    const entry = this.#parts.entries.get(ref);
    if (entry?.snapshot?.attempt !== attempt || !isTerminal(entry.snapshot.status)) return;
    this.#parts.entries.set(ref, { ...entry, resultText: text });
  }

  #replace(sameAttempt: MemoryEntry | null, write: EncodedSnapshot): void {
    const { entries, events } = this.#parts;
    const snapshot = snapshotWithHead(write.ref, write, write.text);
    entries.set(write.ref, {
      snapshot,
      hash: write.hash,
      cancelRequestedFor: write.status === "PROCESSING" ? (sameAttempt?.cancelRequestedFor ?? null) : null,
      resultText: isTerminal(write.status) ? write.resultText : null,
      expiresAtMs: isTerminal(write.status) ? this.#finishedUntilMs() : this.#liveUntilMs(),
    });
    events.publish(jobKeys(write.ref).events, snapshot);
  }

  #keepLists(kind: WriteKind, { ref, attempt, endedAtMs }: EncodedSnapshot, answer: WriteAnswer): void {
    const { lists } = this.#parts;
    const liveness = kind === "announce" ? livenessAfter(answer, attempt) : null;
    if (liveness !== null) lists.live(liveness, ref);
    if (endedAtMs !== null && isEndTaken(answer)) lists.ended({ ref, endedAtMs });
  }

  #liveUntilMs(): number {
    return this.#parts.entries.now() + this.#parts.settings.timings.liveTtlSeconds * 1_000;
  }

  #finishedUntilMs(): number | null {
    const ttlSeconds = this.#parts.settings.finishedTtlSeconds();
    return ttlSeconds === 0 ? null : this.#parts.entries.now() + ttlSeconds * 1_000;
  }
}

function heldBy(entry: MemoryEntry | null): Parameters<typeof applyTransition>[0] {
  return entry === null ? null : (entry.snapshot ?? REMOVED);
}

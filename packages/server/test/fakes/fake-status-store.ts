import {
  encodeSnapshot,
  refKey,
  StatusplaneError,
  type EncodedSnapshot,
  type JobRef,
  type Snapshot,
  type StatusFeed,
  type StatusReader,
  type StatusStore,
  type StatusWriter,
  type StoredSnapshot,
  type WriteKind,
  type WriteReply,
} from "@statusplane/core";
import { snapshotWithHead } from "@statusplane/core/status-store";
import { MemoryEntries, memoryStatusStoreOver } from "@statusplane/memory/testing";

/** The status store in memory, with a switch for being away. */
export class FakeStatusStore implements StatusReader, StatusWriter {
  /** Asked for a cancel, as `tenant.kind.id attempt`. */
  readonly cancelRequests: string[] = [];
  /** Answered writes, as `kind STATUS attempt answer`. */
  readonly writes: string[] = [];
  /** Calls so far. */
  reads = 0;
  /** The store does not answer. */
  down = false;
  readonly #entries = new MemoryEntries(() => performance.now());
  readonly #store: StatusStore = memoryStatusStoreOver(this.#entries, {});

  /** Hears of what is written by `write`. */
  get feed(): StatusFeed {
    return this.#store.feed;
  }

  get viewFeed(): StatusStore["viewFeed"] {
    return this.#store.viewFeed;
  }

  get views(): StatusStore["views"] {
    return this.#store.views;
  }

  /** Puts a snapshot there as if its writer had. */
  put(snapshot: Snapshot): StoredSnapshot {
    return this.putText(snapshot.ref, encodeSnapshot(snapshot));
  }

  putText(
    ref: JobRef,
    { text, ...head }: Omit<EncodedSnapshot, "ref" | "hash" | "resultText" | "endedAtMs">,
  ): StoredSnapshot {
    const { attempt, version, status } = head;
    const snapshot = snapshotWithHead(ref, { attempt, version, status }, text);
    const nothing = { hash: null, cancelRequestedFor: null, resultText: null, expiresAtMs: null };
    this.#entries.set(ref, { snapshot, ...nothing });
    void this.#store.writer.touchActive([ref]);
    return snapshot;
  }

  /** A result beside the snapshot, whether that is there or not. */
  putResult(ref: JobRef, resultText: string): void {
    const none = { snapshot: null, hash: null, cancelRequestedFor: null, expiresAtMs: null };
    this.#entries.set(ref, { ...(this.#entries.get(ref) ?? none), resultText });
  }

  /** Why no worker can run jobs of a type now. */
  async putUnready(jobType: string, reason: string): Promise<void> {
    await this.#store.installation.setUnready(jobType, reason);
  }

  forget(ref: JobRef): void {
    this.#entries.forget(ref);
  }

  readonly read: StatusReader["read"] = (ref) => this.#answer(() => this.#store.reader.read(ref));
  readonly readMany: StatusReader["readMany"] = (refs) =>
    this.#answer(() => this.#store.reader.readMany(refs));
  readonly readResult: StatusReader["readResult"] = (ref) =>
    this.#answer(() => this.#store.reader.readResult(ref));
  readonly readActive: StatusReader["readActive"] = (tenant, limit) =>
    this.#answer(() => this.#store.reader.readActive(tenant, limit));
  readonly readEnded: StatusReader["readEnded"] = (tenant) =>
    this.#answer(() => this.#store.reader.readEnded(tenant));
  readonly readUnready: StatusReader["readUnready"] = (jobTypes) =>
    this.#answer(() => this.#store.reader.readUnready(jobTypes));

  async write(kind: WriteKind, snapshot: EncodedSnapshot): Promise<WriteReply> {
    const reply = await this.#answer(() => this.#store.writer.write(kind, snapshot));
    this.writes.push(`${kind} ${snapshot.status} ${snapshot.attempt} ${reply.answer}`);
    return reply;
  }

  async requestCancel(ref: JobRef, attempt: number): Promise<boolean> {
    const flagged = await this.#answer(() => this.#store.writer.requestCancel(ref, attempt));
    this.cancelRequests.push(`${refKey(ref)} ${attempt}`);
    return flagged;
  }

  readonly watchCancel: StatusWriter["watchCancel"] = (ref, attempt, listener) =>
    this.#answer(() => this.#store.writer.watchCancel(ref, attempt, listener));
  readonly touchActive: StatusWriter["touchActive"] = (refs) =>
    this.#answer(() => this.#store.writer.touchActive(refs));
  readonly remove: StatusWriter["remove"] = (ref) => this.#answer(() => this.#store.writer.remove(ref));
  readonly restoreResult: StatusWriter["restoreResult"] = (ref, attempt, text) =>
    this.#answer(() => this.#store.writer.restoreResult(ref, attempt, text));

  async #answer<T>(call: () => Promise<T>): Promise<T> {
    this.reads += 1;
    if (this.down)
      throw new StatusplaneError("store_unavailable", { cause: new Error("connect ECONNREFUSED") });
    return call();
  }
}

import {
  applyTransition,
  encodeSnapshot,
  isTerminal,
  refKey,
  REMOVED,
  StatusplaneError,
  type ActiveList,
  type EncodedSnapshot,
  type JobRef,
  type Snapshot,
  type StatusReader,
  type StatusWriter,
  type StoredSnapshot,
  type Unsubscribe,
  type WriteKind,
  type WriteReply,
} from "@statusplane/core";

/** A status store of one Map, with core's own transition rule. */
export class FakeStatusStore implements StatusReader, StatusWriter {
  readonly snapshots = new Map<string, StoredSnapshot>();
  readonly removed = new Set<string>();
  readonly results = new Map<string, string>();
  readonly unready = new Map<string, string>();
  readonly cancelRequests: string[] = [];
  readonly writes: string[] = [];
  reads = 0;
  /** The store does not answer. */
  down = false;

  /** Puts a snapshot there as if its writer had. */
  put(snapshot: Snapshot): StoredSnapshot {
    return this.putText(snapshot.ref, encodeSnapshot(snapshot));
  }

  putText(
    ref: JobRef,
    { attempt, version, status, text }: Omit<EncodedSnapshot, "ref" | "hash" | "resultText">,
  ) {
    const stored = { ref, attempt, version, status, text, etag: `"${attempt}.${version}"` };
    this.snapshots.set(refKey(ref), stored);
    return stored;
  }

  async read(ref: JobRef): Promise<StoredSnapshot | null> {
    this.#answer();
    return this.snapshots.get(refKey(ref)) ?? null;
  }

  async readMany(refs: readonly JobRef[]): Promise<readonly (StoredSnapshot | null)[]> {
    this.#answer();
    return refs.map((ref) => this.snapshots.get(refKey(ref)) ?? null);
  }

  async readResult(ref: JobRef): Promise<string | null> {
    this.#answer();
    return this.results.get(refKey(ref)) ?? null;
  }

  async readActive(tenant: string, limit: number): Promise<ActiveList> {
    this.#answer();
    const live = [...this.snapshots.values()].filter(
      (each) => each.ref.tenant === tenant && !isTerminal(each.status),
    );
    return { snapshots: live.slice(0, limit), more: Math.max(0, live.length - limit) };
  }

  async readUnready(jobTypes: readonly string[]): Promise<ReadonlyMap<string, string>> {
    this.#answer();
    return new Map([...this.unready].filter(([jobType]) => jobTypes.includes(jobType)));
  }

  async write(kind: WriteKind, snapshot: EncodedSnapshot): Promise<WriteReply> {
    this.#answer();
    const { answer, effect } = applyTransition(
      this.removed.has(refKey(snapshot.ref)) ? REMOVED : (this.snapshots.get(refKey(snapshot.ref)) ?? null),
      kind,
      snapshot,
    );
    this.writes.push(`${kind} ${snapshot.status} ${snapshot.attempt} ${answer}`);
    if (effect === "replace") this.putText(snapshot.ref, snapshot);
    return { answer, cancelRequested: false };
  }

  async requestCancel(ref: JobRef, attempt: number): Promise<boolean> {
    this.#answer();
    this.cancelRequests.push(`${refKey(ref)} ${attempt}`);
    return true;
  }

  async watchCancel(): Promise<Unsubscribe> {
    return async () => undefined;
  }

  async touchActive(): Promise<void> {
    this.#answer();
  }

  async remove(ref: JobRef): Promise<void> {
    this.#answer();
    this.snapshots.delete(refKey(ref));
    this.results.delete(refKey(ref));
    this.removed.add(refKey(ref));
  }

  async restoreResult(ref: JobRef, _attempt: number, text: string): Promise<void> {
    this.#answer();
    this.results.set(refKey(ref), text);
  }

  #answer(): void {
    this.reads += 1;
    if (this.down)
      throw new StatusplaneError("store_unavailable", { cause: new Error("connect ECONNREFUSED") });
  }
}

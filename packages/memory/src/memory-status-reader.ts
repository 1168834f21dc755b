import {
  isTerminal,
  jobRef,
  parseKeyInTenant,
  type ActiveList,
  type JobRef,
  type StatusReader,
  type StoredSnapshot,
} from "@statusplane/core";
import type { MemoryActiveLists } from "./memory-active-lists.ts";
import type { MemoryEntries } from "./memory-entries.ts";
import type { MemoryInstallation } from "./memory-installation.ts";

export interface MemoryReaderParts {
  readonly entries: MemoryEntries;
  readonly activeLists: MemoryActiveLists;
  readonly installation: MemoryInstallation;
}

/** Reads what the writer of the same process wrote. */
export class MemoryStatusReader implements StatusReader {
  readonly #parts: MemoryReaderParts;

  constructor(parts: MemoryReaderParts) {
    this.#parts = parts;
  }

  async read(ref: JobRef): Promise<StoredSnapshot | null> {
    return this.#parts.entries.get(ref)?.snapshot ?? null;
  }

  async readMany(refs: readonly JobRef[]): Promise<readonly (StoredSnapshot | null)[]> {
    return refs.map((ref) => this.#parts.entries.get(ref)?.snapshot ?? null);
  }

  async readResult(ref: JobRef): Promise<string | null> {
    return this.#parts.entries.get(ref)?.resultText ?? null;
  }

  async readActive(tenant: string, limit: number): Promise<ActiveList> {
    const { entries, activeLists } = this.#parts;
    const live: StoredSnapshot[] = [];
    for (const member of activeLists.members(tenant)) {
      const parsed = parseKeyInTenant(member);
      const snapshot = parsed === null ? null : entries.get(jobRef(tenant, parsed.kind, parsed.id))?.snapshot;
      if (snapshot !== null && snapshot !== undefined && !isTerminal(snapshot.status)) live.push(snapshot);
      else activeLists.remove(tenant, member);
    }
    return { snapshots: live.slice(0, limit), more: Math.max(0, live.length - limit) };
  }

  async readUnready(jobTypes: readonly string[]): Promise<ReadonlyMap<string, string>> {
    return this.#parts.installation.unreadyOf(jobTypes);
  }
}

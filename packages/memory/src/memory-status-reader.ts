import {
  isTerminal,
  jobRef,
  parseKeyInTenant,
  type ActiveList,
  type EndedJob,
  type JobRef,
  type StatusReader,
  type StoredSnapshot,
} from "@statusplane/core";
import type { MemoryEntries } from "./memory-entries.ts";
import type { MemoryInstallation } from "./memory-installation.ts";
import type { MemoryTenantLists } from "./memory-tenant-lists.ts";

export interface MemoryReaderParts {
  readonly entries: MemoryEntries;
  readonly lists: MemoryTenantLists;
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
    const { entries, lists } = this.#parts;
    const live: StoredSnapshot[] = [];
    for (const member of lists.activeMembers(tenant)) {
      const parsed = parseKeyInTenant(member);
      const snapshot = parsed === null ? null : entries.get(jobRef(tenant, parsed.kind, parsed.id))?.snapshot;
      if (snapshot !== null && snapshot !== undefined && !isTerminal(snapshot.status)) live.push(snapshot);
      else lists.drop(tenant, member);
    }
    return { snapshots: live.slice(0, limit), more: Math.max(0, live.length - limit) };
  }

  async readEnded(tenant: string): Promise<readonly EndedJob[]> {
    return this.#parts.lists.readEnded(tenant);
  }

  async readUnready(jobTypes: readonly string[]): Promise<ReadonlyMap<string, string>> {
    return this.#parts.installation.unreadyOf(jobTypes);
  }
}

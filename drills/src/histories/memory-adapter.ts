import { CANCEL_FIELD, type JobRef } from "@statusplane/core";
import { MemoryEntries, memoryStatusStoreOver } from "@statusplane/memory/testing";
import { LIVE_TTL_SECONDS, lifeOf, type HistoryAdapter } from "./history-adapter.ts";
import type { Sight } from "./sight.ts";

/** A new store after so many jobs: the sweep has something to do, and the memory is bounded. */
const JOBS_PER_STORE = 200;

/** The memory store over a clock of its own. It loses a job only as a process does that ends: with all others. */
export function openMemoryAdapter(finishedTtlSeconds: number): HistoryAdapter {
  let nowMs = 0;
  let jobs = 0;
  const open = (): { entries: MemoryEntries; store: ReturnType<typeof memoryStatusStoreOver> } => {
    const entries = new MemoryEntries(() => nowMs);
    return { entries, store: memoryStatusStoreOver(entries, { finishedTtlSeconds }) };
  };
  let opened = open();
  const reopen = async (): Promise<void> => {
    await opened.store.close();
    opened = open();
    jobs = 0;
  };
  const look = async (ref: JobRef): Promise<Sight> => {
    const entry = opened.entries.get(ref);
    if (entry === null) {
      const lives = { status: "absent", progress: "absent", result: "absent" } as const;
      return { text: null, hash: null, result: null, lives };
    }
    const { snapshot, hash, cancelRequestedFor, resultText, expiresAtMs } = entry;
    const life = lifeOf(expiresAtMs === null ? null : expiresAtMs - nowMs);
    return {
      text: snapshot?.text ?? null,
      hash: hash === null ? null : present({ ...hash, [CANCEL_FIELD]: cancelRequestedFor }),
      result: resultText,
      lives: {
        status: life,
        progress: hash === null ? "absent" : life,
        result: resultText === null ? "absent" : life,
      },
    };
  };
  return {
    name: "memory",
    atOnce: 1,
    evicts: false,
    finishedLife: finishedTtlSeconds === 0 ? "for-ever" : "finished",
    store: () => opened.store,
    look,
    async lookAndForget(ref) {
      const sight = await look(ref);
      if (++jobs >= JOBS_PER_STORE) await reopen();
      return sight;
    },
    lose: reopen,
    async expire() {
      nowMs += LIVE_TTL_SECONDS * 1_000;
    },
    evict: () => Promise.reject(new Error("nothing is evicted from the memory store")),
    close: () => opened.store.close(),
  };
}

function present(fields: Readonly<Record<string, string | number | null>>): Record<string, string> {
  const hash: Record<string, string> = {};
  for (const [field, value] of Object.entries(fields)) if (value !== null) hash[field] = String(value);
  return hash;
}

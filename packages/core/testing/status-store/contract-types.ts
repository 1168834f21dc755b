import type { JobRef, StatusStore } from "@statusplane/core";
import type { StatusStoreOptions } from "@statusplane/core/status-store";

/** A key's remaining life in whole seconds, "none" for ever, "absent" without the key. */
export type Life = number | "none" | "absent";

/** A store under test, and a look behind it. */
export interface OpenedStore {
  readonly store: StatusStore;
  /** The life of the job's text, hash and result. */
  readonly life: (
    ref: JobRef,
  ) => Promise<{ readonly status: Life; readonly progress: Life; readonly result: Life }>;
  /** The progress hash, cancel flag included; null where there is none. */
  readonly hash: (ref: JobRef) => Promise<Readonly<Record<string, string>> | null>;
  /** Loses all data, as FLUSHALL does. */
  readonly flush: () => Promise<void>;
  readonly close: () => Promise<void>;
}

export type OpenStore = (options?: StatusStoreOptions) => Promise<OpenedStore>;

export interface Skip {
  readonly reason: string;
  /** Names of tests. */
  readonly tests: readonly string[];
}

/** Defines one test of the suite, unless the adapter skips it. */
export type Check = (name: string, body: () => Promise<void>, timeoutMs?: number) => void;

/** What each part of the suite gets: `opened()` is the store shared by the suite's tests. */
export interface ContractContext {
  readonly check: Check;
  readonly opened: () => OpenedStore;
  readonly open: OpenStore;
}

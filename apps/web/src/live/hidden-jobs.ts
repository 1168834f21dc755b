import { watchKey, type WatchedJob } from "@statusplane/client";
import { browserStorage, observableValue, type ObservableValue, type TextStorage } from "../browser/index.ts";

/** The live list tells of the last 100 ends; above this the oldest are forgotten. */
const KEPT = 200;

type Hidable = Pick<WatchedJob, "ref" | "attempt">;

/**
 * Ended jobs that somebody at this browser has taken off the tray. It is one attempt that is hidden: a job that runs
 * again is shown again. A tenant's are its own.
 */
export class HiddenJobs {
  readonly marks: ObservableValue<ReadonlySet<string>>;
  readonly #storage: TextStorage;
  readonly #name: string;

  constructor(tenant: string, storage: TextStorage = browserStorage) {
    this.#storage = storage;
    this.#name = `statusplane.hidden.${tenant}`;
    this.marks = observableValue<ReadonlySet<string>>(new Set(parse(storage.get(this.#name))));
  }

  hide(jobs: readonly Hidable[]): void {
    const marks = [...new Set([...this.marks.get(), ...jobs.map(markOf)])].slice(-KEPT);
    this.#storage.set(this.#name, JSON.stringify(marks));
    this.marks.set(new Set(marks));
  }

  /** Leaves nothing behind for the next person at this browser. */
  forgetAll(): void {
    this.#storage.remove(this.#name);
    this.marks.set(new Set());
  }
}

/** One attempt of a job. */
export function markOf({ ref, attempt }: Hidable): string {
  return `${watchKey(ref)}@${attempt}`;
}

function parse(text: string | null): readonly string[] {
  try {
    const stored: unknown = JSON.parse(text ?? "[]");
    return Array.isArray(stored) ? stored.filter((mark): mark is string => typeof mark === "string") : [];
  } catch {
    return []; // not written by us: as if nothing were kept
  }
}

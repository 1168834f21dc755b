import { watchKey } from "@statusplane/client";
import { observableValue, type ObservableValue } from "../browser/index.ts";
import type { OwnJob } from "./tray.ts";

/** A worker that is free has begun by then. */
const FRESH_MS = 2_000;

/**
 * What was handed in on this page: which card each job has, from its upload on, and which jobs the live list has not
 * told of yet. Once it has, the list alone says what is shown.
 */
export class OwnJobs {
  readonly jobs: ObservableValue<readonly OwnJob[]> = observableValue<readonly OwnJob[]>([]);
  readonly #timers = new Set<number>();

  add({ key, ref, title }: Pick<OwnJob, "key" | "ref" | "title">): void {
    this.jobs.set([...this.jobs.get(), { key, ref, title, isFresh: true, isListed: false }]);
    const timer = window.setTimeout(() => {
      this.#timers.delete(timer);
      this.#change((job) => (job.key === key ? { ...job, isFresh: false } : job));
    }, FRESH_MS);
    this.#timers.add(timer);
  }

  /** @param listed the keys of what the live list tells of. */
  noteListed(listed: ReadonlySet<string>): void {
    this.#change((job) =>
      !job.isListed && listed.has(watchKey(job.ref)) ? { ...job, isListed: true } : job,
    );
  }

  close(): void {
    for (const timer of this.#timers) window.clearTimeout(timer);
    this.#timers.clear();
  }

  #change(change: (job: OwnJob) => OwnJob): void {
    const before = this.jobs.get();
    const after = before.map(change);
    if (after.some((job, index) => job !== before[index])) this.jobs.set(after);
  }
}

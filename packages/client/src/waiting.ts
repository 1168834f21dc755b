import type { JobTypeInfo } from "@statusplane/core/wire";
import type { WatchedJob } from "./watched-job.ts";

/**
 * Job types that no worker can run now, with the reason's code, as the active list last told. A job of the type that
 * is seen running ends it. A video's snapshot does not name its type, for the kind has only one: which that is, the
 * server's job types say.
 */
export class Waiting {
  #current: Readonly<Record<string, string>> = {};
  #videoType: string | null = null;

  get current(): Readonly<Record<string, string>> {
    return this.#current;
  }

  replace(next: Readonly<Record<string, string>>): void {
    if (JSON.stringify(next) !== JSON.stringify(this.#current)) this.#current = next;
  }

  learn(jobTypes: readonly JobTypeInfo[]): void {
    this.#videoType = jobTypes.find(({ kind }) => kind === "video")?.jobType ?? null;
  }

  noteRunning(jobs: Iterable<WatchedJob>): void {
    if (Object.keys(this.#current).length === 0) return;
    const running = new Set<string | null>();
    for (const { ref, jobType, status } of jobs) {
      if (status === "PROCESSING") running.add(ref.kind === "video" ? this.#videoType : jobType);
    }
    this.replace(Object.fromEntries(Object.entries(this.#current).filter(([type]) => !running.has(type))));
  }
}

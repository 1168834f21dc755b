import type { WatchedJob } from "./watched-job.ts";

/** A video's only job type: its snapshots do not name it. */
const VIDEO_JOB_TYPE = "video_hls";

/**
 * Job types that no worker can run now, with the reason's code, as the active list last told. A job of the type that
 * is seen running ends it.
 */
export class Waiting {
  #current: Readonly<Record<string, string>> = {};

  get current(): Readonly<Record<string, string>> {
    return this.#current;
  }

  replace(next: Readonly<Record<string, string>>): void {
    if (JSON.stringify(next) !== JSON.stringify(this.#current)) this.#current = next;
  }

  noteRunning(jobs: Iterable<WatchedJob>): void {
    if (Object.keys(this.#current).length === 0) return;
    const running = new Set<string>();
    for (const { ref, jobType, status } of jobs) {
      if (status === "PROCESSING") running.add(jobType ?? (ref.kind === "video" ? VIDEO_JOB_TYPE : ""));
    }
    this.replace(Object.fromEntries(Object.entries(this.#current).filter(([type]) => !running.has(type))));
  }
}

import { asyncStatusStore, type AsyncStatusStore } from "./async-status-store.ts";
import type { StatusplaneClient } from "../statusplane-client.ts";
import { isEnded, isSuccess, type WatchedJob, type WatchRef } from "../watched-job.ts";

/**
 * Called once per attempt that succeeds. `detail` is the record, asked at most once per job, attempt and tab; null
 * when that had no answer. The job's terminal snapshot is complete without it.
 */
export type OnSuccess = (detail: unknown, job: WatchedJob) => void;

/** Watches jobs under the page's own ids and keeps {@link asyncStatusStore} up to date. */
export interface TaskPoller {
  readonly pollVideoJob: (taskId: string, videoId: string | number, onSuccess?: OnSuccess) => void;
  /** The task's id is the job's. */
  readonly pollExcelJob: (taskId: string, onSuccess?: OnSuccess) => void;
  /** Ends the watch and leaves the store as it is. */
  readonly stop: (taskId: string) => void;
}

const CANCELLED = { ko: "취소되었습니다.", en: "Cancelled." } as const;
const GONE = { ko: "작업을 찾을 수 없습니다.", en: "There is no such job." } as const;

const pollers = new WeakMap<StatusplaneClient, TaskPoller>();

/** The client's task poller: the same for every caller, so a task outlives the component that began it. */
export function taskPollerOf(client: StatusplaneClient): TaskPoller {
  const poller = pollers.get(client) ?? createTaskPoller(client);
  pollers.set(client, poller);
  return poller;
}

/** Makes a task poller that feeds a store of its own. */
export function createTaskPoller(
  client: StatusplaneClient,
  store: AsyncStatusStore = asyncStatusStore,
): TaskPoller {
  const stops = new Map<string, () => void>();

  const stop = (taskId: string): void => {
    stops.get(taskId)?.();
    stops.delete(taskId);
  };

  const poll = (taskId: string, ref: WatchRef, onSuccess?: OnSuccess): void => {
    stop(taskId);
    store.startTask(taskId);
    const feed = new TaskFeed({ taskId, store, client, onSuccess });
    const unwatch = client.watch(ref, (job) => feed.take(job));
    stops.set(taskId, () => {
      feed.end();
      unwatch();
    });
  };

  return {
    pollVideoJob: (taskId, videoId, onSuccess) =>
      poll(taskId, { kind: "video", id: String(videoId) }, onSuccess),
    pollExcelJob: (taskId, onSuccess) => poll(taskId, { kind: "job", id: taskId }, onSuccess),
    stop,
  };
}

interface TaskFeedOptions {
  readonly taskId: string;
  readonly store: AsyncStatusStore;
  readonly client: StatusplaneClient;
  readonly onSuccess: OnSuccess | undefined;
}

/** One task: `running` ⇄ `ended`; back only when the job begins a higher attempt. */
class TaskFeed {
  readonly #options: TaskFeedOptions;
  #isRunning = true;
  #isStopped = false;

  constructor(options: TaskFeedOptions) {
    this.#options = options;
  }

  take(job: WatchedJob): void {
    const { store, taskId } = this.#options;
    if (isEnded(job)) {
      if (this.#isRunning) this.#complete(job);
      this.#isRunning = false;
      return;
    }
    if (job.status === "UNKNOWN") return; // nothing known, or a word that says nothing about progress
    if (!this.#isRunning) store.startTask(taskId);
    this.#isRunning = true;
    store.updateProgress(taskId, job.percent ?? 0, job.remainingSeconds, job.step);
  }

  end(): void {
    this.#isStopped = true;
  }

  #complete(job: WatchedJob): void {
    const { store, taskId, client, onSuccess } = this.#options;
    if (!isSuccess(job)) {
      store.completeTask(taskId, "error", this.#failure(job));
      return;
    }
    store.completeTask(taskId, "success");
    if (onSuccess === undefined) return;
    void client.detailOnce(job.ref).then(
      (detail) => {
        if (!this.#isStopped) onSuccess(detail, job);
      },
      () => {}, // the client was closed: nobody waits any more
    );
  }

  #failure(job: WatchedJob): string {
    const { language } = this.#options.client;
    if (job.gone) return GONE[language];
    return job.status === "CANCELLED" ? CANCELLED[language] : (job.errorMessage ?? "");
  }
}

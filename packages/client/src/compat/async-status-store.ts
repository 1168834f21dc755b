/** A step as the store takes it; shown only if all four members are there. */
export interface AsyncStep {
  /** From 1. */
  readonly index: number;
  readonly total: number;
  readonly name: string;
  /** 0–100 of this step. */
  readonly percent: number;
}

/** One entry of the page's tray. The id is the page's own, not the job's. */
export interface AsyncStatus {
  readonly taskId: string;
  readonly status: "running" | "success" | "error";
  /** 1–99 while running, 100 at success; at an error what was reached. */
  readonly percent: number;
  /** Whole seconds; undefined while unknown. */
  readonly remainingSeconds: number | undefined;
  readonly step: AsyncStep | undefined;
  readonly message: string | undefined;
}

/** The page's tray: what runs and how it ended, by the page's own ids. */
export interface AsyncStatusStore {
  /** Begins anew at 1 %, also after an end (a retry). */
  startTask(taskId: string): void;
  /** Does nothing after {@link completeTask}: a late report never takes an end back. */
  updateProgress(taskId: string, percent: number, remainingSeconds?: number, step?: Partial<AsyncStep>): void;
  completeTask(taskId: string, outcome: "success" | "error", message?: string): void;
  removeTask(taskId: string): void;
  readonly subscribe: (listener: () => void) => () => void;
  /** By task id; the same object while nothing changed. */
  readonly getSnapshot: () => ReadonlyMap<string, AsyncStatus>;
}

/** Makes a store of its own, for a page that wants more than one tray. */
export function createAsyncStatusStore(): AsyncStatusStore {
  let snapshot: ReadonlyMap<string, AsyncStatus> = new Map();
  const listeners = new Set<() => void>();
  const replace = (next: ReadonlyMap<string, AsyncStatus>): void => {
    snapshot = next;
    for (const listener of [...listeners]) listener();
  };
  const set = (task: AsyncStatus): void => replace(new Map(snapshot).set(task.taskId, task));

  return {
    startTask(taskId) {
      set(started(taskId));
    },
    updateProgress(taskId, percent, remainingSeconds, step) {
      const before = snapshot.get(taskId) ?? started(taskId);
      if (before.status !== "running") return;
      set({ ...before, percent: runningPercent(percent), remainingSeconds, step: wholeStep(step) });
    },
    completeTask(taskId, outcome, message) {
      const before = snapshot.get(taskId) ?? started(taskId);
      const percent = outcome === "success" ? 100 : before.percent;
      set({ ...before, status: outcome, percent, remainingSeconds: undefined, step: undefined, message });
    },
    removeTask(taskId) {
      const next = new Map(snapshot);
      if (next.delete(taskId)) replace(next);
    },
    subscribe(listener) {
      const own = () => listener();
      listeners.add(own);
      return () => {
        listeners.delete(own);
      };
    },
    getSnapshot: () => snapshot,
  };
}

/**
 * The page's one tray, fed by `useWorkerJobPoller`, and by the page itself before a job exists.
 *
 * @example
 * asyncStatusStore.updateProgress("upload-1", 40, 12, { index: 1, total: 2, name: "Upload", percent: 80 });
 * asyncStatusStore.completeTask("upload-1", "error", "The file is too large.");
 */
export const asyncStatusStore: AsyncStatusStore = /* @__PURE__ */ createAsyncStatusStore();

function started(taskId: string): AsyncStatus {
  return {
    taskId,
    status: "running",
    percent: 1,
    remainingSeconds: undefined,
    step: undefined,
    message: undefined,
  };
}

/** A running bar is never empty and never full. */
function runningPercent(percent: number): number {
  return Number.isFinite(percent) ? Math.min(99, Math.max(1, Math.round(percent))) : 1;
}

function wholeStep(step: Partial<AsyncStep> | undefined): AsyncStep | undefined {
  const { index, total, name, percent } = step ?? {};
  if (index === undefined || total === undefined || name === undefined || percent === undefined)
    return undefined;
  return { index, total, name, percent };
}

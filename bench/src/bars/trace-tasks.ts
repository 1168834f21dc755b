import type { BrowserTab } from "../../../test/end-to-end/support/plain-browser.ts";

/** A task of a page's main thread. */
export interface Task {
  readonly processorMs: number;
}

interface TraceEvent {
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  /** Processor time, µs. */
  readonly tdur?: number;
  readonly args?: { readonly name?: string };
}

/** The tasks of all pages' main threads while `work` goes on, by the browser's own trace. */
export async function traceTasks(tab: BrowserTab, work: () => Promise<unknown>): Promise<readonly Task[]> {
  const events: TraceEvent[] = [];
  const collected = new Promise<void>((resolve) => {
    tab.on((method, params) => {
      if (method === "Tracing.dataCollected") events.push(...(params as { value: TraceEvent[] }).value);
      if (method === "Tracing.tracingComplete") resolve();
    });
  });
  await tab.send("Tracing.start", { categories: "toplevel,__metadata", transferMode: "ReportEvents" });
  await work();
  await tab.send("Tracing.end");
  await collected;
  const mains = new Set(
    events
      .filter(({ name, args }) => name === "thread_name" && args?.name === "CrRendererMain")
      .map(({ pid, tid }) => `${pid}.${tid}`),
  );
  return events
    .filter(({ name, pid, tid }) => name.endsWith("RunTask") && mains.has(`${pid}.${tid}`))
    .map(({ tdur = 0 }) => ({ processorMs: tdur / 1_000 }));
}

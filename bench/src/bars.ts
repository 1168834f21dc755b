import { setTimeout as sleep } from "node:timers/promises";
import { ManyBars } from "../../test/end-to-end/support/many-bars.ts";
import type { BrowserTab } from "../../test/end-to-end/support/plain-browser.ts";
import { traceTasks } from "./bars/trace-tasks.ts";

const BARS = 200;
const SECONDS = 20;
/** A task of more than this keeps whoever uses the page waiting. */
const LONG_TASK_MS = 50;

/**
 * How long a page of 200 bars is kept busy at a time: while nothing happens, and while each of its jobs moves once a second.
 * Beside a page of 20. By the clock, as a person feels it, which on a busy machine counts the others' work, too; and in
 * time of the processor, which is the page's own.
 */
export async function run(): Promise<void> {
  console.log(
    line("bars", "for 20 s", `tasks > ${LONG_TASK_MS} ms`, "longest", "of processor time", "renders"),
  );
  for (const count of [BARS / 10, BARS]) {
    const bars = await ManyBars.open(count);
    try {
      const tab = await bars.openPage();
      await measure(tab, `${count} | standing still`, () => sleep(SECONDS * 1_000));
      await measure(tab, `${count} | each moving once a second`, () => moveAll(bars));
    } finally {
      await bars.close();
    }
  }
}

async function moveAll(bars: ManyBars): Promise<void> {
  const gapMs = 1_000 / bars.ids.length;
  const beganMs = performance.now();
  for (let n = 0; n < SECONDS * bars.ids.length; n++) {
    await bars.write(bars.ids[n % bars.ids.length] ?? "");
    await sleep(Math.max(0, beganMs + n * gapMs - performance.now()));
  }
}

async function measure(tab: BrowserTab, phase: string, work: () => Promise<unknown>): Promise<void> {
  await tab.evaluate("void ((bars.longTasks = []), (bars.renders = {}))");
  const tasks = await traceTasks(tab, work);
  const { longTasks, renders } = await tab.evaluate<{ longTasks: number[]; renders: number[] }>(
    "({ longTasks: bars.longTasks, renders: Object.values(bars.renders) })",
  );
  const long = tasks.filter(({ processorMs }) => processorMs > LONG_TASK_MS).length;
  const longest = Math.max(0, ...tasks.map(({ processorMs }) => processorMs));
  const all = renders.reduce((sum, each) => sum + each, 0);
  console.log(
    line(
      phase,
      `${longTasks.length} by the clock, ${long} of processor time`,
      words(Math.max(0, ...longTasks)),
      words(longest),
      String(all),
    ),
  );
}

const words = (ms: number): string => `${ms.toFixed(0)} ms`;
const line = (...cells: readonly string[]): string => `| ${cells.join(" | ")} |`;

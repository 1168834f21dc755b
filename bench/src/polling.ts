/**
 * The claim in whole: 3 real videos and 2 real imports in progress, watched by 1 and by 100, each watcher polling each job
 * once a second; and the same polls on the old design, one SELECT each, on a Postgres of its own in the same minutes. At
 * last the 100 are told by push instead: a stream each, half by WebSocket and half by SSE, of the tenant's live list.
 *
 * Phases follow each other, and each adds one thing, so that what Postgres' CPU was spent on are differences between rates:
 * Postgres alone → idle api and worker → the work → the work watched by 1 → by 100 → by 100 who are told by push. The two processes have a
 * database role each; watching can only cost the api's backends something, whose CPU is told apart from the work's.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { API_ROLE, WORKER_ROLE } from "../../test/end-to-end/support/deployment.ts";
import type { BenchOptions } from "./main.ts";
import { OLD_ROLE, openOldDesign, type OldDesign } from "./polling/old-design.ts";
import { openStatusplane, type Statusplane } from "./polling/statusplane.ts";
import { ratesOf, type Rates } from "./polling/postgres-meter.ts";

const DEFAULT_MINUTES = 10;
/** A phase without watchers, as a share of one with. */
const UNWATCHED_SHARE = 0.1;
/** What a change of phase may still cost is over by then. */
const SETTLE_MS = 10_000;

/** One phase of both sides, per minute. */
interface Phase {
  readonly name: string;
  readonly ours: Rates;
  readonly old: Rates | null;
  /** Of the api process itself, s per minute. */
  readonly apiSeconds: number;
}

export async function run({ minutes }: BenchOptions): Promise<void> {
  const phaseMinutes = minutes ?? DEFAULT_MINUTES;
  console.log(
    `3 phases of ${phaseMinutes * UNWATCHED_SHARE} min, 3 watched ones of ${phaseMinutes} min; every figure is per minute`,
  );
  const old = await openOldDesign();
  const ours = await openStatusplane();
  try {
    const phases = await measureAll({ old, ours, milliseconds: phaseMinutes * 60_000 });
    printPhases(phases);
    printSplit(phases);
    console.log(`\nthe api's own count of statements caused by watching: ${await ours.watchingStatements()}`);
  } finally {
    await ours.close();
    await old.close();
  }
}

interface Sides {
  readonly old: OldDesign;
  readonly ours: Statusplane;
  readonly milliseconds: number;
}

async function measureAll({ old, ours, milliseconds }: Sides): Promise<readonly Phase[]> {
  const phases: Phase[] = [];
  const idle = async (): Promise<number> => {
    await sleep(milliseconds * UNWATCHED_SHARE);
    return 0;
  };
  const phase = async (
    name: string,
    oursDoes: () => Promise<number>,
    oldDoes: (() => Promise<number>) | null,
  ): Promise<void> => {
    await sleep(SETTLE_MS);
    const before = { atMs: performance.now(), apiSeconds: await ours.apiCpuSeconds() };
    const [ourRates, oldRates] = await Promise.all([
      ours.meter.measure(oursDoes),
      oldDoes === null ? null : old.meter.measure(oldDoes),
    ]);
    const minutes = (performance.now() - before.atMs) / 60_000;
    const apiSeconds = ((await ours.apiCpuSeconds()) - before.apiSeconds) / minutes;
    phases.push({ name, ours: ourRates, old: oldRates, apiSeconds });
    const { inProgress, videos, imports, failed } = ours.report();
    const work =
      inProgress === 0
        ? ""
        : `: ${inProgress.toFixed(2)} of 5 jobs in progress on average, ${videos} videos and ${imports} imports ended${failed.length === 0 ? "" : `, NOT: ${failed.join(", ")}`}`;
    console.log(`measured: ${name}${work}`);
  };
  await phase("Postgres alone", idle, idle);
  await ours.startProcesses();
  await phase("idle api and worker", idle, null);
  await ours.startWork();
  ours.report();
  await phase("work", idle, null);
  await old.start();
  for (const watchers of [1, 100]) {
    await phase(
      `work, ${watchers} watching`,
      () => ours.watch(watchers, milliseconds),
      () => old.watch(watchers, milliseconds),
    );
  }
  await phase("work, 100 told by push", () => ours.push(100, milliseconds), null);
  return phases;
}

function printPhases(phases: readonly Phase[]): void {
  console.log(
    "\n| phase | polls, or snapshots pushed | SELECTs of the api | statements of api, worker | connections made | Postgres CPU s | of it api, worker, rest | the api process' own CPU s |",
  );
  console.log("|---|---|---|---|---|---|---|---|");
  for (const { name, ours, old, apiSeconds } of phases) {
    const api = ratesOf(ours, API_ROLE);
    const worker = ratesOf(ours, WORKER_ROLE);
    const rest = ours.cpuSeconds - api.cpuSeconds - worker.cpuSeconds;
    row(
      name,
      count(ours.polls),
      count(api.selects),
      `${count(api.statements)}, ${count(worker.statements)}`,
      count(api.connections + worker.connections),
      ours.cpuSeconds.toFixed(2),
      [api.cpuSeconds, worker.cpuSeconds, rest].map((each) => each.toFixed(2)).join(", "),
      apiSeconds.toFixed(2),
    );
    if (old === null) continue;
    const polling = ratesOf(old, OLD_ROLE);
    row(
      `old design: ${name.replace("work, ", "")}`,
      count(old.polls),
      count(polling.selects),
      count(polling.statements),
      count(polling.connections),
      old.cpuSeconds.toFixed(2),
      "",
      "",
    );
  }
}

/** What Postgres' CPU was spent on, each as the difference to the phase before it. */
function printSplit(phases: readonly Phase[]): void {
  const [alone, idle, work, one, hundred, pushed] = phases;
  if (
    alone?.old == null ||
    idle === undefined ||
    work === undefined ||
    one?.old == null ||
    hundred?.old == null ||
    pushed === undefined
  )
    throw new Error("a phase is missing");
  const apiCpu = ({ ours }: Phase): number => ratesOf(ours, API_ROLE).cpuSeconds;
  console.log("\n| Postgres CPU, s per minute | Statusplane | old design |");
  console.log("|---|---|---|");
  row("Postgres alone", alone.ours.cpuSeconds.toFixed(2), alone.old.cpuSeconds.toFixed(2));
  row("housekeeping (idle api and worker)", (idle.ours.cpuSeconds - alone.ours.cpuSeconds).toFixed(2), "–");
  row("the work itself", (work.ours.cpuSeconds - idle.ours.cpuSeconds).toFixed(2), "–");
  for (const [watchers, phase] of [
    [1, one],
    [100, hundred],
  ] as const) {
    const polled = (phase.old?.cpuSeconds ?? Number.NaN) - alone.old.cpuSeconds;
    row(
      `watching, ${watchers} (api's backends)`,
      (apiCpu(phase) - apiCpu(work)).toFixed(2),
      polled.toFixed(2),
    );
  }
  row("told by push, 100 (api's backends)", (apiCpu(pushed) - apiCpu(work)).toFixed(2), "–");
}

function row(...cells: readonly string[]): void {
  console.log(`| ${cells.join(" | ")} |`);
}

function count(perMinute: number): string {
  return perMinute < 10 ? perMinute.toFixed(1) : Math.round(perMinute).toLocaleString("en-US");
}
